"""What a request for a penalty notice asks beyond what the record holds, and its first words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from attendance.models import LeaveRequest
from cases.models import Assessment, Case, Contract
from cases.selectors.evidence import evidence_of
from legal.models import Lane, NoticeRequest
from rules.dates import in_words
from rules.lint import DISCUSSED, EARLY_HELP, FAMILY
from rules.request_lint import CIRCUMSTANCES, INFORMED, REASON, Facts

ALL = frozenset({Lane.SUPPORT, Lane.LEAVE, Lane.EXCLUDED})
ABSENT = frozenset({Lane.SUPPORT, Lane.LEAVE})


@dataclass(frozen=True, slots=True)
class Ask:
    """One question. Of whom it is asked: the lanes, and `when` the record gives cause for it."""

    key: str
    words: str
    helps: str
    lanes: frozenset[Lane]
    when: Callable[[Facts], bool] = lambda facts: True


def _others_involved(facts: Facts) -> bool:
    return facts.looked_after or facts.agencies or facts.health or facts.literacy


ASKS: tuple[Ask, ...] = (
    Ask(
        REASON,
        "Why was the pupil absent?",
        "What the school understands the reason to be, and how it knows. Only facts.",
        ABSENT,
    ),
    Ask(
        CIRCUMSTANCES,
        "Where, when and by whom was the pupil seen?",
        "The public place, the day and time in school hours, and who saw the pupil. The notice "
        "says this.",
        frozenset({Lane.EXCLUDED}),
    ),
    Ask(
        INFORMED,
        "How were parents told that leave in term time can lead to a notice?",
        "A letter, the school's policy or a talk, with the day.",
        frozenset({Lane.LEAVE}),
        lambda facts: not facts.leave_asked,
    ),
    Ask(
        DISCUSSED,
        "Who was this discussed with first, and when?",
        "The record names somebody or something to be asked about before a notice.",
        ALL,
        _others_involved,
    ),
    Ask(
        FAMILY,
        "Brothers and sisters: is a notice asked for them too, or why not?",
        "The record knows brothers or sisters of school age.",
        ALL,
        lambda facts: bool(facts.siblings),
    ),
    Ask(
        EARLY_HELP,
        "Early help: offered, done, or why not",
        "With the day, and what the family said.",
        frozenset({Lane.SUPPORT}),
    ),
    Ask(
        "contract_or_none",
        "An attendance contract, or why there is none",
        "When it was offered and what the parents said.",
        frozenset({Lane.SUPPORT}),
    ),
    Ask(
        "pupil_voice",
        "What the pupil says",
        "In the pupil's own words, with the day. You may leave it out.",
        frozenset({Lane.SUPPORT}),
    ),
    Ask(
        "parent_voice",
        "What the parents say",
        "In their own words, with the day. You may leave it out.",
        ABSENT,
    ),
    Ask(
        "medical",
        "Medical evidence that was considered",
        "What was asked for, what came, and what it changed. You may leave it out.",
        ABSENT,
    ),
    Ask(
        "alternative_provision",
        "Where else the pupil is taught, if anywhere",
        "The name and address of the place. You may leave it out.",
        ABSENT,
    ),
)
WORDS: Mapping[str, str] = {one.key: one.words for one in ASKS}


def asks_of(lane: str, facts: Facts) -> tuple[Ask, ...]:
    """The questions of a lane that these facts give cause for."""
    return tuple(one for one in ASKS if lane in one.lanes and one.when(facts))


First = tuple[str, str]  # the first words of an answer, and where they come from


def first_answers(lane: str, case: Case | None, leave: LeaveRequest | None) -> dict[str, First]:
    """The first words of each answer that the record gives, by key, with where they come from."""
    found: dict[str, First] = {}
    if lane == Lane.LEAVE and leave is not None:
        found[REASON] = (
            f"{leave.get_purpose_display()}: {leave.reason}",
            f"The request for leave of {in_words(leave.asked_on)}",
        )
    if case is None or lane != Lane.SUPPORT:
        return found
    found |= _voices(case)
    helped = [
        f"{in_words(one.on)}: {one.words}"
        for one in evidence_of(case)
        if one.kind in ("referral", "support", "plan")
    ]
    if helped:
        found[EARLY_HELP] = ("\n".join(helped[-8:]), "The case's record of help")
    offered = Contract.objects.filter(case=case).order_by("-pk").first()
    if offered is not None:
        found["contract_or_none"] = (
            f"Contract {offered.reference}: {offered.get_state_display().lower()}",
            "The case's contracts",
        )
    return found


def _voices(case: Case) -> dict[str, First]:
    """The newest thing that the pupil and the parents said in an assessment. One query."""
    rows = Assessment.objects.filter(cycle__case=case).order_by("made_on", "pk")
    found: dict[str, First] = {}
    for row in rows:
        for key in ("pupil_voice", "parent_voice"):
            if said := getattr(row, key):
                found[key] = (said, f"The assessment of {in_words(row.made_on)}")
    return found


def rows_of(request: NoticeRequest) -> list[dict[str, str]]:
    """What was answered, in the order of the form: words, text and where it came from."""
    return [
        {
            "key": one.key,
            "words": one.words,
            "text": request.answers[one.key],
            "from": request.origins.get(one.key, "Written by the school"),
        }
        for one in ASKS
        if one.key in request.answers
    ]
