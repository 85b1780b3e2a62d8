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

from authorities.packs.schema import Checklist, Entry, Form, Pack, PackError, Trigger

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
    yield from _missing_references(pack)


def _twice(section: str, entries: Iterable[Entry]) -> Iterator[str]:
    """Keys that a section, a checklist or a form has more than once."""
    listed = list(entries)
    keys = [entry.key for entry in listed]
    for key in sorted({key for key in keys if keys.count(key) > 1}):
        yield f"{section} has the key {key} twice. Expected: each key once."
    for number, entry in enumerate(listed, start=1):
        items = entry.items if isinstance(entry, Checklist) else ()
        items = entry.asks if isinstance(entry, Form) else items
        inside = [item.key for item in items]
        for key in sorted({key for key in inside if inside.count(key) > 1}):
            yield f"{section}[{number}] has the item {key} twice. Expected: each key once."


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
    if trigger.by_itself and trigger.proposes != "letter":
        yield f"{where}.by_itself is for letters only. Expected: proposes = 'letter'."


def _missing_references(pack: Pack) -> Iterator[str]:
    """Every key that names no entry of the section it points to."""
    sections = dict(pack.sections())
    for ref in REFERENCES:
        known = {entry.key for entry in sections[ref.target]}
        for number, entry in enumerate(sections[ref.section], start=1):
            for key in _keys(getattr(entry, ref.field)):
                if key not in known:
                    yield (
                        f"{ref.section}[{number}].{ref.field} is '{key}', which is no "
                        f"{ref.called} of this pack. "
                        f"Expected: one of {', '.join(sorted(known)) or 'none yet'}."
                    )


def _keys(value: str | tuple[str, ...] | None) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else value
