"""Who the headteacher may name to authorise penalty notices, and until when."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from audit.models import Event
from authorities.access import Forbidden
from authorities.models import Membership
from authorities.packs import Layer, PolicyInForce, load
from authorities.permissions import Role
from legal.models import OfficerNamed
from legal.selectors.deciders import deciders_of, officer_of
from legal.services import officers
from legal.services.officers import Naming
from rules.errors import Conflict, InvalidInput, RuleNotMet
from rules.officers import Position, may_authorise
from tests.cases.family import NOW
from tests.cast import TODAY, Cast

FROM = date(2026, 9, 1)


def head(cast: Cast):
    return cast.reach(cast.person(Role.HEADTEACHER, "hillside"))


def name(cast: Cast, *, reach=None, **changes) -> OfficerNamed:
    """The head names the attendance lead, who is deputy head."""
    naming = {
        "user": cast.person(Role.ATTENDANCE_LEAD, "hillside").pk,
        "position": "deputy headteacher",
        "starts_on": FROM,
        "words": "Letter of 1 September 2026",
        **changes,
    }
    return officers.name(
        reach=reach or head(cast),
        school=cast.hillside,
        naming=Naming(**naming),
        today=TODAY,
        now=NOW,
    )


def test_a_deputy_head_is_named_from_a_day(cast):
    made = name(cast)

    assert (made.position, made.starts_on, made.ends_on) == ("deputy headteacher", FROM, None)
    assert Event.objects.filter(kind="officer.named").count() == 1


def test_an_attendance_lead_who_is_no_deputy_is_refused_with_a_sentence(cast):
    with pytest.raises(RuleNotMet, match="Only a headteacher, a deputy or assistant head"):
        name(cast, position="another member of staff")

    assert not OfficerNamed.objects.exists()


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"position": "caretaker"}, InvalidInput, "Say what position"),
        ({"position": "headteacher"}, InvalidInput, "The others need no naming"),
        ({"ends_on": date(2026, 8, 31)}, InvalidInput, "last day comes before the first"),
        ({"user": 0}, InvalidInput, "Choose somebody who works at this school"),
    ],
)
def test_a_naming_says_who_as_what_and_when(cast, changes, error, said):
    with pytest.raises(error, match=said):
        name(cast, **changes)


def test_only_the_head_names_and_never_themselves(cast):
    own = cast.person(Role.HEADTEACHER, "hillside").pk

    with pytest.raises(InvalidInput, match="You are the headteacher"):
        name(cast, user=own)
    for role, place in (
        (Role.ATTENDANCE_LEAD, "hillside"),
        (Role.HEADTEACHER, "brook"),
        (Role.LEGAL_OFFICER, "northmoor"),
    ):
        with pytest.raises(Forbidden):
            name(cast, reach=cast.reach(cast.person(role, place)))
    with pytest.raises(IntegrityError, match="nobody_names_themselves"), transaction.atomic():
        OfficerNamed.objects.create(
            authority=cast.northmoor,
            school=cast.hillside,
            user_id=own,
            named_by_id=own,
            position="deputy headteacher",
            starts_on=FROM,
            named_at=NOW,
        )


def test_one_is_named_once_and_ended_by_a_day(cast):
    made = name(cast)
    with pytest.raises(Conflict, match="named already"):
        name(cast)

    with pytest.raises(InvalidInput, match="Enter a later day"):
        officers.end(reach=head(cast), officer=made, on=date(2026, 8, 1), today=TODAY)
    yesterday = TODAY - timedelta(days=1)
    officers.end(reach=head(cast), officer=made, on=yesterday, today=TODAY)

    made.refresh_from_db()
    assert (made.ends_on, made.ended_by) == (yesterday, cast.person(Role.HEADTEACHER, "hillside"))
    with pytest.raises(Conflict, match="This ended on 16 November 2026"):
        officers.end(reach=head(cast), officer=made, on=TODAY, today=TODAY)
    with pytest.raises(Forbidden):
        officers.end(reach=cast.reach(cast.officer), officer=made, on=TODAY, today=TODAY)


# Who somebody is in law


def policy(*names: str) -> PolicyInForce:
    return PolicyInForce(TODAY, tuple(Layer("school", load(one), FROM) for one in names))


def test_the_policies_narrow_who_decides_and_never_widen_it():
    step = "penalty_notice"

    assert deciders_of(policy("national"), step).roles == {
        Role.HEADTEACHER,
        Role.AUTHORISING_OFFICER,
    }
    assert deciders_of(policy("national", "dorset"), step).council_only
    assert deciders_of(policy("national", "chaucer"), step).roles == {Role.HEADTEACHER}
    both = deciders_of(policy("national", "dorset", "chaucer"), step)
    assert both.roles == {Role.AUTHORISING_OFFICER}
    assert deciders_of(policy("national"), "notice_to_improve").labels == (
        "Authorised officer of the council",
    )


def test_a_head_is_a_head_and_a_named_deputy_for_the_days_of_the_naming(cast):
    decides = deciders_of(policy("national"), "penalty_notice")
    deputy = cast.person(Role.ATTENDANCE_LEAD, "hillside")
    Membership.objects.create(
        user=deputy,
        role=Role.HEADTEACHER,
        starts_on=FROM,
        authority=cast.northmoor,
        school=cast.hillside,
    )
    made = name(cast)

    first, may_first = officer_of(head(cast), cast.hillside, decides)
    second, may_second = officer_of(cast.reach(deputy), cast.hillside, decides)

    assert (first.position, may_first) == (Position.HEADTEACHER, True)
    assert (second.position, may_second) == (Position.DEPUTY, True)
    assert may_authorise(second, TODAY).allowed
    assert not may_authorise(second, FROM - timedelta(days=1)).allowed
    officers.end(reach=head(cast), officer=made, on=TODAY, today=TODAY)
    later, _ = officer_of(cast.reach(deputy), cast.hillside, decides)
    assert not may_authorise(later, TODAY + timedelta(days=1)).allowed


@pytest.mark.parametrize(
    ("role", "place", "position", "decides"),
    [
        (Role.AUTHORISING_OFFICER, "northmoor", Position.COUNCIL, True),
        (Role.LEGAL_OFFICER, "northmoor", Position.COUNCIL, False),
        (Role.ATTENDANCE_OFFICER, "hillside", Position.OTHER, False),
        (Role.HEADTEACHER, "brook", Position.OTHER, False),
    ],
)
def test_who_somebody_is_at_a_school(cast, role, place, position, decides):
    deciders = deciders_of(policy("national"), "penalty_notice")

    found, may = officer_of(cast.reach(cast.person(role, place)), cast.hillside, deciders)

    assert (found.position, may) == (position, decides)


def test_a_head_where_only_the_council_decides_is_still_a_head(cast):
    deciders = deciders_of(policy("national", "dorset"), "penalty_notice")

    found, may = officer_of(head(cast), cast.hillside, deciders)

    assert (found.position, may) == (Position.HEADTEACHER, False)
