"""The two offences of section 444: which to charge, by when, by which route, and over what absence.

Only a council prosecutes, and it need not. Before it charges it makes two tests, in order, and
says what else was thought of. What the parent may answer is in `rules.defences`; what a court may
decide is in `rules.court_outcomes`.
"""

import enum
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from rules.attendance_codes import Kind, code_on
from rules.compulsory_age import compulsory_days
from rules.dates import in_words, months_after
from rules.errors import InvalidInput
from rules.marks import DatedSession, Mark
from rules.penalty_notices import Answer
from rules.register import rule
from rules.values import value_on


class Offence(enum.StrEnum):
    """The two offences of a parent whose child does not attend regularly."""

    FAILS = "444(1)"
    KNOWS = "444(1A)"


@dataclass(frozen=True, slots=True)
class OffenceInLaw:
    """One offence.

    words          what the parent is said to have done
    proofs         what the council has to prove, each a sentence
    knowledge      the parent must have known; without it the offence is strict
    imprisonable   a court may send the parent to prison, or make a community order
    extra_defence  key in rules.defences of the defence that only this offence has, or ""
    """

    offence: Offence
    words: str
    proofs: tuple[str, ...]
    knowledge: bool
    imprisonable: bool
    extra_defence: str


_EACH = (
    "The child was of compulsory school age on each day.",
    "The child was a registered pupil at the school.",
    "The child did not attend regularly: as the school's rules ask.",
    "The person charged is a parent of the child in law.",
)
OFFENCES = {
    Offence.FAILS: OffenceInLaw(
        Offence.FAILS,
        "The child failed to attend regularly at school",
        _EACH,
        knowledge=False,
        imprisonable=False,
        extra_defence="",
    ),
    Offence.KNOWS: OffenceInLaw(
        Offence.KNOWS,
        "The parent knew that the child failed to attend regularly, and failed to cause it",
        (
            *_EACH,
            "The parent knew that the child was not attending regularly.",
            "The parent failed to cause the child to attend.",
        ),
        knowledge=True,
        imprisonable=True,
        extra_defence="justification",
    ),
}


@dataclass(frozen=True, slots=True)
class Penalty:
    """The most a court may impose.

    level         of the standard scale
    fine_pounds   the highest fine of that level
    custody_months  the longest time in prison; 0 for none
    """

    level: int
    fine_pounds: int
    custody_months: int


@rule("PROS-2", source="EA1996/s444-offences")
def highest_penalty(offence: Offence, day: date) -> Penalty:
    """The most a court may impose for an offence committed on `day`. Raises NoValue too early."""
    row = value_on("offence", day, section=offence.value)
    return Penalty(row["level"], row["fine_pounds"], row["custody_months"])


@dataclass(frozen=True, slots=True)
class TimeLimit:
    """The last days to charge. warn_by: for the earliest session; outer: for the latest."""

    warn_by: date
    outer: date


@rule("PROS-1", source="MCA1980/s127")
def time_limit(offence: Collection[Mark] | Collection[date]) -> TimeLimit:
    """Six months from the offence: warn on its earliest session, with the latest as outer edge.

    Takes the sessions, or the days, of the offence. Raises ValueError when there are none.
    """
    days = sorted(item.day if isinstance(item, Mark) else item for item in offence)
    if not days:
        raise ValueError("An offence needs at least one session")
    first, last = days[0], days[-1]
    return TimeLimit(
        warn_by=months_after(first, value_on("prosecution", first)["months"]),
        outer=months_after(last, value_on("prosecution", last)["months"]),
    )


@rule("PROS-3", source="MCA1980/s127")
def in_time(offence: Collection[Mark] | Collection[date], on: date) -> Answer:
    """Whether the parent can still be charged on `on`, and what to do about it.

    Up to the limit of the earliest session nothing is lost. After it a court may leave out the
    sessions that are too old. After the limit of the latest nothing can be charged.
    """
    limit = time_limit(offence)
    if on > limit.outer:
        return Answer(
            False,
            f"The time to charge ended on {in_words(limit.outer)}. Nothing in this period can be"
            " prosecuted any more.",
        )
    if on > limit.warn_by:
        return Answer(
            True,
            f"The time for the earliest session ended on {in_words(limit.warn_by)}. Leave out each"
            f" session that is over six months old, and charge by {in_words(limit.outer)}.",
        )
    return Answer(True, f"Charge by {in_words(limit.warn_by)}: the earliest session counts.")


class Route(enum.StrEnum):
    """How a prosecution reaches the magistrates' court."""

    SINGLE_JUSTICE = "single justice procedure"
    SUMMONS = "summons"


@rule("PROS-4", source="MCA1980/s16A")
def route_refusal(offence: Offence, route: Route, *, adult: bool) -> str:
    """Why an offence cannot go this way to court, as a sentence; "" when it can.

    adult  whether the parent is 18 or over on the day of the charge

    The single justice procedure is for adults and for offences without imprisonment alone, so for
    section 444(1) only.
    """
    if route is Route.SUMMONS:
        return ""
    if OFFENCES[offence].imprisonable:
        return (
            f"A charge under section {offence} cannot go by the single justice procedure, as a"
            " court may send the parent to prison for it. Choose a summons, or charge under section"
            " 444(1)."
        )
    if not adult:
        return (
            "The single justice procedure is for adults. This parent is under 18: choose a summons."
        )
    return ""


class Used(enum.StrEnum):
    """Why a session cannot be part of a new prosecution."""

    PROSECUTED = "prosecuted"
    PAID = "paid"
    WITHDRAWN = "withdrawn"
    TIME_TO_PAY = "time to pay"
    DISPUTED = "disputed"
    UNDER_ORDER = "under an order"


_USED = {
    Used.PROSECUTED: "This parent was prosecuted for these days already, and a new prosecution"
    " needs a new period of absence",
    Used.PAID: "A penalty notice for these days was paid, so the parent cannot be prosecuted for"
    " them",
    Used.WITHDRAWN: "A penalty notice for these days was withdrawn, so nobody can be prosecuted on"
    " the same facts",
    Used.TIME_TO_PAY: "The time to pay a penalty notice for these days is still running, so wait"
    " until it is over",
    Used.DISPUTED: "What the parent says against a penalty notice for these days has not been"
    " answered, so answer it first",
    Used.UNDER_ORDER: "An education supervision order was in force on these days, and the duty to"
    " follow its directions stood in place of this offence",
}


@rule("PROS-5", source="LOCAL/new-period")
def used_refusals(
    offence: Iterable[Mark], used: Mapping[Used, Collection[DatedSession]]
) -> tuple[str, ...]:
    """Why sessions cannot be part of this prosecution, as sentences; none when all are fresh.

    offence  the sessions it is about
    used     sessions of this parent and child that something else has used, by what has
    """
    sessions = {mark.when for mark in offence}
    refusals = []
    for why, taken in used.items():
        days = sorted({session.day for session in sessions & set(taken)})
        if days:
            refusals.append(f"{_USED[why]}: {', '.join(in_words(day) for day in days)}.")
    return tuple(refusals)


@rule("PROS-6", source="EA1996/s444")
def session_refusals(offence: Collection[Mark], born: date) -> tuple[str, ...]:
    """Why sessions are no part of the offence, as sentences; none when each one is.

    Each is absence without leave, with its reason known, on a day of compulsory school age. With
    no session there is no offence. Raises UnknownCode for a code not in force on its day.
    """
    if not offence:
        return ("Choose the sessions that this prosecution is about.",)
    ages = compulsory_days(born)
    kept_out = {
        "Find out the reason for the sessions marked N first": [
            mark.day for mark in offence if mark.code == "N"
        ],
        "Leave out what is not absence without leave": [
            mark.day
            for mark in offence
            if code_on(mark.code, mark.day).kind is not Kind.UNAUTHORISED
        ],
        "Leave out the days outside compulsory school age": [
            mark.day for mark in offence if mark.day not in ages
        ],
    }
    return tuple(
        f"{what}: {', '.join(in_words(day) for day in sorted(set(days)))}."
        for what, days in kept_out.items()
        if days
    )


class CodeTest(enum.StrEnum):
    """The two tests of the Code for Crown Prosecutors, in their order."""

    EVIDENTIAL = "evidential"
    PUBLIC_INTEREST = "public interest"


@dataclass(frozen=True, slots=True)
class CodeQuestion:
    """One question a prosecutor answers in writing. `only` names the offence it belongs to."""

    key: str
    test: CodeTest
    words: str
    only: Offence | None = None


CODE_QUESTIONS = (
    CodeQuestion("register", CodeTest.EVIDENTIAL, "Is the certified register complete and right?"),
    CodeQuestion("parent", CodeTest.EVIDENTIAL, "What shows that this person is a parent in law?"),
    CodeQuestion(
        "roll", CodeTest.EVIDENTIAL, "What shows the child's age and that they are on roll?"
    ),
    CodeQuestion("defences", CodeTest.EVIDENTIAL, "Could a defence succeed? What shows that?"),
    CodeQuestion(
        "knew",
        CodeTest.EVIDENTIAL,
        "What shows that the parent knew of the absence?",
        Offence.KNOWS,
    ),
    CodeQuestion(
        "caused", CodeTest.EVIDENTIAL, "What did the parent do, or not do, about it?", Offence.KNOWS
    ),
    CodeQuestion(
        "witnesses", CodeTest.EVIDENTIAL, "Can the witnesses be believed, and come to court?"
    ),
    CodeQuestion(
        "disclosure", CodeTest.EVIDENTIAL, "What helps the parent's case, and is it listed?"
    ),
    CodeQuestion(
        "prospect", CodeTest.EVIDENTIAL, "Is there a realistic prospect of conviction? Why?"
    ),
    CodeQuestion("serious", CodeTest.PUBLIC_INTEREST, "How serious is the absence?"),
    CodeQuestion("culpable", CodeTest.PUBLIC_INTEREST, "How far is the parent to blame?"),
    CodeQuestion("child", CodeTest.PUBLIC_INTEREST, "What would a prosecution do to the child?"),
    CodeQuestion(
        "support", CodeTest.PUBLIC_INTEREST, "Which support was given, and was it enough?"
    ),
    CodeQuestion("fair", CodeTest.PUBLIC_INTEREST, "Were needs, health and equality thought of?"),
    CodeQuestion("proportion", CodeTest.PUBLIC_INTEREST, "Is a prosecution in proportion?"),
    CodeQuestion(
        "instead", CodeTest.PUBLIC_INTEREST, "What else was considered, and why not that?"
    ),
)


def questions_of(test: CodeTest, offence: Offence) -> tuple[CodeQuestion, ...]:
    """The questions of one test for one offence, in order."""
    return tuple(
        question
        for question in CODE_QUESTIONS
        if question.test is test and question.only in (None, offence)
    )


@dataclass(frozen=True, slots=True)
class MadeTest:
    """One test as somebody made it.

    answers  what was written to each question, by its key
    by       who made it; "" for nobody
    on       the day, or None
    """

    passed: bool
    answers: Mapping[str, str]
    by: str
    on: date | None


@rule("PROS-7", source="CCP/tests")
def both_tests_refusals(
    offence: Offence, evidential: MadeTest | None, public_interest: MadeTest | None
) -> tuple[str, ...]:
    """What is missing before both tests are made and passed, as sentences; none when they are.

    The evidential test comes first. Where it fails there is no second one and no prosecution.
    Each has an author, a day and an answer to each of its questions.
    """
    if evidential is None:
        return ("Make the evidential test first.",)
    missing = tuple(_unfinished(CodeTest.EVIDENTIAL, offence, evidential))
    if missing:
        return missing
    if not evidential.passed:
        return ("The evidential test failed, so there can be no prosecution. Record what follows.",)
    if public_interest is None:
        return ("Make the public interest test.",)
    missing = tuple(_unfinished(CodeTest.PUBLIC_INTEREST, offence, public_interest))
    if missing:
        return missing
    if (public_interest.on or date.min) < (evidential.on or date.min):
        return ("The public interest test comes after the evidential one. Check the days.",)
    if not public_interest.passed:
        return ("A prosecution is not in the public interest. Record what happens instead.",)
    return ()


def _unfinished(test: CodeTest, offence: Offence, made: MadeTest) -> Iterable[str]:
    """What one test still lacks, as sentences."""
    if not made.by or made.on is None:
        yield f"Say who made the {test} test, and when."
    for question in questions_of(test, offence):
        if not made.answers.get(question.key, "").strip():
            yield f"Answer this question of the {test} test: {question.words}"


@dataclass(frozen=True, slots=True)
class Alternative:
    """Something a council may do instead of prosecuting.

    key    what is stored, and the reason in rules.prosecution_stages where there is one
    words  what it is
    needs  when it is open, as a sentence
    """

    key: str
    words: str
    needs: str


ALTERNATIVES = (
    Alternative(
        "more_support",
        "More support, or an attendance contract",
        "Where support has not been tried to the end, or circumstances have changed.",
    ),
    Alternative(
        "supervision_order",
        "An education supervision order",
        "Where directions would help this child. It must be considered before any prosecution.",
    ),
    Alternative(
        "simple_caution",
        "A simple caution",
        "Where the evidential test is passed, the parent is an adult, admits it and agrees.",
    ),
    Alternative(
        "social_care",
        "A referral to children's social care",
        "Where there are safeguarding concerns.",
    ),
    Alternative(
        "no_further_action",
        "No further action",
        "An unpaid penalty notice for the same days is then withdrawn.",
    ),
)
_ALTERNATIVES = frozenset(one.key for one in ALTERNATIVES)


@rule("PROS-8", source="CDA1998/s8")
def alternative_refusal(key: str) -> str:
    """Why this cannot be chosen instead of a prosecution, as a sentence; "" when it can.

    A parenting order is none: a court makes it after a conviction, and no council can apply for
    one over absence. Raises InvalidInput for anything else that is not an alternative.
    """
    if key == "parenting_order":
        return (
            "A parenting order over absence follows a conviction and cannot be applied for instead"
            " of one. Choose another way."
        )
    if key not in _ALTERNATIVES:
        raise InvalidInput("Choose what happens instead from the list.")
    return ""
