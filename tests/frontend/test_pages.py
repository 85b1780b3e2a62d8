import pytest
from django.test import RequestFactory

from config import errors


class Someone:
    is_authenticated = True

    def get_full_name(self):
        raise AssertionError("the page of a fault must not ask who is there")


@pytest.mark.parametrize("status", [400, 403, 404, 409])
def test_an_error_page_says_what_happened_in_its_own_words(client, db, status):
    request = RequestFactory().get("/")
    request.user = None

    answer = errors.page(request, status, "Omar Reed issued this notice at 10:42.")

    assert answer.status_code == status
    assert "Omar Reed issued this notice at 10:42." in answer.content.decode()


def test_the_page_of_a_fault_does_not_ask_the_database():
    request = RequestFactory().get("/")
    request.user = Someone()

    answer = errors.fault(request)

    assert answer.status_code == 500
    assert "Sorry, something failed on our side" in answer.content.decode()


@pytest.mark.urls("tests.frontend.gallery_urls")
def test_a_page_has_one_script_of_its_own_and_the_policy_allows_it(client, db):
    answer = client.get("/gallery/")
    page = answer.content.decode()

    nonce = page.split('<script nonce="')[1].split('"')[0]
    assert f"'nonce-{nonce}'" in answer.headers["Content-Security-Policy"]
    assert page.count("<script nonce") == 1
    assert " style=" not in page
    assert "<style" not in page


@pytest.mark.urls("tests.frontend.gallery_urls")
def test_a_page_with_errors_says_so_in_its_title(client, db):
    page = client.get("/gallery/").content.decode()

    assert "<title>Error: Gallery – Example authority – Onroll</title>" in page  # noqa: RUF001
