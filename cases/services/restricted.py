"""Saying who alone sees a case: named people, outside professionals, readers of a note."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string

from audit.record import Kind, record
from authorities.access import Forbidden, Reach
from authorities.models import Membership, User
from authorities.permissions import ROLES, Permission, Role
from authorities.services import send_invitation
from cases.access import cases_for, lost_cases_for
from cases.models import (
    Case,
    CaseGrant,
    CaseRestriction,
    Given,
    SafeguardingNote,
    SafeguardingReader,
)
from cases.models.restricted import permission
from cases.selectors.restricted import grants, named, people_with
from cases.services.casework import refuse_closed
from rules.errors import Conflict, InvalidInput, RuleNotMet

LONGEST_REASON = 600
TAKEN_OVER = "Taken over, as nobody named could open it: "
LONGEST_NOTE = 4000
LONGEST_SHARE = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Outsider:
    """A professional from elsewhere, and what was agreed with them."""

    email: str
    name: str
    profession: str
    why: str
    ends_on: date


@transaction.atomic
def restrict(
    *, reach: Reach, case: Case, people: Collection[int], reason: str, now: datetime
) -> Case:
    """Keep a case to named people, whoever restricts it among them. Nobody else sees it anywhere.

    Raises Forbidden, InvalidInput for somebody who may not see cases there, Conflict.
    """
    held = _held(reach, case)
    if held.restricted:
        raise Conflict("Somebody restricted this case already. Look who is named on it.")
    said = _said(reason)
    allowed = {
        user.pk: user for user in people_with(Permission.VIEW_CASE, held.school, reach.today)
    }
    if not set(people) <= set(allowed):
        raise InvalidInput("Choose people who may see cases at this school.")
    held.restricted = True
    if held.owner_id not in {*people, reach.user.pk}:
        held.owner = None  # who may not see it cannot carry it
    held.save(update_fields=["restricted", "owner"])
    _write_restriction(held, reach, said, now)
    _record(held, reach, Kind.CASE_RESTRICTED)
    for pk in sorted({*people, reach.user.pk}):
        _name(held, reach, allowed.get(pk) or reach.user, now)
    return held


@transaction.atomic
def take_over(*, reach: Reach, case: Case, reason: str, now: datetime) -> Case:
    """Take over a restricted case that nobody named on it can open any more, with the reason.

    Whoever takes it over is named on it from now on. It is written down, and those who watch over
    the school are told at once, so that it cannot happen unseen.

    Raises Forbidden, InvalidInput, and Conflict when somebody named can open it.
    """
    reach.require(Permission.RESTRICT_CASE, case.school)
    said = _said(reason)
    held = Case.objects.select_for_update(of=("self",), no_key=True).get(pk=case.pk)
    if not lost_cases_for(reach).filter(pk=held.pk).exists():
        raise Conflict("Somebody who is named on this case can open it. Nothing was taken over.")
    grants(held, Given.NAMED).filter(user=reach.user).delete()  # of a role that had ended
    _name(held, reach, reach.user, now)
    _write_restriction(held, reach, f"{TAKEN_OVER}{said}"[:LONGEST_REASON], now)
    _record(held, reach, Kind.CASE_TAKEN_OVER)
    watching = {
        user.pk: user
        for permission in (Permission.VIEW_AUDIT, Permission.RESTRICT_CASE)
        for user in people_with(permission, held.school, reach.today)
        if user.pk != reach.user.pk
    }
    transaction.on_commit(lambda: _tell(list(watching.values()), reach, held), robust=True)
    return held


def _tell(people: Collection[User], reach: Reach, case: Case) -> None:
    """A mail to each, which names no child."""
    for user in people:
        text = render_to_string(
            "cases/restricted/taken_over.txt",
            {"user": user, "by": reach.user, "school": case.school, "reference": case.reference},
        )
        send_mail("A restricted case was taken over", text, None, [user.email])


@transaction.atomic
def unrestrict(*, reach: Reach, case: Case, reason: str, now: datetime) -> Case:
    """Open a restricted case again to all who work on cases there. Raises as `restrict`."""
    held = _held(reach, case)
    if not held.restricted:
        raise Conflict("This case is not restricted any more.")
    said = _said(reason)
    held.restricted = False
    held.save(update_fields=["restricted"])
    grants(held, Given.NAMED).delete()
    _write_restriction(held, reach, said, now)
    _record(held, reach, Kind.CASE_UNRESTRICTED)
    return held


@transaction.atomic
def name_person(*, reach: Reach, case: Case, person: int, now: datetime) -> None:
    """Name one more person on a restricted case. Raises as `restrict`."""
    held = _held(reach, case)
    if not held.restricted:
        raise Conflict("This case is not restricted. Restrict it first.")
    allowed = {
        user.pk: user for user in people_with(Permission.VIEW_CASE, held.school, reach.today)
    }
    if person not in allowed:
        raise InvalidInput("Choose somebody who may see cases at this school.")
    if person in {user.pk for user in named(held)}:
        raise Conflict(f"{allowed[person].name} is named already.")
    _name(held, reach, allowed[person], now)


@transaction.atomic
def remove_person(*, reach: Reach, case: Case, person: int) -> None:
    """Take somebody off a restricted case. Somebody who can open it again must be left.

    Raises Forbidden, NotFound, Conflict, and RuleNotMet for the last one.
    """
    held = _held(reach, case)
    rows = {row.user_id: row for row in grants(held, Given.NAMED)}
    if person not in rows:
        raise Conflict("This person is not named any more.")
    may = {user.pk for user in people_with(Permission.RESTRICT_CASE, held.school, reach.today)}
    if not (set(rows) - {person}) & may:
        raise RuleNotMet(
            "Nobody would be left who can open this case again. Name another headteacher or"
            " safeguarding lead first."
        )
    rows[person].delete()
    _record(held, reach, Kind.CASE_UNNAMED, person=person)


@transaction.atomic
def share(*, reach: Reach, case: Case, with_: Outsider, now: datetime) -> CaseGrant:
    """Let an outside professional see the agreed pages of one case until a day.

    Raises Forbidden, InvalidInput for a day that cannot be, RuleNotMet for somebody who works
    with cases here, Conflict for a closed case.
    """
    held = _held(reach, case)
    refuse_closed(held)
    if not reach.today <= with_.ends_on <= reach.today + LONGEST_SHARE:
        raise InvalidInput("The last day must be today or later, and within a year.")
    user = User.objects.filter(email__iexact=with_.email).first()
    new = user is None
    if user is None:
        user = User.objects.create_user(email=with_.email, name=with_.name)
    _let_in(reach, user, with_.ends_on)
    values = {
        "profession": with_.profession,
        "why": with_.why,
        "starts_on": reach.today,
        "ends_on": with_.ends_on,
        "given_by": reach.user,
        "given_at": now,
    }
    given = [Given.SHARED, Given.NAMED] if held.restricted else [Given.SHARED]
    rows = [
        CaseGrant.objects.update_or_create(
            user=user, permission=permission(one), content_object=held, defaults=values
        )[0]
        for one in given
    ]
    _record(held, reach, Kind.CASE_SHARED, until=with_.ends_on.isoformat())
    if new:
        transaction.on_commit(lambda: send_invitation(user, reach))
    return rows[0]


def _let_in(reach: Reach, user: User, ends_on: date) -> None:
    """The role that opens the shared pages, until the last of their days."""
    here = Membership.objects.active_on(reach.today).filter(user=user)
    others = [one for one in here if one.role != Role.OUTSIDE_PROFESSIONAL]
    if any(Permission.VIEW_CASE in ROLES[Role(one.role)] for one in others):
        raise RuleNotMet("This person works with cases already. Give them a role at this school.")
    there = here.filter(role=Role.OUTSIDE_PROFESSIONAL, authority=reach.authority).first()
    if there is None:
        Membership.objects.create(
            authority=reach.authority,
            user=user,
            role=Role.OUTSIDE_PROFESSIONAL,
            starts_on=reach.today,
            ends_on=ends_on,
        )
    elif there.ends_on is not None and there.ends_on < ends_on:
        there.ends_on = ends_on
        there.save(update_fields=["ends_on"])


@transaction.atomic
def end_share(*, reach: Reach, case: Case, grant: str) -> None:
    """End what an outside professional sees, now. Raises Forbidden, NotFound and Conflict."""
    held = _held(reach, case)
    found = grants(held, Given.SHARED).filter(reference=grant).first()
    if found is None:
        raise Conflict("This person sees the case no more.")
    held.grants.filter(user=found.user_id).delete()
    _record(held, reach, Kind.CASE_SHARE_ENDED)


@transaction.atomic
def read_shared(*, reach: Reach, case: Case) -> None:
    """Write down that an outside professional looked at a case."""
    _record(case, reach, Kind.CASE_SHARED_READ)


@transaction.atomic
def add_safeguarding_note(
    *, reach: Reach, case: Case, text: str, readers: Collection[int], now: datetime
) -> SafeguardingNote:
    """Write a note that the safeguarding lead and those named on it alone can read.

    Raises Forbidden, InvalidInput, and Conflict for a closed case.
    """
    reach.require(Permission.SAFEGUARD, case.school)
    refuse_closed(case)
    if not text.strip():
        raise InvalidInput("Write the note.")
    if len(text) > LONGEST_NOTE:
        raise InvalidInput(f"Notes must be {LONGEST_NOTE:,} characters or fewer.")
    allowed = {user.pk for user in people_with(Permission.VIEW_CASE, case.school, reach.today)}
    if not set(readers) <= allowed:
        raise InvalidInput("Choose people who may see cases at this school.")
    note = SafeguardingNote.objects.create(
        authority=case.authority,
        case=case,
        text=text.strip(),
        written_by=reach.user,
        written_at=now,
    )
    SafeguardingReader.objects.bulk_create(
        SafeguardingReader(authority=case.authority, note=note, user_id=pk)
        for pk in sorted(set(readers))
    )
    _record(case, reach, Kind.SAFEGUARDING_NOTED)
    return note


@transaction.atomic
def read_safeguarding(*, reach: Reach, case: Case) -> None:
    """Write down that somebody read the safeguarding notes of a case."""
    _record(case, reach, Kind.SAFEGUARDING_READ)


def _held(reach: Reach, case: Case) -> Case:
    """The case, locked, for somebody who may say who sees it, and who sees it themselves."""
    reach.require(Permission.RESTRICT_CASE, case.school)
    held = Case.objects.select_for_update(of=("self",), no_key=True).get(pk=case.pk)
    if not cases_for(reach).filter(pk=held.pk).exists():
        raise Forbidden("This case is restricted, and you are not named on it.")
    return held


def _said(reason: str) -> str:
    said = reason.strip()
    if not said:
        raise InvalidInput("Say why.")
    if len(said) > LONGEST_REASON:
        raise InvalidInput(f"Reasons must be {LONGEST_REASON} characters or fewer.")
    return said


def _name(case: Case, reach: Reach, user: User, now: datetime) -> None:
    CaseGrant.objects.create(
        user=user,
        permission=permission(Given.NAMED),
        content_object=case,
        given_by=reach.user,
        given_at=now,
    )
    _record(case, reach, Kind.CASE_NAMED, person=user.pk)


def _write_restriction(case: Case, reach: Reach, reason: str, now: datetime) -> None:
    CaseRestriction.objects.create(
        authority=case.authority,
        case=case,
        restricted=case.restricted,
        reason=reason,
        made_by=reach.user,
        made_at=now,
    )


def _record(case: Case, reach: Reach, kind: Kind, **facts: object) -> None:
    record(
        kind,
        by=reach.user,
        authority=case.authority,
        school=case.school,
        on=case,
        reference=case.reference,
        **facts,
    )
