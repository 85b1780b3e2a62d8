"""From sign-in to the right page, and not past it."""

import re

from authorities.permissions import Role
from tests.cast import sign_in


def test_somebody_with_one_place_goes_straight_there(client, cast):
    sign_in(client, cast.officer)

    assert client.get("/").headers["Location"] == "/la/990/"


def test_a_trust_lead_sees_the_trusts_schools_of_both_authorities_and_no_others(client, cast):
    sign_in(client, cast.person(Role.TRUST_LEAD, "trust"))

    page = client.get("/", follow=True).content.decode()

    assert "Brook Academy" in page
    assert "Valley Academy" in page
    assert "Hillside School" not in page
    assert "Coast School" not in page


def test_another_trusts_page_is_not_found(client, cast):
    sign_in(client, cast.officer)

    assert client.get("/trust/tr1/").status_code == 404


def test_somebody_without_a_role_is_told_what_to_do(client, cast):
    sign_in(client, cast.person(Role.PLATFORM_OPERATOR, "platform"))

    assert "You have no role yet" in client.get("/").content.decode()


def test_without_a_second_factor_there_is_only_setting_one_up(client, cast):
    from allauth.mfa.models import Authenticator

    Authenticator.objects.filter(user=cast.officer).delete()
    client.force_login(cast.officer, backend="allauth.account.auth_backends.AuthenticationBackend")

    answer = client.get("/la/990/")

    assert answer.status_code == 302
    assert answer.headers["Location"] == "/accounts/2fa/totp/activate/"


def test_nobody_signs_themselves_up(client, db):
    page = client.get("/accounts/signup/")

    assert b"password1" not in page.content


def test_signed_in_pages_are_never_kept(client, cast):
    sign_in(client, cast.officer)

    assert client.get("/la/990/").headers["Cache-Control"] == "no-store"


def test_an_unknown_authority_and_a_strangers_look_the_same(client, cast):
    sign_in(client, cast.stranger)

    unknown = client.get("/la/999/people/")
    foreign = client.get("/la/990/people/")

    assert unknown.status_code == foreign.status_code == 404
    assert words_of(unknown) == words_of(foreign)


def words_of(answer) -> str:
    """A page without what differs from request to request: nonces and form tokens."""
    return re.sub(r'(nonce|value)="[^"]+"', "", answer.content.decode().replace("999", "990"))
