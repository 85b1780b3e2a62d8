"""The shape of a pack: each kind of entry, what it may say, and how it reads to a person.

Entries are plain values. Every one has a key and the section of the document it comes from; none
does anything by itself. A trigger proposes, a gate lists what must be on file, a clock is a length.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from hashlib import sha256
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from authorities.permissions import Role
from rules.errors import InvalidInput

Key = Annotated[str, Field(pattern=r"^[a-z0-9_]+$", max_length=60)]
Text = Annotated[str, Field(min_length=1, max_length=400)]
Operator = Literal["lt", "lte", "gt", "gte"]
COMPARE: Mapping[str, Callable[[Decimal, Decimal], bool]] = {
    "lt": Decimal.__lt__,
    "lte": Decimal.__le__,
    "gt": Decimal.__gt__,
    "gte": Decimal.__ge__,
}
PERCENT_WORDS = {
    "lt": "{fact} is below {number}%",
    "lte": "{fact} is {number}% or less",
    "gt": "{fact} is above {number}%",
    "gte": "{fact} is {number}% or more",
}
COUNT_WORDS = {
    "lt": "Fewer than {number} {fact}",
    "lte": "{number} {fact}, or fewer",
    "gt": "More than {number} {fact}",
    "gte": "{number} {fact}, or more",
}
Fact = Literal[
    "attendance_percent",
    "look_back_percent",
    "absent_sessions",
    "unauthorised_in_ten_weeks",
    "separate_absences_in_ten_weeks",
    "absent_sessions_in_ten_weeks",
    "lates_this_week",
    "absent_sessions_in_a_row",
    "unexplained_days",
    "unresolved",
]
# What each fact is called, and whether it is a share or a number of things.
FACTS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "attendance_percent": ("Attendance", PERCENT_WORDS),
    "look_back_percent": ("Attendance over the last 12 school weeks", PERCENT_WORDS),
    "absent_sessions": ("half days missed", COUNT_WORDS),
    "unauthorised_in_ten_weeks": ("unauthorised sessions in ten weeks", COUNT_WORDS),
    "separate_absences_in_ten_weeks": ("separate absences in ten weeks", COUNT_WORDS),
    "absent_sessions_in_ten_weeks": ("half days missed in ten weeks", COUNT_WORDS),
    "lates_this_week": ("late arrivals this week", COUNT_WORDS),
    "absent_sessions_in_a_row": ("half days missed in a row", COUNT_WORDS),
    "unexplained_days": ("school days of unexplained absence", COUNT_WORDS),
    "unresolved": ("sessions still marked N", COUNT_WORDS),
}
Happening = Literal[
    "improved",
    "not_improved",
    "targets_agreed",
    "targets_met",
    "targets_missed",
    "parent_did_not_come",
    "support_exhausted",
    "contract_failed",
    "contract_refused",
    "safeguarding_concern",
]
HAPPENING_WORDS: Mapping[str, str] = {
    "improved": "The review found improvement",
    "not_improved": "The review found no improvement",
    "targets_agreed": "Targets were agreed",
    "targets_met": "The targets were met",
    "targets_missed": "The targets were not met",
    "parent_did_not_come": "The parent did not come to the meeting",
    "support_exhausted": "Every other way to help has been tried",
    "contract_failed": "The contract did not bring enough improvement",
    "contract_refused": "The parent did not agree to a contract",
    "safeguarding_concern": "There is a safeguarding concern",
}
Step = Literal[
    "case",
    "letter",
    "meeting",
    "contract",
    "leave",
    "referral",
    "notice_to_improve",
    "penalty_notice",
    "penalty_notice_for_leave",
    "penalty_notice_excluded",
    "withdrawal",
    "supervision_order",
    "prosecution",
]
Evidence = Literal[
    "register",
    "letter",
    "call",
    "visit",
    "meeting_offered",
    "meeting_held",
    "minutes_sent",
    "assessment",
    "plan",
    "plan_cycle",
    "review",
    "contract",
    "support",
    "referral",
    "parent_voice",
    "pupil_voice",
    "siblings",
    "parent_details",
    "notice",
    "document",
    "statement",
]
# What an item's `of` may name, by the evidence it asks for: entries of a section of this pack or
# of the national one, or keys that the product gives its own records. Other records have no keys.
OF_ENTRIES: Mapping[str, str] = {
    "letter": "letters",
    "meeting_offered": "meetings",
    "meeting_held": "meetings",
    "minutes_sent": "meetings",
    "parent_voice": "meetings",
    "pupil_voice": "meetings",
    "support": "support",
    "referral": "forms",
}
OF_RECORDS: Mapping[str, Sequence[str]] = {
    "register": ("opening", "threshold", "certificate"),
    "contract": ("offered", "agreed", "refused", "not_offered"),
    "notice": ("notice_to_improve", "penalty_notice"),
}
Unit = Literal[
    "minutes",
    "school days",
    "working days",
    "days",
    "school weeks",
    "weeks",
    "months",
    "half terms",
    "terms",
    "years",
]


class PackError(InvalidInput):
    """A pack that cannot be used. The sentence names the file, the key and what is expected."""

    code = "wrong_pack"


class Data(BaseModel):
    """Plain, closed, frozen: an unknown key is an error, and nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Entry(Data):
    """What every entry has: a key, and the section of the document it comes from."""

    key: Key
    source: Text
    note: str = ""


class Line(Data):
    """One known fact compared with one number: `lt` 95 is not `lte` 95."""

    fact: Fact
    operator: Operator
    number: Decimal = Field(ge=0)

    def crossed_by(self, facts: Mapping[str, Decimal | int | None]) -> bool:
        """Whether the facts cross the line. A fact that is not known crosses nothing."""
        value = facts.get(self.fact)
        return value is not None and COMPARE[self.operator](Decimal(value), self.number)

    @property
    def words(self) -> str:
        """The line as a person reads it, such as "Attendance is below 95%"."""
        fact, templates = FACTS[self.fact]
        return templates[self.operator].format(fact=fact, number=f"{self.number.normalize():f}")


class Band(Entry):
    """A named range of attendance, with a literal operator."""

    label: Text
    operator: Operator
    percent: Decimal = Field(ge=0, le=100)


@lru_cache(maxsize=1000)
def _line(fact: Fact, operator: Operator, number: Decimal) -> Line:
    """A line of a trigger's own: a replay asks for it a million times."""
    return Line(fact=fact, operator=operator, number=number)


class Trigger(Entry):
    """What makes the system propose something to a person. It never does it.

    Either a line (`fact`, `operator`, `number`, and each line of `also`), or something that
    happened (`on`, at the stage `at` if one is named). `proposes` says what, and the field of the
    same name which; closing a case is proposed when something happened on it. `by_itself` is for a
    letter that the policy sends without asking, once the clock `settling` has run out; any other
    waits for a person.
    """

    fact: Fact | None = None
    operator: Operator | None = None
    number: Decimal | None = Field(default=None, ge=0)
    also: tuple[Line, ...] = ()
    on: Happening | None = None
    at: Key | None = None
    proposes: Literal["warning", "letter", "meeting", "case", "stage", "close"]
    letter: Key | None = None
    meeting: Key | None = None
    stage: Key | None = None
    by_itself: bool = False

    @property
    def lines(self) -> tuple[Line, ...]:
        """Every line that must be crossed; none when the trigger waits for a happening."""
        if self.fact is None or self.operator is None or self.number is None:
            return ()
        return (_line(self.fact, self.operator, self.number), *self.also)

    def met_by(self, facts: Mapping[str, Decimal | int | None]) -> bool:
        """Whether the facts cross every line. A fact that is not known crosses nothing."""
        return bool(self.lines) and all(line.crossed_by(facts) for line in self.lines)

    def met_on(self, happening: str, stage: str | None) -> bool:
        """Whether it answers to a happening at a stage of this pack."""
        return self.on == happening and self.at in (None, stage)

    @property
    def words(self) -> str:
        """The cause as a person reads it, such as "Attendance is below 95%"."""
        if self.on is not None:
            return HAPPENING_WORDS[self.on]
        first, *more = [line.words for line in self.lines]
        return " and ".join([first, *(f"{line[0].lower()}{line[1:]}" for line in more)])


class Stage(Entry):
    """A step of support. `level` is one of the product's three stages.

    who     keys of roles that carry it; enters, leaves  when, in words
    """

    label: Text
    level: Literal[1, 2, 3]
    who: tuple[Key, ...] = Field(min_length=1)
    enters: Text
    leaves: Text
    does: tuple[Text, ...] = ()


class PackLetter(Entry):
    """A letter. `review` names a clock, `meeting` the meeting it invites to.

    `kind` is one of letters.catalogue. A letter that has no wording yet is known by name only:
    it is listed, and never offered.
    """

    kind: Key
    title: Text
    wording: Annotated[str, Field(pattern=r"^letters/[a-z0-9-]+\.md$")] | None = None
    review: Key | None = None
    meeting: Key | None = None


class Outcome(Data):
    """What may come of a meeting or a review. `means` tells the policy what happened, if anything.

    In a file it may stand as its words alone.
    """

    words: Text
    means: Happening | None = None


def _outcome(value: object) -> object:
    return {"words": value} if isinstance(value, str) else value


AnOutcome = Annotated[Outcome, BeforeValidator(_outcome)]


class Meeting(Entry):
    """A kind of meeting: who leads, who comes, how long before it is announced.

    notice, rhythm  clocks; goes_ahead  also without the parent; minutes_to  roles, also when absent
    checklist       what must be on file beforehand; agenda  what is talked about there
    """

    label: Text
    led_by: Key
    invites: tuple[Key, ...] = Field(min_length=1)
    notice: Key | None = None
    rhythm: Key | None = None
    checklist: Key | None = None
    agenda: tuple[Text, ...] = ()
    goes_ahead: bool = False
    minutes_to: tuple[Key, ...] = ()
    outcomes: tuple[AnOutcome, ...] = ()

    def means(self, words: str) -> str:
        """What an outcome in these words tells the policy; "" for nothing."""
        return next((one.means or "" for one in self.outcomes if one.words == words), "")


class Review(Entry):
    """When something is looked at again, and what may come of it. `after` names a clock.

    With a look midway, the clock `after` has another beside it, called the same with `_midway`.
    """

    label: Text
    of: Literal["concern", "plan", "contract", "timetable", "order", "policy", "supervision"]
    after: Key
    midway: bool = False
    outcomes: tuple[AnOutcome, ...] = ()


class ContractTerms(Entry):
    """What an attendance contract has here. No length given: each contract sets its own.

    The law's own terms cannot be switched off: a parent is there, and nobody is made to sign.
    """

    label: Text
    lowest: int | None = Field(default=None, gt=0)
    highest: int | None = Field(default=None, gt=0)
    unit: Literal["school weeks", "weeks", "months"] = "school weeks"
    midway_review: bool = False
    reviews: int = Field(default=1, ge=0)
    parent_present: bool = True
    voluntary: bool = True
    signed_by: tuple[Key, ...] = ()
    fields: tuple[Text, ...] = ()
    breach: tuple[Text, ...] = ()


class Item(Data):
    """One thing to show: by linked records of a kind, else by a named person's dated statement.

    of  keys of what shows it, as OF_ENTRIES and OF_RECORDS say; none: any of the kind does
    """

    key: Key
    words: Text
    evidence: Evidence
    of: tuple[Key, ...] = ()
    at_least: int = Field(default=1, gt=0)
    where_it_applies: bool = False
    source: Text


class Checklist(Entry):
    """Things to show before something is done. `where_it_applies` items may be answered so.

    side  who sees to it: the school, or the council when it decides
    """

    label: Text
    side: Literal["school", "council"] = "school"
    items: tuple[Item, ...] = Field(min_length=1)

    def missing(self, shown: Iterable[str]) -> list[str]:
        """Keys of the items that are not among those shown, in the list's order."""
        there = set(shown)
        return [item.key for item in self.items if item.key not in there]


class Gate(Entry):
    """What must be on file before a step. `needs` any or all of the checklists it names.

    `tests` are the national tests that the product itself makes (national pack only adds them).
    `agreed_by` are roles that must agree to the step, each by a person of their own.
    """

    step: Step
    checklists: tuple[Key, ...] = ()
    needs: Literal["all", "any"] = "all"
    tests: tuple[Key, ...] = ()
    agreed_by: tuple[Key, ...] = ()


class Form(Entry):
    """A referral form: what is asked, and where it may be sent on."""

    title: Text
    asks: tuple[Item, ...] = Field(min_length=1)
    decided_by: Key
    routes: tuple[Text, ...] = ()


class PackRole(Entry):
    """A role of the document, the product's role that carries it, and the steps it decides."""

    label: Text
    membership: Role | None = None
    decides: tuple[Step, ...] = ()
    does: Text | None = None


class Clock(Entry):
    """A length of time that the policy sets."""

    length: int = Field(gt=0)
    unit: Unit

    @property
    def words(self) -> str:
        """The length as a person reads it: "15 school days", "1 month"."""
        return f"{self.length} {self.unit if self.length > 1 else self.unit.removesuffix('s')}"


class Figure(Entry):
    """A national figure that the document states too. It must be the one in force.

    table, column  of rules/values.toml; step  picks the row where the table has several
    """

    table: Key
    column: Key
    step: Key | None = None
    value: int


class Support(Entry):
    """One way to help, for the catalogue of a stage. Whole-school approaches have stage 1."""

    label: Text
    stage: Literal[1, 2, 3]
    who: Key
    area: Literal["school", "send", "outside", "family", "legal"] = "school"


class Barrier(Entry):
    """Something that can keep a pupil from school, to be looked for with the family.

    ask        a question that helps to find it
    sensitive  about health or social care: shown to those who may see such things
    """

    label: Text
    ask: Text
    place: Literal["in school", "outside school"]
    sensitive: bool = False


class Tool(Entry):
    """A way to hear what a pupil or a parent thinks.

    parts  what is written down, heading by heading; scale  the top of a scale from 0, if it has one
    """

    label: Text
    voice: Literal["pupil", "parent", "anyone"]
    parts: tuple[Text, ...] = Field(min_length=1)
    scale: int | None = Field(default=None, ge=2, le=10)


class Consideration(Entry):
    """What people must think about for a pupil with one of these flags; none: for every pupil.

    flags  names of flags on a pupil's record, such as "young_carer"
    """

    words: Text
    flags: tuple[Key, ...] = ()
    who: Key | None = None


class Expectation(Entry):
    """What people here are asked to do, where no figure or record decides. `who` is a role."""

    words: Text
    who: Key | None = None


class Superseded(Entry):
    """Local text that the law has overtaken: what it says, and what applies instead."""

    local: Text
    now: Text
    because: Text


class Story(Data):
    """Marks of one code from a day to a day; `session` for one half of each day only."""

    first: date
    last: date
    code: Annotated[str, Field(min_length=1, max_length=2)]
    session: Literal["morning", "afternoon"] | None = None


class Happened(Data):
    """Something that happens to a case at a stage, and the keys of the triggers that answer."""

    on: Happening
    at: Key | None = None
    proposes: tuple[Key, ...]


class Due(Data):
    """A clock that starts on a day, and the day it runs out."""

    clock: Key
    since: date
    by: date


class Gated(Data):
    """A gate, the items shown, and those that are missing. Nothing missing opens the gate."""

    gate: Key
    shown: tuple[Key, ...] = ()
    missing: tuple[Key, ...] = ()


class Pays(Data):
    """What a penalty notice of a step costs on a day, by national figures."""

    step: Key
    on: date
    full_pounds: int
    early_pounds: int | None = None


class Example(Entry):
    """A dated story and what must come of it. Unlisted sessions up to `as_of` were attended.

    proposes  keys of this pack's triggers that the register alone sets off on that day
    national  the same for the national pack
    """

    story: Text
    as_of: date
    joined: date | None = None
    marks: tuple[Story, ...] = ()
    proposes: tuple[Key, ...] = ()
    national: tuple[Key, ...] = ()
    happenings: tuple[Happened, ...] = ()
    due: tuple[Due, ...] = ()
    gates: tuple[Gated, ...] = ()
    pays: tuple[Pays, ...] = ()


class About(Data):
    """Who the pack is for and when it holds."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
    title: Text
    place: Literal["national", "authority", "trust", "school"] = Field(alias="for")
    edition: Annotated[str, Field(min_length=1, max_length=20)]
    valid_from: date
    valid_to: date | None = None
    status: Literal["draft", "adopted", "superseded"]
    document: Text


class Pack(Data):
    """One edition of one pack, checked. `wordings` holds each worded letter's text by key."""

    pack: About
    bands: tuple[Band, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    stages: tuple[Stage, ...] = ()
    letters: tuple[PackLetter, ...] = ()
    meetings: tuple[Meeting, ...] = ()
    reviews: tuple[Review, ...] = ()
    contracts: tuple[ContractTerms, ...] = ()
    checklists: tuple[Checklist, ...] = ()
    gates: tuple[Gate, ...] = ()
    forms: tuple[Form, ...] = ()
    roles: tuple[PackRole, ...] = ()
    clocks: tuple[Clock, ...] = ()
    figures: tuple[Figure, ...] = ()
    support: tuple[Support, ...] = ()
    barriers: tuple[Barrier, ...] = ()
    tools: tuple[Tool, ...] = ()
    considerations: tuple[Consideration, ...] = ()
    expectations: tuple[Expectation, ...] = ()
    superseded: tuple[Superseded, ...] = ()
    examples: tuple[Example, ...] = ()
    wordings: dict[str, str] = {}

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.pack.name

    @property
    def edition(self) -> str:
        """Which edition."""
        return self.pack.edition

    def letter(self, key: str) -> PackLetter:
        """The letter with this key. Raises KeyError."""
        return {letter.key: letter for letter in self.letters}[key]

    def clock(self, key: str) -> Clock:
        """The clock with this key. Raises KeyError."""
        return {clock.key: clock for clock in self.clocks}[key]

    def gate(self, key: str) -> Gate:
        """The gate with this key. Raises KeyError."""
        return {gate.key: gate for gate in self.gates}[key]

    def checklist(self, key: str) -> Checklist:
        """The checklist with this key. Raises KeyError."""
        return {checklist.key: checklist for checklist in self.checklists}[key]

    def missing(self, gate: Gate, shown: Iterable[str]) -> list[str]:
        """What keeps a gate shut: keys of items not shown. Nothing: it is open.

        Where any one checklist will do, it is the list that is nearest to complete.
        """
        lists = [self.checklist(key).missing(shown) for key in gate.checklists]
        if gate.needs == "any" and lists:
            return min(lists, key=len)
        return [key for one in lists for key in one]

    def sections(self) -> Iterator[tuple[str, tuple[Entry, ...]]]:
        """Each section that holds entries, by name, in the order of the schema."""
        for name in type(self).model_fields:
            if name not in ("pack", "wordings"):
                yield name, getattr(self, name)

    @property
    def digest(self) -> str:
        """SHA-256 of all that the pack says: frozen into decisions made under it."""
        return sha256(self.model_dump_json().encode()).hexdigest()
