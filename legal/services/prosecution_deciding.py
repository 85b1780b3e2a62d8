"""The two tests, the authority to go on, and the charge: three things done by different people.

The evidential test comes first and the public interest test after it, each with its author and its
day. The named senior officer who authorises has neither prepared the papers nor made a test. The
gate is asked again in the transaction of the authority, and of the charge.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from authorities.access import Forbidden, Reach
from authorities.packs import pack_in_force
from authorities.permissions import Permission
from legal.models import Prosecution, ProsecutionTest
from legal.selectors.deciders import deciders_of
from legal.selectors.gates import GateAnswer
from legal.selectors.prosecution_gates import SIGN_OFF, STEP, gate_for
from legal.selectors.prosecutions import (
    GATE_KEYS,
    as_made,
    changed_marks,
    counting,
    marks_in,
    offence_of,
    prepared_by,
    tests_of,
)
from legal.services.gates import hold, refuse_shut
from legal.services.prosecution_moves import (
    locked,
    moved,
    ready_notice,
    refuse_stopped,
    require_council,
    wrote,
)
from legal.services.prosecutions import back_to_weighing, defence_sentences
from rules.dates import in_words
from rules.errors import Conflict, InvalidInput, RuleNotMet
from rules.prosecution_stages import PROSECUTION, ProsecutionState
from rules.prosecutions import (
    CodeTest,
    MadeTest,
    Route,
    both_tests_refusals,
    in_time,
    questions_of,
    route_refusal,
)

S = ProsecutionState
EVENTS = {Route.SINGLE_JUSTICE: "notify", Route.SUMMONS: "summon"}


@dataclass(frozen=True, slots=True)
class Testing:
    """One test as somebody makes it: which, whether it is passed, each question answered, when."""

    test: CodeTest
    passed: bool
    answers: Mapping[str, str]
    on: date


@transaction.atomic
def make_test(
    *,
    reach: Reach,
    prosecution: Prosecution,
    version: int,
    testing: Testing,
    today: date,
    now: datetime,
) -> ProsecutionTest:
    """Make one of the two tests, in writing. Where both are passed, it waits for its authority.

    A test that is not passed is kept too: then the file is ended, and the page says how.
    Raises Forbidden, Conflict, InvalidInput for a question without an answer, and RuleNotMet where
    the other things that come first are missing.
    """
    require_council(reach)
    prosecution = locked(prosecution, version, today=today, now=now)
    PROSECUTION.move_for(S(prosecution.state), "test")
    refuse_stopped(prosecution, today)
    offence = offence_of(prosecution)
    unweighed = defence_sentences(offence, prosecution.defences)
    if unweighed:
        raise RuleNotMet(" ".join(unweighed))
    answers = {
        question.key: testing.answers.get(question.key, "").strip()
        for question in questions_of(testing.test, offence)
    }
    missing = [
        question.words
        for question in questions_of(testing.test, offence)
        if not answers[question.key]
    ]
    if missing:
        raise InvalidInput(f"Answer each question of the {testing.test} test: {missing[0]}")
    if not (prosecution.asked_on or today) <= testing.on <= today:
        raise InvalidInput("A test is made between the day of the caution letter and today.")
    before = counting(prosecution, tests_of(prosecution))
    if testing.test is CodeTest.PUBLIC_INTEREST:
        _refuse_out_of_order(prosecution, before, testing, reach)
    made = ProsecutionTest.objects.create(
        authority_id=prosecution.authority_id,
        prosecution=prosecution,
        round=prosecution.round,
        test=testing.test.value,
        passed=testing.passed,
        answers=answers,
        on=testing.on,
        made_by=reach.user,
        made_at=now,
    )
    wrote(
        prosecution,
        GATE_KEYS[testing.test],
        f"Made the {testing.test} test",
        by=reach.user,
        on=testing.on,
        now=now,
        words="Passed." if testing.passed else "Not passed.",
        facts={"answers": answers, "test": made.pk, "round": made.round},
    )
    if not test_sentences(prosecution):
        ready_notice(prosecution, by=reach.user, on=today, now=now)
        moved(prosecution, "test", by=reach.user, on=today, now=now)
    return made


def _refuse_out_of_order(
    prosecution: Prosecution,
    before: Mapping[CodeTest, ProsecutionTest],
    testing: Testing,
    reach: Reach,
) -> None:
    """Raise RuleNotMet where the evidential test does not stand before the other."""
    now = MadeTest(testing.passed, testing.answers, reach.user.name, testing.on)
    evidential = as_made(before.get(CodeTest.EVIDENTIAL))
    if evidential is None or not evidential.passed or testing.on < (evidential.on or testing.on):
        raise RuleNotMet(both_tests_refusals(offence_of(prosecution), evidential, now)[0])


def test_sentences(prosecution: Prosecution) -> tuple[str, ...]:
    """What is missing before both tests are made and passed, as sentences; none when they are."""
    made = counting(prosecution, tests_of(prosecution))
    return both_tests_refusals(
        offence_of(prosecution),
        as_made(made.get(CodeTest.EVIDENTIAL)),
        as_made(made.get(CodeTest.PUBLIC_INTEREST)),
    )


# The authority


def why_not_authorise(reach: Reach, prosecution: Prosecution, today: date) -> str:
    """Why this person cannot authorise it, as a sentence; "" when they can."""
    if not reach.may_everywhere(Permission.AUTHORISE_PROCEEDINGS):
        return "Only the officer to whom the council has delegated it authorises a prosecution."
    found = deciders_of(pack_in_force(prosecution.school, today), STEP)
    held = {grant.role for grant in reach.grants if grant.covers(prosecution.school)}
    if not held & found.roles:
        who = " or ".join(label[:1].lower() + label[1:] for label in found.labels)
        return f"The policy in force gives this decision to: {who}."
    if reach.user.pk in prepared_by(prosecution):
        return (
            "You prepared this prosecution or made one of its tests. Another senior officer"
            " authorises it."
        )
    return ""


@transaction.atomic
def authorise(
    *,
    reach: Reach,
    prosecution: Prosecution,
    version: int,
    seen: str,
    officer: str,
    words: str,
    today: date,
    now: datetime,
) -> Prosecution:
    """Authorise it, as the named senior officer who neither prepared nor tested it.

    seen     `GateAnswer.seen` of the page that the person read
    officer  the post in which they do so; words  why

    Raises Forbidden, Conflict with what changed, InvalidInput, and RuleNotMet with what is missing.
    """
    prosecution = locked(prosecution, version, today=today, now=now)
    why = why_not_authorise(reach, prosecution, today)
    if why:
        raise Forbidden(why)
    PROSECUTION.move_for(S(prosecution.state), "authorise")
    refuse_stopped(prosecution, today)
    if not officer.strip() or not words.strip():
        raise InvalidInput("Write your post, and why you authorise it.")
    hold(prosecution.enrolment)
    _refuse_overtaken(prosecution)
    answer = gate_for(prosecution, today)
    _refuse_stale_gate(answer, seen)
    missing = [one for one in answer.blocking if one.key != SIGN_OFF]
    if missing:
        said = " ".join(f"{one.words}: {one.why}" for one in missing)
        raise RuleNotMet(f"It cannot be authorised yet. {said}")
    return moved(
        prosecution,
        "authorise",
        by=reach.user,
        on=today,
        now=now,
        words=words.strip(),
        facts={"officer": officer.strip()},
        authorised_by=reach.user,
        authorised_on=today,
        officer=officer.strip(),
        gate=answer.as_json(),
    )


def _refuse_stale_gate(answer: GateAnswer, seen: str) -> None:
    changed = answer.changes(seen)
    if changed:
        raise Conflict(
            f"Things have changed since you opened this page. {' '.join(changed)} "
            "Open the page again and read it before you decide."
        )


def _refuse_overtaken(prosecution: Prosecution) -> None:
    """Raise Conflict where the register, the defences or the tests say otherwise by now."""
    days = sorted({mark.day for mark in changed_marks(prosecution)})
    if days:
        listed = ", ".join(in_words(day) for day in days)
        raise Conflict(
            f"The register has another code now for: {listed}. Go back, and choose the half days"
            " again."
        )
    left = (
        *defence_sentences(offence_of(prosecution), prosecution.defences),
        *test_sentences(prosecution),
    )
    if left:
        raise RuleNotMet(" ".join(left))


@transaction.atomic
def go_back(
    *,
    reach: Reach,
    prosecution: Prosecution,
    version: int,
    words: str,
    today: date,
    now: datetime,
) -> Prosecution:
    """Send it back to be prepared again, with reasons. What was tested before counts no more.

    The officer who would authorise may do so too. Raises Forbidden, Conflict and InvalidInput.
    """
    if not reach.may_everywhere(Permission.AUTHORISE_PROCEEDINGS):
        require_council(reach)
    prosecution = locked(prosecution, version, today=today, now=now)
    if not words.strip():
        raise InvalidInput("Write what has changed, or what has to be put right.")
    return moved(
        prosecution,
        "go_back",
        by=reach.user,
        on=today,
        now=now,
        words=words.strip(),
        **back_to_weighing(prosecution),
    )


# The charge


@dataclass(frozen=True, slots=True)
class Charging:
    """A charge as it is sent: the way to court, the day, the court, and how their age is known.

    adult  whether the parent is 18 or over on that day; age  what shows it
    """

    route: Route
    on: date
    court: str
    adult: bool
    age: str


@transaction.atomic
def charge(
    *,
    reach: Reach,
    prosecution: Prosecution,
    version: int,
    seen: str,
    charging: Charging,
    today: date,
    now: datetime,
) -> Prosecution:
    """Record the charge: a single justice procedure notice, or an information for a summons.

    Raises Forbidden, Conflict with what changed or stops it, InvalidInput, and RuleNotMet for a
    route that is not open, a time that is over, or a gate that is shut.
    """
    require_council(reach)
    prosecution = locked(prosecution, version, today=today, now=now)
    event = EVENTS[charging.route]
    move = PROSECUTION.move_for(S(prosecution.state), event)
    refuse_stopped(prosecution, today)
    refusal = route_refusal(offence_of(prosecution), charging.route, adult=charging.adult)
    if refusal:
        raise RuleNotMet(refusal)
    if not charging.court.strip() or not charging.age.strip():
        raise InvalidInput("Write which court it goes to, and how you know the parent's age.")
    if not (prosecution.authorised_on or today) <= charging.on <= today:
        raise InvalidInput("The charge is sent between the day of the authority and today.")
    time = in_time([mark.day for mark in marks_in(prosecution.sessions)], charging.on)
    if not time.allowed:
        raise RuleNotMet(time.why)
    hold(prosecution.enrolment)
    _refuse_overtaken(prosecution)
    answer = gate_for(prosecution, today)
    _refuse_stale_gate(answer, seen)
    refuse_shut(answer)
    ready_notice(prosecution, by=reach.user, on=today, now=now)
    return moved(
        prosecution,
        event,
        by=reach.user,
        on=charging.on,
        now=now,
        words=f"{move.words}. {time.why}",
        facts={"adult": charging.adult, "age": charging.age.strip(), "time": time.why},
        route=charging.route.value,
        charged_on=charging.on,
        court=charging.court.strip(),
        gate=answer.as_json(),
    )
