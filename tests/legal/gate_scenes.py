"""Robin's family before a legal step: what opens each gate, said by the right people."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from authorities.access import Reach
from authorities.permissions import Role
from cases.models import Case, GivenSupport
from cases.services import support as giving
from legal.access import Place
from legal.models import BorderPlace, GateOverride, GateStatement, OfficerNamed
from legal.selectors.gates import GateAnswer, gate_of
from legal.services import gates
from legal.services.gates import Statement, Thinking
from rules.gates import ASPECTS
from tests.cases.family import NOW, Family
from tests.cast import TODAY, Cast

SIX = {
    "threshold": "Ten sessions in ten school weeks",
    "appropriate": "Yes: mornings are hard at home",
    "sufficient": "Two plans and a mentor, not taken up",
    "best_tool": "Everything else was tried",
    "equality": "Each circumstance was asked about",
    "public_interest": "The absence goes on and the child loses out",
}


def who(family: Family, role: Role, place: str = "northmoor") -> Reach:
    """What somebody with a role may do."""
    return family.cast.reach(family.cast.person(role, place))


def place_of(family: Family, *, case: bool = True) -> Place:
    """Where the gate stands: the case, or the pupil alone."""
    found: Case | None = (family.case or family.open_case()) if case else None
    return Place(family.cast.enrolment, found)


def say(
    family: Family,
    step: str,
    test: str,
    *,
    reach: Reach | None = None,
    case: bool = True,
    adult: Any = None,
    **changes: Any,
) -> GateStatement:
    """The officer states something, or somebody else does."""
    said = {
        "answer": "so",
        "words": "The safeguarding lead and I talked it through",
        "on": TODAY,
        "answers": SIX if test == "framework_questions" else {},
        **changes,
    }
    return gates.state(
        reach=reach or family.reach,
        place=place_of(family, case=case),
        statement=Statement(step=step, test=test, **said),
        today=TODAY,
        now=NOW,
        adult=adult,
    )


def think(family: Family, *, case: bool = True, on: date = TODAY, **applies: str) -> None:
    """The officer answers for each circumstance: none applies, unless told."""
    thoughts = [
        Thinking(
            aspect,
            applies.get(aspect, "no"),
            "Asked both parents and the tutor",
            "Letters are read aloud" if applies.get(aspect) == "yes" else "",
        )
        for aspect in ASPECTS
    ]
    gates.consider(
        reach=family.reach,
        place=place_of(family, case=case),
        thoughts=thoughts,
        on=on,
        today=TODAY,
        now=NOW,
    )


def support(family: Family) -> GivenSupport:
    """The officer gives support, with a look at it in a fortnight."""
    return giving.give_support(
        reach=family.reach,
        case=family.case or family.open_case(),
        offer=giving.Offer(
            entry="",
            label="A mentor each Monday",
            who="Form tutor",
            starts_on=TODAY,
            review_on=date(2026, 12, 1),
        ),
        now=NOW,
        today=TODAY,
    )


def nowhere_else(family: Family) -> BorderPlace:
    """Somebody recorded that the child was with no other council."""
    cast = family.cast
    return BorderPlace.objects.create(
        authority=cast.northmoor,
        pupil=cast.pupil,
        words="On roll here since reception",
        recorded_by=cast.officer,
        recorded_on=TODAY,
        recorded_at=NOW,
    )


def gate(family: Family, step: str, *, case: bool = True, **more: Any) -> GateAnswer:
    """The gate before a step today."""
    place = place_of(family, case=case)
    return gate_of(enrolment=place.enrolment, step=step, today=TODAY, case=place.case, **more)


def shut(answer: GateAnswer, *, local: bool = False) -> list[str]:
    """Keys of the national tests that keep a gate shut, or of everything."""
    return [one.key for one in answer.blocking if local or ":" not in one.key]


def ask(
    family: Family, step: str, tests: Iterable[str], *, case: bool = True, **changes: Any
) -> GateOverride:
    """The legal officer asks to go past requirements."""
    answer = gate(family, step, case=case)
    return gates.ask_override(
        **{
            "reach": who(family, Role.LEGAL_OFFICER),
            "place": place_of(family, case=case),
            "step": step,
            "tests": list(tests),
            "reason": "Nine sessions, and the tenth was prevented by a snow day",
            "seen": answer.seen,
            "today": TODAY,
            "now": NOW,
            **changes,
        }
    )


def agree(family: Family, override: GateOverride, **changes: Any) -> GateOverride:
    """The authorising officer agrees."""
    return gates.settle_override(
        **{
            "reach": who(family, Role.AUTHORISING_OFFICER),
            "override": override,
            "agree": True,
            "words": "I read the case and agree",
            "today": TODAY,
            "now": NOW,
            **changes,
        }
    )


def of_the_world(cast: Cast, case: Case) -> dict[str, Any]:
    """An officer asked to go past a requirement, and a deputy head was named."""
    place = Place(cast.enrolment, case)
    legal_officer = cast.reach(cast.person(Role.LEGAL_OFFICER))
    answer = gate_of(enrolment=cast.enrolment, step="notice_to_improve", today=TODAY, case=case)
    asked = gates.ask_override(
        reach=legal_officer,
        place=place,
        step="notice_to_improve",
        tests=["sufficient_support"],
        reason="Northsecret",
        seen=answer.seen,
        today=TODAY,
        now=NOW,
    )
    named = OfficerNamed.objects.create(
        authority=cast.northmoor,
        school=cast.hillside,
        user=cast.person(Role.ATTENDANCE_LEAD, "hillside"),
        position="deputy headteacher",
        starts_on=date(2026, 9, 1),
        words="Letter of 1 September 2026",
        named_by=cast.person(Role.HEADTEACHER, "hillside"),
        named_at=NOW,
    )
    return {"override": asked, "officer": named}
