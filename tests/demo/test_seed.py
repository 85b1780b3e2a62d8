"""`seed`: a world through the importer, once, and never beside real people."""

import json
from io import StringIO

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command

from attendance.models import Crossing, ImportBatch, Pupil, RegisterYear
from authorities.models import Authority, Membership, User
from authorities.permissions import AUTHORITY_ROLES, SCHOOL_ROLES, Role
from authorities.tenancy import scope
from cases.models import Case
from letters.models import Letter
from tests.demo.small import small_places


@pytest.fixture
def small(monkeypatch):
    small_places(monkeypatch)


def seeded(*arguments: str) -> dict:
    out = StringIO()
    call_command("seed", *arguments, stdout=out)
    return json.loads(out.getvalue())


def everything():
    return scope(Authority.objects.values_list("pk", flat=True))


def test_a_world_has_everything_that_its_answer_says(db, small, state_dir, settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]

    answer = seeded("--seed", "3")

    assert json.loads((state_dir / "demo.json").read_text()) == answer
    with everything():
        assert not ImportBatch.objects.exclude(state="taken").exists()
        assert len(list((state_dir / "demo" / "files").iterdir())) == ImportBatch.objects.count()
        assert RegisterYear.objects.count() > Pupil.objects.count()
        references = {row["reference"] for row in answer["pupils"]}
        assert Pupil.objects.filter(reference__in=references).count() == len(references)
        assert {"draft", "approved", "held"} <= set(Letter.objects.values_list("state", flat=True))
        assert Case.objects.count() == len(answer["cases"]) >= 3
        check_pupils(answer)
        check_accounts(answer)


def test_a_larger_world_is_made_school_by_school_and_looked_through(
    db, small, state_dir, settings, capsys
):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]

    answer = seeded("--seed", "3", "--size", "authority")

    said = capsys.readouterr().err
    assert len(answer["schools"]) == 3 + 4
    assert all(f"The files of {school['name']}: " in said for school in answer["schools"])
    with everything():
        met = Crossing.objects.filter(state="met")
        assert 0 < met.filter(seen_at=None).count() < met.exclude(seen_at=None).count()


def check_pupils(answer: dict) -> None:
    """The pupils who show something show it."""
    shown = {
        row["shows"]: dict(
            Crossing.objects.filter(enrolment__pupil__reference=row["reference"]).values_list(
                "kind", "state"
            )
        )
        for row in answer["pupils"]
        if row["authority"] == "990"
    }
    assert shown["met"]["ten in ten"] == "met"
    assert shown["provisional"]["ten in ten"] == "provisional"
    assert shown["near"]["ten in ten"] == "near"
    assert shown["gone"]["ten in ten"] == "gone"
    assert shown["severe"]["severe"] == "met"
    assert shown["never_absent"] == {}


def check_accounts(answer: dict) -> None:
    """There is somebody for every role, who signs in with what the answer says."""
    roles = {(account["role"], account["authority"]) for account in answer["accounts"]}
    for code in ("990", "991", "992"):
        assert {(role.value, code) for role in (*AUTHORITY_ROLES, *SCHOOL_ROLES)} <= roles
    assert ("trust lead", "") in roles
    account = next(a for a in answer["accounts"] if a["role"] == "attendance officer")
    user = User.objects.get(email=account["email"])
    assert user.check_password(account["password"])
    held = Authenticator.objects.get(user=user, type="totp").data["secret"]
    assert get_adapter().decrypt(held) == account["totp_secret"]
    assert Membership.objects.get(user=user).role == Role.ATTENDANCE_OFFICER


def test_a_second_world_is_refused_and_if_empty_does_nothing(db):
    Authority.objects.create(code="991", name="Southvale")

    with pytest.raises(CommandError, match="a demo world here already"):
        seeded("--seed", "3")
    out = StringIO()
    call_command("seed", "--if-empty", stdout=out)

    assert out.getvalue() == ""
    assert Authority.objects.count() == 1


def test_real_authorities_are_never_given_invented_company(db):
    Authority.objects.create(code="899", name="Somewhere")

    with pytest.raises(CommandError, match="never added to them"):
        seeded("--seed", "3")

    assert Authority.objects.count() == 1
