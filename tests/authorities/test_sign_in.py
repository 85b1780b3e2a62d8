"""Signing in with a password and a second factor, as a person does."""

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)

from audit.models import Event

PASSWORD = "Heronwade-Quarrystile-41"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
def officer(cast):
    user = cast.officer
    user.set_password(PASSWORD)
    user.save()
    Authenticator.objects.filter(user=user).update(data={"secret": get_adapter().encrypt(SECRET)})
    return user


def code() -> str:
    counter = next(iter(yield_hotp_counters_from_time()))
    return format_hotp_value(hotp_value(SECRET, counter))


def first_step(client, user, password=PASSWORD):
    return client.post("/accounts/login/", {"login": user.email, "password": password})


def test_password_and_code_lead_to_the_worklist_and_are_written_down(client, officer):
    first_step(client, officer)
    answer = client.post("/accounts/2fa/authenticate/", {"code": code()}, follow=True)

    assert answer.request["PATH_INFO"] == "/la/990/"
    event = Event.objects.get(kind="person.signed_in")
    assert (event.by, event.authority.code) == (officer, "990")


def test_the_password_alone_opens_nothing(client, officer):
    answer = first_step(client, officer)

    assert answer.headers["Location"].startswith("/accounts/2fa/authenticate/")
    assert client.get("/la/990/").headers["Location"].startswith("/accounts/login/")


def test_a_wrong_code_opens_nothing_and_is_not_written_as_a_sign_in(client, officer):
    first_step(client, officer)
    wrong = "000000" if code() != "000000" else "111111"

    answer = client.post("/accounts/2fa/authenticate/", {"code": wrong})

    assert answer.status_code == 200
    assert not Event.objects.filter(kind="person.signed_in").exists()


def test_a_wrong_password_and_an_unknown_person_look_the_same(client, officer):
    wrong = first_step(client, officer, "Notthepassword-12")
    unknown = client.post(
        "/accounts/login/", {"login": "nobody@example.org", "password": "Notthepassword-12"}
    )

    assert wrong.status_code == unknown.status_code == 200
    said = "The email address and/or password you specified are not correct."
    assert said in wrong.content.decode()
    assert said in unknown.content.decode()


def test_signing_out_ends_the_session(client, officer):
    first_step(client, officer)
    client.post("/accounts/2fa/authenticate/", {"code": code()})

    client.post("/accounts/logout/")

    assert client.get("/la/990/").status_code == 302
