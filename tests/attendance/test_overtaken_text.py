"""A school's page says which parts of its policies the law has overtaken."""

from datetime import date

from django.test import Client
from django.urls import reverse

from authorities import packs
from authorities.permissions import Role
from tests.cast import sign_in

FIRST = date(2026, 9, 1)


def school_page(cast) -> str:
    client = sign_in(Client(), cast.person(Role.SUPPORT_WORKER))
    url = reverse("attendance:school", args=["990", cast.brook.urn])
    return client.get(url).content.decode()


def test_old_amounts_and_robots_are_named_with_what_applies_now(cast):
    packs.adopt(authority=cast.northmoor, pack="dorset", starts_on=FIRST, reach=None)

    page = school_page(cast)

    assert "Dorset school attendance pack: what the law has overtaken" in page
    assert "Onroll follows the law in force" in page
    assert "Taking part through a robot counts as attendance" in page
    assert "A pupil who is not on the premises is not marked present" in page


def test_without_local_text_there_is_nothing_to_say(cast):
    assert "what the law has overtaken" not in school_page(cast)
