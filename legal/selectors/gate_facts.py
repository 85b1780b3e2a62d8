"""What a gate is judged by: plain values, loaded once for a pupil and read by every test."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from cases.selectors.checklists import Stated
from cases.selectors.shown import Shown
from legal.models import GateAnswerKind
from rules.compulsory_age import compulsory_days
from rules.dates import DateRange
from rules.gates import holds, holds_until
from rules.marks import DatedSession, Mark
from rules.notice_limit import PastNotice
from rules.officers import Officer
from rules.penalty_notices import SchoolType
from rules.prosecutions import Used
from rules.thresholds import Proof

NOTICE_STEPS = (
    "notice_to_improve",
    "penalty_notice",
    "penalty_notice_for_leave",
    "penalty_notice_excluded",
)


@dataclass(frozen=True, slots=True)
class Said:
    """What a named person stated about one test of one step, or about an item of a local list.

    adult    number of the parent it is about; None: it holds for each
    edition  of the pack whose item it is, "" for a national test
    """

    step: str
    test: str
    answer: str
    words: str
    on: date
    by: str
    author: int
    council: bool = False
    adult: int | None = None
    edition: str = ""

    def counts(self, day: date) -> bool:
        """Whether it still counts: neither too old nor taken back."""
        return self.answer != GateAnswerKind.WITHDRAWN and holds(self.on, day)

    @property
    def until(self) -> date:
        """The last day on which it counts."""
        return holds_until(self.on)


@dataclass(frozen=True, slots=True)
class Parent:
    """One adult that a step is about.

    key, reference  of the record; relationship  as the record has it
    in_law     known to be a parent today: responsibility or care
    not_on     the days of the offence, or else today, on which they are not known to be one
    forbidden  why nobody may write to them, or ""
    past       their notices for this child, ours and those of other councils
    asked      the other councils that answered for them, each with its record
    """

    key: int
    reference: str
    relationship: str
    in_law: bool
    forbidden: str = ""
    past: tuple[PastNotice, ...] = ()
    asked: Mapping[str, Shown] = field(default_factory=dict)
    not_on: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class Improvement:
    """The Notice to Improve that a penalty notice would follow: the latest that stands.

    given_to  numbers of the parents who were given it
    """

    state: str
    shown: Shown
    given_to: frozenset[int]
    ends_on: date | None
    told_on: date | None


@dataclass(frozen=True, slots=True)
class Leave:
    """A request for leave for days of the absence. state: asked, granted, refused, withdrawn."""

    state: str
    first: date
    last: date
    shown: Shown


@dataclass(frozen=True, slots=True)
class Thought:
    """The latest answer about one circumstance of the family. applies: yes, no or unknown."""

    aspect: str
    applies: str
    considered: str
    adjusted: str
    on: date
    by: str


@dataclass(frozen=True, slots=True)
class Passed:
    """That two officers agreed to go past requirements of a step."""

    reference: str
    step: str
    tests: tuple[str, ...]
    reason: str
    asked_by: str
    agreed_by: str
    on: date
    adult: int | None = None


@dataclass(frozen=True, slots=True)
class Places:
    """Where else the child lived or was on a roll in the three years.

    councils  other councils; none  the record that there was no other, if somebody made one
    """

    councils: tuple[str, ...] = ()
    none: Shown | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that a gate is judged by. Plain values: a test is a function of these.

    step      what the gate stands before
    proof     the threshold today, without the sessions that a live notice or prosecution rests on,
              and without those that are settled
    sessions  those of the offence: given, or the ones that count towards the threshold
    prosecuted  sessions of a live prosecution
    settled   sessions that can carry no new notice, by what settled them: for each of the parents
    left_out  those of them that would count towards the threshold in its window of today
    under_order  the days on which a supervision order stands in place of the offence
    flags     names of the pupil's flags of today
    evidence  dated records of the case or the leave; by_test  records that show a test, by its key
    stated, said  statements on items of local lists and on tests, oldest first, of any age
    officer   who would decide; None while nobody is deciding
    deciders  the roles to which the policies give the step, in words; decides  whether whoever
              would decide has one of them
    """

    step: str
    today: date
    born_on: date
    school: SchoolType
    proof: Proof
    verdict: str
    register: Shown
    sessions: tuple[Mark, ...] = ()
    prosecuted: frozenset[DatedSession] = frozenset()
    settled: Mapping[Used, frozenset[DatedSession]] = field(default_factory=dict)
    left_out: frozenset[DatedSession] = frozenset()
    under_order: tuple[DateRange, ...] = ()
    flags: frozenset[str] = frozenset()
    parents: tuple[Parent, ...] = ()
    evidence: Sequence[Shown] = ()
    by_test: Mapping[str, tuple[Shown, ...]] = field(default_factory=dict)
    stated: Sequence[Stated] = ()
    said: Sequence[Said] = ()
    thoughts: Mapping[str, Thought] = field(default_factory=dict)
    on_record: Mapping[str, str] = field(default_factory=dict)
    improvement: Improvement | None = None
    leave: tuple[Leave, ...] = ()
    places: Places = Places()
    passed: tuple[Passed, ...] = ()
    officer: Officer | None = None
    council_only: bool = False
    deciders: tuple[str, ...] = ()
    decides: bool = True

    @property
    def ages(self) -> DateRange:
        """The days of compulsory school age."""
        return compulsory_days(self.born_on)

    @property
    def one_parent(self) -> int | None:
        """The parent it is about, where it is about one."""
        return self.parents[0].key if len(self.parents) == 1 else None

    def latest(self, test: str) -> Said | None:
        """The latest statement on a test of this step, for these parents, whatever its age."""
        found = None
        for one in self.said:
            if (one.step, one.test) == (self.step, test) and one.adult in (None, self.one_parent):
                found = one
        return found
