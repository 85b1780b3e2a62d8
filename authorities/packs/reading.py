"""Packs read from `policies/`, checked: every error names the file, the key and what is expected.

A pack is one folder. `pack.toml` says who it is for; its other sections may stand there or in any
other `.toml` file of the folder, each section in one file.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from pydantic import ValidationError

from authorities.packs.schema import (
    OF_ENTRIES,
    OF_RECORDS,
    Checklist,
    Entry,
    Example,
    Form,
    Item,
    Pack,
    PackError,
    Trigger,
)

NATIONAL = "national"
MAIN = "pack.toml"
PROPOSED = ("letter", "meeting", "stage")


class Reference(NamedTuple):
    """A field of a section's entries that names keys of another section of the same pack."""

    section: str
    field: str
    target: str
    called: str


REFERENCES = (
    Reference("triggers", "letter", "letters", "letter"),
    Reference("triggers", "meeting", "meetings", "meeting"),
    Reference("triggers", "stage", "stages", "stage"),
    Reference("triggers", "at", "stages", "stage"),
    Reference("letters", "review", "clocks", "clock"),
    Reference("letters", "meeting", "meetings", "meeting"),
    Reference("stages", "who", "roles", "role"),
    Reference("meetings", "led_by", "roles", "role"),
    Reference("meetings", "invites", "roles", "role"),
    Reference("meetings", "minutes_to", "roles", "role"),
    Reference("meetings", "notice", "clocks", "clock"),
    Reference("meetings", "rhythm", "clocks", "clock"),
    Reference("meetings", "checklist", "checklists", "checklist"),
    Reference("reviews", "after", "clocks", "clock"),
    Reference("contracts", "signed_by", "roles", "role"),
    Reference("gates", "checklists", "checklists", "checklist"),
    Reference("gates", "agreed_by", "roles", "role"),
    Reference("forms", "decided_by", "roles", "role"),
    Reference("support", "who", "roles", "role"),
    Reference("considerations", "who", "roles", "role"),
    Reference("expectations", "who", "roles", "role"),
)


def policies_folder() -> Path:
    """Where the packs are."""
    return Path(settings.BASE_DIR) / "policies"


def available() -> list[Pack]:
    """The current edition of every pack in the folder, by name."""
    names = sorted(path.parent.name for path in policies_folder().glob(f"*/{MAIN}"))
    return [load(name) for name in names]


def load(name: str, edition: str | None = None) -> Pack:
    """A pack by name: its current edition, or the one asked for. Raises PackError."""
    return load_from(policies_folder(), name, edition)


@lru_cache(maxsize=64)
def load_from(folder: Path, name: str, edition: str | None) -> Pack:
    """A pack by name in a folder of packs. Raises PackError."""
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
    data, files = _sections(folder)
    try:
        pack = Pack.model_validate(data)
    except ValidationError as problem:
        raise PackError(" ".join(_sentences(folder.name, files, problem))) from None
    wrong = [
        f"{_label(folder.name, files, sentence)}: {sentence}"
        for sentence in _loose_ends(pack, folder)
    ]
    if wrong:
        raise PackError(" ".join(wrong))
    texts = {
        letter.key: (folder / letter.wording).read_text(encoding="utf-8")
        for letter in pack.letters
        if letter.wording is not None
    }
    return pack.model_copy(update={"wordings": texts})


def _sections(folder: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """Every section of the folder's files, and the file that each one stands in."""
    if not (folder / MAIN).is_file():
        raise PackError(f"{folder.name}/{MAIN}: there is no such file. Each pack needs one.")
    data: dict[str, Any] = {}
    files: dict[str, str] = {}
    for path in sorted(folder.glob("*.toml"), key=lambda path: (path.name != MAIN, path.name)):
        label = f"{folder.name}/{path.name}"
        try:
            found = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
            raise PackError(f"{label}: this is not TOML: {problem}.") from None
        for section in found:
            if section in files:
                raise PackError(
                    f"{label}: {section} stands in {files[section]} too. "
                    "Expected: each section in one file."
                )
            files[section] = path.name
        data |= found
    return data, files


def _label(name: str, files: Mapping[str, str], key: str) -> str:
    """The file that a key such as `triggers[2].letter` stands in."""
    section = key.split(" ")[0].split("[")[0].split(".")[0]
    return f"{name}/{files.get(section, MAIN)}"


def _sentences(name: str, files: Mapping[str, str], problem: ValidationError) -> Iterator[str]:
    """Each schema error as a sentence: file, key, what is expected."""
    for error in problem.errors():
        key = "".join(
            f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in error["loc"]
        ).lstrip(".")
        label = _label(name, files, key)
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
    for section, entries in pack.sections():
        yield from _twice(section, entries)
    for number, trigger in enumerate(pack.triggers, start=1):
        yield from _trigger(f"triggers[{number}]", trigger)
    for number, letter in enumerate(pack.letters, start=1):
        if letter.wording is not None and not (folder / letter.wording).is_file():
            yield f"letters[{number}].wording: there is no file {letter.wording}. Add it."
    for number, terms in enumerate(pack.contracts, start=1):
        if terms.lowest and terms.highest and terms.lowest > terms.highest:
            yield f"contracts[{number}].highest is less than lowest. Expected: the same or more."
    national = pack if pack.name == NATIONAL else load(NATIONAL)
    yield from _missing_references(pack)
    yield from _missing_halves(pack)
    yield from _missing_tests(pack, national)
    yield from _missing_of(pack, national)
    yield from _missing_in_examples(pack, national)


def _twice(section: str, entries: Iterable[Entry]) -> Iterator[str]:
    """Keys that a section, a checklist or a form has more than once."""
    listed = list(entries)
    keys = [entry.key for entry in listed]
    for key in sorted({key for key in keys if keys.count(key) > 1}):
        yield f"{section} has the key {key} twice. Expected: each key once."
    for number, entry in enumerate(listed, start=1):
        inside = [item.key for item in _items(entry)]
        for key in sorted({key for key in inside if inside.count(key) > 1}):
            yield f"{section}[{number}] has the item {key} twice. Expected: each key once."


def _items(entry: Entry) -> tuple[Item, ...]:
    """What a checklist or a form asks for."""
    if isinstance(entry, Checklist):
        return entry.items
    return entry.asks if isinstance(entry, Form) else ()


def _trigger(where: str, trigger: Trigger) -> Iterator[str]:
    """A trigger has one cause, whole, and the one reference that `proposes` asks for."""
    line = {name: getattr(trigger, name) for name in ("fact", "operator", "number")}
    if trigger.on is None:
        for name in [name for name, value in line.items() if value is None]:
            yield f"{where}.{name} is missing. Add it, or say with `on` what must happen."
        if trigger.at is not None:
            yield f"{where}.at goes with `on` only. Expected: both or neither."
    elif any(value is not None for value in line.values()) or trigger.also:
        yield f"{where}.on stands beside a line. Expected: one of them."
    for name in PROPOSED:
        if (trigger.proposes == name) != (getattr(trigger, name) is not None):
            yield f"{where}.{name} goes with proposes = '{name}' only. Expected: both or neither."
    yield from _proposed(where, trigger)


def _proposed(where: str, trigger: Trigger) -> Iterator[str]:
    """What only some triggers may propose."""
    if trigger.by_itself and trigger.proposes != "letter":
        yield f"{where}.by_itself is for letters only. Expected: proposes = 'letter'."
    if trigger.proposes == "close" and trigger.on is None:
        yield f"{where}.proposes is 'close', of a case on which something happened. Expected: `on`."


def _missing_references(pack: Pack) -> Iterator[str]:
    """Every key that names no entry of the section it points to."""
    sections = dict(pack.sections())
    for ref in REFERENCES:
        known = {entry.key for entry in sections[ref.target]}
        for number, entry in enumerate(sections[ref.section], start=1):
            where = f"{ref.section}[{number}].{ref.field}"
            yield from _unknown(where, _keys(getattr(entry, ref.field)), ref.called, known)


def _unknown(
    where: str, keys: Iterable[str], called: str, known: Iterable[str], whose: str = "this pack"
) -> Iterator[str]:
    """A sentence for each key that is not among those known."""
    expected = ", ".join(sorted(known)) or "none yet"
    for key in keys:
        if key not in known:
            yield (
                f"{where} is '{key}', which is no {called} of {whose}. Expected: one of {expected}."
            )


def _missing_halves(pack: Pack) -> Iterator[str]:
    """Reviews with a look midway that no clock sets."""
    clocks = {clock.key for clock in pack.clocks}
    for number, review in enumerate(pack.reviews, start=1):
        half = f"{review.after}_midway"
        if review.midway and half not in clocks:
            yield f"reviews[{number}].midway is true. Expected: a clock {half} that says when."


def _missing_tests(pack: Pack, national: Pack) -> Iterator[str]:
    """Tests of a gate that the product does not make: the national pack names them all."""
    known = {test for gate in national.gates for test in gate.tests}
    for number, gate in enumerate(pack.gates, start=1):
        yield from _unknown(
            f"gates[{number}].tests", gate.tests, "test", known, "the national pack"
        )


def _missing_of(pack: Pack, national: Pack) -> Iterator[str]:
    """`of` keys of checklists and forms that no record could ever have."""
    entries = dict(pack.sections())
    shared = dict(national.sections())
    for section in ("checklists", "forms"):
        part = "items" if section == "checklists" else "asks"
        for number, entry in enumerate(entries[section], start=1):
            for at, item in enumerate(_items(entry), start=1):
                where = f"{section}[{number}].{part}[{at}].of"
                target = OF_ENTRIES.get(item.evidence)
                if target is not None:
                    known = {one.key for one in (*entries[target], *shared[target])}
                    whose = "this pack or the national one"
                    yield from _unknown(where, item.of, target.removesuffix("s"), known, whose)
                elif item.of and item.evidence not in OF_RECORDS:
                    yield f"{where}: records of '{item.evidence}' have no keys. Expected: no `of`."
                else:
                    known = set(OF_RECORDS.get(item.evidence, ()))
                    yield from _unknown(where, item.of, "record", known, f"'{item.evidence}'")


def _missing_in_examples(pack: Pack, national: Pack) -> Iterator[str]:
    """What worked examples name that is not there."""
    triggers = {trigger.key for trigger in pack.triggers}
    nationals = {trigger.key for trigger in national.triggers}
    for number, example in enumerate(pack.examples, start=1):
        where = f"examples[{number}]"
        yield from _unknown(f"{where}.proposes", example.proposes, "trigger", triggers)
        whose = "the national pack"
        yield from _unknown(f"{where}.national", example.national, "trigger", nationals, whose)
        yield from _missing_parts(where, example, pack, triggers)


def _missing_parts(
    where: str, example: Example, pack: Pack, triggers: Iterable[str]
) -> Iterator[str]:
    """The same of an example's happenings, clocks and gates."""
    stages = {stage.key for stage in pack.stages}
    clocks = {clock.key for clock in pack.clocks}
    gates = {gate.key: gate for gate in pack.gates}
    for at, one in enumerate(example.happenings, start=1):
        here = f"{where}.happenings[{at}]"
        yield from _unknown(f"{here}.at", _keys(one.at), "stage", stages)
        yield from _unknown(f"{here}.proposes", one.proposes, "trigger", triggers)
    for at, due in enumerate(example.due, start=1):
        yield from _unknown(f"{where}.due[{at}].clock", (due.clock,), "clock", clocks)
    for at, gated in enumerate(example.gates, start=1):
        here = f"{where}.gates[{at}]"
        yield from _unknown(f"{here}.gate", (gated.gate,), "gate", gates)
        if gated.gate in gates:
            known = _asked_by(pack, gates[gated.gate].checklists)
            whose = f"gate {gated.gate}"
            yield from _unknown(f"{here}.shown", gated.shown, "item", known, whose)
            yield from _unknown(f"{here}.missing", gated.missing, "item", known, whose)


def _asked_by(pack: Pack, checklists: Iterable[str]) -> set[str]:
    """Keys of the items of some checklists."""
    wanted = set(checklists)
    return {item.key for one in pack.checklists if one.key in wanted for item in one.items}


def _keys(value: str | tuple[str, ...] | None) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else value
