"""What people do at a gate: state, think, go past it, ask the school; and the look at commit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import connection, transaction

from attendance.models import Adult, Enrolment
from audit.record import Kind, record
from authorities.access import Forbidden, Reach
from authorities.models import School
from authorities.packs import pack_in_force
from authorities.permissions import Permission
from cases.models import Case
from legal.access import Place
from legal.models import (
    BrakeAnswer,
    GateAnswerKind,
    GateOverride,
    GateStatement,
    ImprovementNotice,
    LegalEvent,
    StepChoice,
)
from legal.selectors.gate_loading import load
from legal.selectors.gate_tests import QUESTIONS, TESTS
from legal.selectors.gates import ALL_STEPS, GateAnswer, Requirement, gate_of
from rules.dates import in_words
from rules.errors import Conflict, InvalidInput, RuleNotMet
from rules.gates import ASPECTS, brake_refusal, holds, override_refusal
from rules.marks import Mark

LONGEST = 2000
# Who speaks for the council at a gate.
COUNCIL_SPEAKS = (Permission.PROSECUTE, Permission.AUTHORISE_PROCEEDINGS, Permission.OVERRIDE_GATE)
SCHOOL_SPEAKS = (Permission.PREPARE_NOTICE, Permission.DECIDE_NOTICE)


def require(
    *,
    reach: Reach,
    enrolment: Enrolment,
    step: str,
    today: date,
    seen: str,
    case: Case | None = None,
    adult: Adult | None = None,
    improvement: ImprovementNotice | None = None,
    sessions: Sequence[Mark] | None = None,
) -> GateAnswer:
    """The gate once more, inside the transaction that decides: what is frozen into the decision.

    seen  `GateAnswer.seen` of the page that the person read; other arguments as `gate_of`

    The enrolment's gate stays as it is until the transaction ends. Raises Conflict with what has
    changed since the page was read, RuleNotMet with what is missing, and Forbidden where this
    person is not one who decides this step.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("Look at the gate inside the transaction that decides.")
    hold(enrolment)
    answer = gate_of(
        enrolment=enrolment,
        step=step,
        today=today,
        case=case,
        adult=adult,
        improvement=improvement,
        sessions=sessions,
        by=reach,
    )
    changed = answer.changes(seen)
    if changed:
        raise Conflict(
            f"Things have changed since you opened this page. {' '.join(changed)} "
            "Open the page again and read it before you decide."
        )
    refuse_shut(answer)
    return answer


def refuse_shut(answer: GateAnswer) -> None:
    """Raise for a gate that is shut, in sentences that say what to do."""
    missing = [one for one in answer.blocking if one.key != "authorised_officer"]
    if missing:
        said = " ".join(f"{one.words}: {one.why}" for one in missing)
        raise RuleNotMet(f"This step cannot be taken yet. {said}")
    if answer.blocking:
        raise Forbidden(answer.blocking[0].why)


def hold(enrolment: Enrolment) -> Enrolment:
    """Keep the enrolment's gate as it is until the transaction ends. Returns the row."""
    return Enrolment.objects.select_for_update(of=("self",), no_key=True).get(pk=enrolment.pk)


def _open_place(place: Place) -> None:
    """Hold the place. Raises Conflict for a closed case."""
    hold(place.enrolment)
    if place.case is None:
        return
    case = Case.objects.select_for_update(of=("self",), no_key=True).get(pk=place.case.pk)
    if case.closed_on is not None:
        raise Conflict(
            f"This case was closed on {in_words(case.closed_on)}. Nothing can be stated on it."
        )


# Statements


@dataclass(frozen=True, slots=True)
class Statement:
    """What is stated: `test` of `step`; `answers` where the test has several questions."""

    step: str
    test: str
    answer: str
    words: str
    on: date
    answers: Mapping[str, str] = field(default_factory=dict)


@transaction.atomic
def state(
    *,
    reach: Reach,
    place: Place,
    statement: Statement,
    today: date,
    now: datetime,
    adult: Adult | None = None,
) -> GateStatement:
    """State something before a step, or take back what was stated before. Never a bare tick.

    Raises Forbidden for somebody who may not state this, Conflict for a closed case, InvalidInput,
    and RuleNotMet for a requirement that only records meet.
    """
    school = place.enrolment.school
    _open_place(place)
    edition, side = _what(place, statement, today)
    require_speaker(reach, school, side)
    _check(statement, today)
    made = GateStatement.objects.create(
        authority=reach.authority,
        enrolment=place.enrolment,
        school=school,
        case=place.case,
        adult=adult,
        step=statement.step,
        test=statement.test,
        edition=edition,
        answer=statement.answer,
        words=statement.words.strip(),
        answers={key: text.strip() for key, text in statement.answers.items()},
        on=statement.on,
        council=may_state(reach, school, "council"),
        made_by=reach.user,
        made_at=now,
    )
    _happened(reach, place, made, statement.answer, statement.on, now, test=statement.test)
    record(
        Kind.GATE_ANSWERED,
        by=reach.user,
        authority=reach.authority,
        school=school,
        on=made,
        test=statement.test,
        step=statement.step,
    )
    return made


def _what(place: Place, statement: Statement, today: date) -> tuple[str, str]:
    """The edition of the pack and who states it. Raises for what cannot be stated here."""
    if statement.step not in ALL_STEPS:
        raise InvalidInput("Choose the step that this is about.")
    if ":" in statement.test:
        edition, side = _item(place, statement, today)
        # What the school states of a case has its own page; the council states it here.
        if place.case is not None and side == "school":
            raise InvalidInput("State this on the checklists of the case.")
        return edition, side
    found = TESTS.get(statement.test)
    if found is None:
        raise InvalidInput("Choose what you state from the list.")
    if not found.states:
        raise RuleNotMet("Only records show this. Nobody can state it.")
    return "", found.states


def _item(place: Place, statement: Statement, today: date) -> tuple[str, str]:
    """The edition and the side of an item of a local list. Raises InvalidInput for none."""
    for layer, gate in pack_in_force(place.enrolment.school, today).gates(statement.step):
        for name in gate.checklists:
            checklist = layer.pack.checklist(name)
            for item in checklist.items:
                if statement.test == f"{layer.pack.name}:{name}:{item.key}":
                    return layer.pack.edition, checklist.side
    raise InvalidInput("Choose something that the policies in force ask for before this step.")


def may_state(reach: Reach, school: School, side: str = "school") -> bool:
    """Whether somebody may state what the school, or the council, states before a step."""
    if any(reach.may_everywhere(one) for one in COUNCIL_SPEAKS):
        return True
    return side != "council" and any(reach.may(one, school) for one in SCHOOL_SPEAKS)


def require_speaker(reach: Reach, school: School, side: str = "school") -> None:
    """Raise Forbidden unless somebody may state what this side states."""
    if not may_state(reach, school, side):
        raise Forbidden(
            "An officer of the council states this. Ask one of them."
            if side == "council"
            else "You cannot state this. Ask somebody who prepares or decides on notices."
        )


def _check(statement: Statement, today: date) -> None:
    """Raise InvalidInput for a statement without words, of a day to come, or too old to count."""
    if statement.answer not in GateAnswerKind.values:
        raise InvalidInput("Say whether it is so.")
    if not statement.words.strip():
        raise InvalidInput("Say how you know it, or why you take it back.")
    if len(statement.words) > LONGEST:
        raise InvalidInput(f"Use {LONGEST:,} characters or fewer.")
    if statement.on > today:
        raise InvalidInput("This day is in the future. State it when it has happened.")
    if not holds(statement.on, today):
        raise InvalidInput("This day is too long ago to count now. Look at it again, and state it.")
    if statement.test == "framework_questions" and statement.answer == GateAnswerKind.SO:
        missing = [words for key, words in QUESTIONS.items() if not _text(statement, key)]
        if missing:
            raise InvalidInput(f"Answer each question. Missing: {' '.join(missing)}")


def _text(statement: Statement, key: str) -> str:
    return statement.answers.get(key, "").strip()


# What is thought of for a family


@dataclass(frozen=True, slots=True)
class Thinking:
    """What was thought of about one circumstance: see rules.gates.brake_refusal."""

    aspect: str
    applies: str
    considered: str
    adjusted: str


@transaction.atomic
def consider(
    *,
    reach: Reach,
    place: Place,
    thoughts: Sequence[Thinking],
    on: date,
    today: date,
    now: datetime,
) -> list[BrakeAnswer]:
    """Answer for circumstances of the family before any notice. Not known may be saved: it shuts.

    Raises Forbidden, Conflict for a closed case, InvalidInput, and RuleNotMet for a "no" against
    what the record says.
    """
    school = place.enrolment.school
    _open_place(place)
    require_speaker(reach, school)
    reach.require(Permission.VIEW_SENSITIVE, school)
    if on > today or not holds(on, today):
        raise InvalidInput("Enter a day of the last weeks, not one to come.")
    on_record = load(enrolment=place.enrolment, today=today).facts.on_record
    for one in thoughts:
        _check_thought(one, on_record)
    made = [
        BrakeAnswer.objects.create(
            authority=reach.authority,
            enrolment=place.enrolment,
            school=school,
            case=place.case,
            aspect=one.aspect,
            applies=one.applies,
            considered=one.considered.strip(),
            adjusted=one.adjusted.strip(),
            on=on,
            made_by=reach.user,
            made_at=now,
        )
        for one in thoughts
    ]
    if made:
        _happened(reach, place, made[0], "considered", on, now, aspects=[o.aspect for o in made])
        record(
            Kind.GATE_ANSWERED,
            by=reach.user,
            authority=reach.authority,
            school=school,
            on=made[0],
            test="equality_brake",
            step="any notice",
        )
    return made


def _check_thought(one: Thinking, on_record: Mapping[str, str]) -> None:
    if one.aspect not in ASPECTS:
        raise InvalidInput("Choose what you thought of from the list.")
    label = ASPECTS[one.aspect]
    refusal = brake_refusal(one.applies, one.considered, one.adjusted)
    if refusal and one.applies != "unknown":
        raise InvalidInput(f"{label}: {refusal}")
    if one.applies == "no" and one.aspect in on_record:
        raise RuleNotMet(
            f"{label}: the record says that it applies ({on_record[one.aspect]}). Say what was "
            "considered, or have the record put right first."
        )


# Going past


@transaction.atomic
def ask_override(
    *,
    reach: Reach,
    place: Place,
    step: str,
    tests: Sequence[str],
    reason: str,
    seen: str,
    today: date,
    now: datetime,
    adult: Adult | None = None,
) -> GateOverride:
    """Ask that a step goes on although requirements are not shown. A second officer answers.

    Raises Forbidden, Conflict where the page is stale or it was asked already, InvalidInput, and
    RuleNotMet for a requirement that the law lets nobody go past.
    """
    school = place.enrolment.school
    require_officer(reach)
    _open_place(place)
    if not reason.strip():
        raise InvalidInput("Say why the step is right although this is not shown.")
    answer = gate_of(
        enrolment=place.enrolment, step=step, today=today, case=place.case, adult=adult
    )
    if changed := answer.changes(seen):
        raise Conflict(f"Things have changed since you opened this page. {' '.join(changed)}")
    chosen = _chosen(answer, tests)
    waiting = GateOverride.objects.filter(
        enrolment=place.enrolment, step=step, adult=adult, agreed=None
    )
    if waiting.exists():
        raise Conflict("Somebody has asked for this already. A second officer has to answer first.")
    made = GateOverride.objects.create(
        authority=reach.authority,
        enrolment=place.enrolment,
        school=school,
        case=place.case,
        adult=adult,
        step=step,
        tests=[one.key for one in chosen],
        missing=[
            {"key": one.key, "words": one.words, "why": one.why, "source": one.source}
            for one in chosen
        ],
        reason=reason.strip(),
        asked_by=reach.user,
        asked_on=today,
        asked_at=now,
    )
    _happened(reach, place, made, "override_asked", today, now, words=reason.strip())
    record(
        Kind.GATE_OVERRIDE_ASKED,
        by=reach.user,
        authority=reach.authority,
        school=school,
        on=made,
        step=StepChoice(step).label,
    )
    return made


def require_officer(reach: Reach) -> None:
    """Raise Forbidden unless the person is an officer of the council who may go past a gate."""
    if not reach.may_everywhere(Permission.OVERRIDE_GATE):
        raise Forbidden("Only an officer of the council can ask for this. Ask one of them.")


def _chosen(answer: GateAnswer, tests: Sequence[str]) -> list[Requirement]:
    by_key = {one.key: one for one in answer.requirements if not one.clear}
    if not tests:
        raise InvalidInput("Choose what you go past.")
    for test in tests:
        if test not in by_key:
            raise InvalidInput("Choose from what is not shown. Some of it may be shown by now.")
        if not by_key[test].passable:
            raise RuleNotMet(f"Nobody can go past this: {by_key[test].words}. {by_key[test].why}")
    return [by_key[test] for test in tests]


@transaction.atomic
def settle_override(
    *,
    reach: Reach,
    override: GateOverride,
    agree: bool,
    words: str,
    today: date,
    now: datetime,
) -> GateOverride:
    """Agree or not, as the second officer. Raises Forbidden, Conflict and InvalidInput."""
    require_officer(reach)
    row = (
        GateOverride.objects.select_for_update(of=("self",))
        .select_related("enrolment__school", "case", "school")
        .get(pk=override.pk)
    )
    if row.agreed is not None:
        raise Conflict("Another officer has answered this already. Nothing was changed.")
    if refusal := override_refusal(row.asked_by_id, reach.user.pk):
        raise Forbidden(refusal)
    if not words.strip():
        raise InvalidInput("Say why you agree, or why not.")
    place = Place(row.enrolment, row.case)
    _open_place(place)
    row.agreed, row.settled_words = agree, words.strip()
    row.settled_by, row.settled_on, row.settled_at = reach.user, today, now
    row.save()
    answer = "agreed" if agree else "did not agree"
    event = "override_agreed" if agree else "override_refused"
    _happened(reach, place, row, event, today, now, words=words.strip())
    record(
        Kind.GATE_OVERRIDE_SETTLED,
        by=reach.user,
        authority=reach.authority,
        school=row.school,
        on=row,
        answer=answer,
        step=StepChoice(row.step).label,
    )
    return row


def _happened(
    reach: Reach,
    place: Place,
    row: GateStatement | BrakeAnswer | GateOverride,
    event: str,
    on: date,
    now: datetime,
    *,
    words: str = "",
    **facts: object,
) -> None:
    """A line in the history of legal things. What the statement says stays on the statement."""
    LegalEvent.objects.create(
        authority=reach.authority,
        enrolment=place.enrolment,
        school=place.enrolment.school,
        subject=f"{row._meta.label}:{row.pk}",
        adult=getattr(row, "adult", None),
        event=event,
        on=on,
        words=words,
        facts=facts,
        made_by=reach.user,
        made_at=now,
    )
