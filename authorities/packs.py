"""Policy packs: how an authority, a trust and a school work, read from `policies/` and layered.

A pack is data (docs/adr/0005). What applies at a school on a day is the national pack, then the
authority's, the trust's and the school's: each adds, none relaxes. Every entry keeps the section
of the document it comes from, and the layered answer says which pack each entry came from.
"""

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from django.conf import settings
from django.db import transaction
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from audit.record import Kind, record
from authorities.access import Reach
from authorities.models import Authority, PackAdoption, School, Trust
from authorities.permissions import Permission
from rules.dates import in_words
from rules.errors import InvalidInput, NoValue, RuleNotMet

NATIONAL = "national"
PLACES = (NATIONAL, "authority", "trust", "school")
Key = Annotated[str, Field(pattern=r"^[a-z0-9_]+$", max_length=40)]
Text = Annotated[str, Field(min_length=1, max_length=300)]
Operator = Literal["lt", "lte", "gt", "gte"]
COMPARE: Mapping[str, Callable[[Decimal, Decimal], bool]] = {
    "lt": Decimal.__lt__,
    "lte": Decimal.__le__,
    "gt": Decimal.__gt__,
    "gte": Decimal.__ge__,
}
LINE_WORDS = {
    ("attendance_percent", "lt"): "Attendance is below {number}%",
    ("attendance_percent", "lte"): "Attendance is {number}% or less",
    ("attendance_percent", "gt"): "Attendance is above {number}%",
    ("attendance_percent", "gte"): "Attendance is {number}% or more",
    ("absent_sessions", "lt"): "Fewer than {number} half days missed",
    ("absent_sessions", "lte"): "{number} half days missed, or fewer",
    ("absent_sessions", "gt"): "More than {number} half days missed",
    ("absent_sessions", "gte"): "{number} half days missed, or more",
    ("unauthorised_in_ten_weeks", "lt"): "Fewer than {number} unauthorised sessions in ten weeks",
    ("unauthorised_in_ten_weeks", "lte"): "{number} unauthorised sessions in ten weeks, or fewer",
    ("unauthorised_in_ten_weeks", "gt"): "More than {number} unauthorised sessions in ten weeks",
    ("unauthorised_in_ten_weeks", "gte"): "{number} unauthorised sessions in ten weeks, or more",
}


class PackError(InvalidInput):
    """A pack that cannot be used. The sentence names the file, the key and what is expected."""

    code = "wrong_pack"


class Entry(BaseModel):
    """What every entry has: a key, and the section of the document it comes from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: Key
    source: Text
    note: str = ""


class Band(Entry):
    """A named range of attendance, with a literal operator: `lt` 95 is not `lte` 95."""

    label: Text
    operator: Operator
    percent: Decimal = Field(ge=0, le=100)


class Trigger(Entry):
    """A line that, when crossed, proposes something to a person. It never does it."""

    fact: Literal["attendance_percent", "absent_sessions", "unauthorised_in_ten_weeks"]
    operator: Operator
    number: Decimal = Field(ge=0)
    proposes: Literal["case", "letter"]
    letter: Key | None = None

    def met_by(self, facts: Mapping[str, Decimal | int | None]) -> bool:
        """Whether the facts cross the line. A fact that is not known crosses nothing."""
        value = facts.get(self.fact)
        return value is not None and COMPARE[self.operator](Decimal(value), self.number)

    @property
    def words(self) -> str:
        """The line as a person reads it, such as "Attendance is below 95%"."""
        return LINE_WORDS[self.fact, self.operator].format(number=f"{self.number.normalize():f}")


class PackLetter(Entry):
    """A letter with local wording. `kind` is one of letters.catalogue; `review` names a clock."""

    kind: Key
    title: Text
    wording: Annotated[str, Field(pattern=r"^letters/[a-z0-9-]+\.md$")]
    review: Key | None = None


class Clock(Entry):
    """A length of time that the policy sets."""

    length: int = Field(gt=0)
    unit: Literal["school days", "working days", "days", "school weeks", "weeks", "months"]

    @property
    def words(self) -> str:
        """The length as a person reads it: "15 school days", "1 month"."""
        return f"{self.length} {self.unit if self.length > 1 else self.unit.removesuffix('s')}"


class Superseded(Entry):
    """Local text that the law has overtaken: what it says, and what applies instead."""

    local: Text
    now: Text
    because: Text


class About(BaseModel):
    """Who the pack is for and when it holds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
    title: Text
    place: Literal["national", "authority", "trust", "school"] = Field(alias="for")
    edition: Annotated[str, Field(min_length=1, max_length=20)]
    valid_from: date
    valid_to: date | None = None
    status: Literal["draft", "adopted", "superseded"]
    document: Text


class Pack(BaseModel):
    """One edition of one pack, checked. `wordings` holds each letter's text by letter key."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    pack: About
    bands: tuple[Band, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    letters: tuple[PackLetter, ...] = ()
    clocks: tuple[Clock, ...] = ()
    superseded: tuple[Superseded, ...] = ()
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

    @property
    def digest(self) -> str:
        """SHA-256 of all that the pack says: frozen into decisions made under it."""
        return sha256(self.model_dump_json().encode()).hexdigest()


# What other packages ask of a pack: letters checks the wording against its catalogue. Each check
# gives sentences that name the file and the line; none means the pack is good.
Check = Callable[[Pack], Iterator[str]]
CHECKS: list[Check] = []


def policies_folder() -> Path:
    """Where the packs are."""
    return Path(settings.BASE_DIR) / "policies"


def available() -> list[Pack]:
    """The current edition of every pack in the folder, by name."""
    names = sorted(path.parent.name for path in policies_folder().glob("*/pack.toml"))
    return [load(name) for name in names]


def load(name: str, edition: str | None = None) -> Pack:
    """A pack by name: its current edition, or the one asked for. Raises PackError."""
    return _load(policies_folder(), name, edition)


@lru_cache(maxsize=64)
def _load(folder: Path, name: str, edition: str | None) -> Pack:
    home = folder / name
    current = read(home)
    if edition in (None, current.edition):
        return current
    earlier = home / "editions" / str(edition)
    if not earlier.is_dir():
        raise PackError(f"policies/{name}: there is no edition {edition}. Use {current.edition}.")
    return read(earlier)


def read(folder: Path) -> Pack:
    """The pack in a folder, checked. Raises PackError naming file, key and what is expected."""
    path = folder / "pack.toml"
    label = f"{folder.name}/pack.toml"
    if not path.is_file():
        raise PackError(f"{label}: there is no such file. Each pack needs one.")
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise PackError(f"{label}: this is not TOML: {problem}.") from None
    try:
        pack = Pack.model_validate(data)
    except ValidationError as problem:
        raise PackError(" ".join(_sentences(label, problem))) from None
    wrong = [f"{label}: {sentence}" for sentence in _loose_ends(pack, folder)]
    if wrong:
        raise PackError(" ".join(wrong))
    texts = {
        letter.key: (folder / letter.wording).read_text(encoding="utf-8") for letter in pack.letters
    }
    return pack.model_copy(update={"wordings": texts})


def _sentences(label: str, problem: ValidationError) -> Iterator[str]:
    """Each schema error as a sentence: file, key, what is expected."""
    for error in problem.errors():
        key = "".join(
            f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in error["loc"]
        ).lstrip(".")
        if error["type"] == "extra_forbidden":
            yield f"{label}: {key} is not a key that packs have. Remove it or check the spelling."
        elif error["type"] == "missing":
            yield f"{label}: {key} is missing. Add it."
        else:
            yield f"{label}: {key} is {error['input']!r}. Expected: {error['msg']}."


def _loose_ends(pack: Pack, folder: Path) -> Iterator[str]:
    """What a schema cannot see: references to nothing, keys used twice, dates the wrong way."""
    about = pack.pack
    if about.valid_to is not None and about.valid_to < about.valid_from:
        yield "pack.valid_to is before pack.valid_from. Expected: a later day."
    sections: dict[str, tuple[Entry, ...]] = {
        "bands": pack.bands,
        "triggers": pack.triggers,
        "letters": pack.letters,
        "clocks": pack.clocks,
        "superseded": pack.superseded,
    }
    for section, entries in sections.items():
        keys = [entry.key for entry in entries]
        for key in sorted({key for key in keys if keys.count(key) > 1}):
            yield f"{section} has the key {key} twice. Expected: each key once."
    yield from _missing_references(pack, folder)


def _missing_references(pack: Pack, folder: Path) -> Iterator[str]:
    letters = {letter.key for letter in pack.letters}
    clocks = {clock.key for clock in pack.clocks}
    for number, trigger in enumerate(pack.triggers, start=1):
        if (trigger.proposes == "letter") != (trigger.letter is not None):
            yield (
                f"triggers[{number}].letter goes with proposes = 'letter' only. "
                "Expected: both or neither."
            )
        elif trigger.letter is not None and trigger.letter not in letters:
            yield (
                f"triggers[{number}].letter is '{trigger.letter}', which is no letter of this "
                f"pack. Expected: one of {', '.join(sorted(letters)) or 'none yet'}."
            )
    for number, letter in enumerate(pack.letters, start=1):
        if not (folder / letter.wording).is_file():
            yield f"letters[{number}].wording: there is no file {letter.wording}. Add it."
        if letter.review is not None and letter.review not in clocks:
            yield (
                f"letters[{number}].review is '{letter.review}', which is no clock of this pack. "
                f"Expected: one of {', '.join(sorted(clocks)) or 'none yet'}."
            )


def relaxations(pack: Pack, national: Pack) -> Iterator[str]:
    """Each place where a pack would let through what the national pack does not.

    A pack may have its own triggers beside the national ones. Under a national key it may only
    be as strict or stricter: the same fact, the same direction, reached at least as soon.
    """
    floors = {trigger.key: trigger for trigger in national.triggers}
    for number, trigger in enumerate(pack.triggers, start=1):
        floor = floors.get(trigger.key)
        if floor is not None and not _at_least_as_strict(trigger, floor):
            yield (
                f"{pack.name}/pack.toml: triggers[{number}] ({trigger.key}) relaxes the national "
                f"rule. Expected: {floor.words}, or sooner. Source: {floor.source}."
            )


def _at_least_as_strict(local: Trigger, floor: Trigger) -> bool:
    if (local.fact, local.proposes) != (floor.fact, floor.proposes):
        return False
    if local.operator[:2] != floor.operator[:2]:
        return False
    if local.number == floor.number:
        return local.operator == floor.operator or local.operator.endswith("e")
    downwards = floor.operator.startswith("l")
    return local.number > floor.number if downwards else local.number < floor.number


class Layer(NamedTuple):
    """One pack and the place it was adopted for."""

    place: str
    pack: Pack
    since: date


class Proposal(NamedTuple):
    """Something a trigger proposes, with the pack and the words that say why."""

    layer: Layer
    trigger: Trigger

    @property
    def why(self) -> str:
        """The line that was crossed, and where the policy says so."""
        about = self.layer.pack.pack
        return f"{self.trigger.words} ({about.title}: {self.trigger.source})"


@dataclass(frozen=True, slots=True)
class PolicyInForce:
    """What applies at one school on one day, from the national layer to the most local."""

    day: date
    layers: tuple[Layer, ...]

    def letters(self) -> list[tuple[Layer, PackLetter]]:
        """Every letter that the school may use, most local first."""
        return [(layer, letter) for layer in reversed(self.layers) for letter in layer.pack.letters]

    def letter(self, pack: str, key: str) -> tuple[Layer, PackLetter]:
        """One letter by pack and key. Raises InvalidInput for one that is not in force."""
        for layer, letter in self.letters():
            if (layer.pack.name, letter.key) == (pack, key):
                return layer, letter
        raise InvalidInput("Choose one of the letters that this school uses.")

    def proposals(self, facts: Mapping[str, Decimal | int | None]) -> list[Proposal]:
        """What the facts propose, most local first. A person decides."""
        return [
            Proposal(layer, trigger)
            for layer in reversed(self.layers)
            for trigger in layer.pack.triggers
            if trigger.met_by(facts)
        ]

    def clock(self, key: str) -> tuple[Layer, Clock]:
        """The most local clock with this key, and the layer that sets it. Raises NoValue."""
        for layer in reversed(self.layers):
            for clock in layer.pack.clocks:
                if clock.key == key:
                    return layer, clock
        raise NoValue(f"No policy in force sets “{key}”. Add it to the national pack.")

    def sources(self) -> list[str]:
        """Each layer in words, national first."""
        return [
            f"{layer.pack.pack.title}, edition {layer.pack.edition} ({layer.place}, from "
            f"{in_words(layer.since)})"
            for layer in self.layers
        ]

    def frozen(self) -> dict[str, Any]:
        """What a decision keeps: which packs, which editions, and the digest of their content."""
        return {
            "day": self.day.isoformat(),
            "layers": [
                {
                    "place": layer.place,
                    "pack": layer.pack.name,
                    "title": layer.pack.pack.title,
                    "edition": layer.pack.edition,
                    "since": layer.since.isoformat(),
                    "digest": layer.pack.digest,
                }
                for layer in self.layers
            ],
        }


def pack_in_force(school: School, day: date) -> PolicyInForce:
    """What applies at `school` on `day`, layer by layer. One query.

    Raises NoValue when the day is before the national pack starts: we never guess.
    """
    return packs_in_force([school], day)[school.pk]


def packs_in_force(schools: Iterable[School], day: date) -> dict[int, PolicyInForce]:
    """What applies at each of some schools of one authority, by school. One query.

    Raises NoValue as `pack_in_force`.
    """
    national = load(NATIONAL)
    if day < national.pack.valid_from:
        raise NoValue(f"There is no national policy pack for {in_words(day)}.")
    wanted = list(schools)
    adopted = list(
        PackAdoption.objects.filter(
            authority__in={school.authority_id for school in wanted}, starts_on__lte=day
        ).order_by("starts_on", "pk")
    )
    first = Layer(NATIONAL, national, national.pack.valid_from)
    return {school.pk: PolicyInForce(day, (first, *_layers(school, adopted))) for school in wanted}


def _layers(school: School, adopted: Iterable[PackAdoption]) -> Iterator[Layer]:
    """The latest adoption that has started for each place above the school, in layer order."""
    latest = {_place(row): row for row in adopted if _reaches(row, school)}
    for place in PLACES:
        if place in latest:
            row = latest[place]
            yield Layer(place, load(row.pack, row.edition), row.starts_on)


def _reaches(row: PackAdoption, school: School) -> bool:
    """Whether an adoption is for a place that the school is in."""
    if row.authority_id != school.authority_id:
        return False
    if row.school_id is not None:
        return row.school_id == school.pk
    return row.trust_id is None or row.trust_id == school.trust_id


def _place(row: PackAdoption) -> str:
    if row.school_id is not None:
        return "school"
    return "trust" if row.trust_id is not None else "authority"


@transaction.atomic
def adopt(
    *,
    authority: Authority,
    pack: str,
    starts_on: date,
    reach: Reach | None,
    trust: Trust | None = None,
    school: School | None = None,
    minute: str = "",
) -> PackAdoption:
    """Work by a pack from a day on: for the authority, a trust's schools in it, or one school.

    reach   who decides; None for set-up by an operator
    minute  the decision that adopted it

    Raises Forbidden, PackError, and RuleNotMet naming the clause when the pack relaxes a
    national rule or its wording would not pass.
    """
    if reach is not None:
        reach.require(Permission.ADOPT_PACK, school)
    found = load(pack)
    refuse_unfit(found, "school" if school else "trust" if trust else "authority")
    row = PackAdoption.objects.create(
        authority=authority,
        trust=trust,
        school=school,
        pack=found.name,
        edition=found.edition,
        starts_on=starts_on,
        adopted_by=reach.user if reach else None,
        minute=minute,
    )
    record(
        Kind.PACK_ADOPTED,
        by=reach.user if reach else None,
        authority=authority,
        school=school,
        on=row,
        pack=found.name,
        edition=found.edition,
    )
    return row


def refuse_unfit(pack: Pack, place: str) -> None:
    """Raise RuleNotMet with every reason why the pack cannot be adopted at such a place."""
    about = pack.pack
    if about.status == "draft":
        raise RuleNotMet(f"{about.title} is a draft. Publish it before you adopt it.")
    if about.place != place:
        raise RuleNotMet(f"{about.title} is for: {about.place}. It cannot be adopted for: {place}.")
    wrong = [*relaxations(pack, load(NATIONAL))]
    for check in CHECKS:
        wrong += check(pack)
    if wrong:
        raise RuleNotMet(" ".join(wrong))
