"""docs/policies.md: every clause of every pack, its key, and what tries it."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from authorities.packs.reading import available
from authorities.packs.schema import HAPPENING_WORDS, Entry, Example, Pack

SCHEMA_TESTS = "`test_packs.py`"
SECTION_TESTS: Mapping[str, str] = {
    "bands": "`test_pack_clauses.py`",
    "clocks": "`test_pack_clauses.py`",
    "meetings": "`test_pack_clauses.py`",
    "letters": "`test_pack_clauses.py`",
    "checklists": "`test_pack_clauses.py`",
    "figures": "`test_pack_limits.py`",
    "roles": "`test_pack_limits.py`",
    "contracts": "`test_pack_limits.py`",
    "superseded": "`test_pack_clauses.py`",
    "examples": "`test_pack_examples.py`",
}
HEAD = """# Policies

Each pack of `policies/`, clause by clause: the key of the entry, what it says, the section of the
document that it comes from, and what tries it. Worked examples run before a pack is adopted and
in `test_pack_examples.py`; every entry is read and its references followed in `test_packs.py`.
A letter marked *no wording yet* is known by name and not offered.
"""


def as_markdown() -> str:
    """The page. National pack first, then by name."""
    packs = sorted(available(), key=lambda pack: (pack.pack.place != "national", pack.name))
    lines = [HEAD]
    for pack in packs:
        lines += _pack(pack)
    return "\n".join(lines).rstrip() + "\n"


def _pack(pack: Pack) -> Iterator[str]:
    about = pack.pack
    yield f"## {about.title}"
    yield ""
    yield f"`{about.name}`, for: {about.place}, edition {about.edition}. From: {about.document}."
    yield ""
    yield "| Key | What it says | Clause | Tried by |"
    yield "| --- | --- | --- | --- |"
    for section, entries in pack.sections():
        for entry in entries:
            cells = (
                f"`{section}.{entry.key}`",
                SAYS[section](entry) + (f" *{entry.note}*" if entry.note else ""),
                entry.source,
                ", ".join(tried_by(pack, section, entry.key))
                or SECTION_TESTS.get(section, SCHEMA_TESTS),
            )
            yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
    yield ""


def tried_by(pack: Pack, section: str, key: str) -> list[str]:
    """The worked examples of a pack that use an entry, straight or through a trigger."""
    return [example.key for example in pack.examples if key in _used(pack, example)[section]]


def _used(pack: Pack, example: Example) -> dict[str, set[str]]:
    """Keys that an example uses, by section."""
    used: dict[str, set[str]] = {section: set() for section, _ in pack.sections()}
    used["triggers"] = {*example.proposes, *(k for one in example.happenings for k in one.proposes)}
    used["clocks"] = {due.clock for due in example.due}
    used["gates"] = {gated.gate for gated in example.gates}
    used["examples"] = {example.key}
    for trigger in pack.triggers:
        if trigger.key in used["triggers"]:
            used["letters"] |= {trigger.letter or ""}
            used["meetings"] |= {trigger.meeting or ""}
            used["stages"] |= {trigger.stage or ""}
    used["meetings"] |= {
        letter.meeting or "" for letter in pack.letters if letter.key in used["letters"]
    }
    for gate in pack.gates:
        if gate.key in used["gates"]:
            used["checklists"] |= set(gate.checklists)
    return used


def _band(entry: Any) -> str:
    return f"{entry.label}: `{entry.operator}` {entry.percent.normalize():f}"


def _trigger(entry: Any) -> str:
    what = entry.letter or entry.meeting or entry.stage
    by_itself = ", by itself" if entry.by_itself else ""
    return f"{entry.words}: {entry.proposes}{f' `{what}`' if what else ''}{by_itself}"


def _stage(entry: Any) -> str:
    return f"{entry.label}. In: {entry.enters} Out: {entry.leaves}"


def _letter(entry: Any) -> str:
    return entry.title + ("" if entry.wording else " (no wording yet)")


def _meeting(entry: Any) -> str:
    anyway = "; goes ahead without the parent" if entry.goes_ahead else ""
    agenda = f"; agenda: {'; '.join(entry.agenda)}" if entry.agenda else ""
    means = "".join(
        f"; “{one.words}” means: {HAPPENING_WORDS[one.means].lower()}"
        for one in entry.outcomes
        if one.means
    )
    return f"{entry.label}, led by `{entry.led_by}`{anyway}{agenda}{means}"


def _review(entry: Any) -> str:
    return f"{entry.label}: after `{entry.after}`{', with a look midway' if entry.midway else ''}"


def _contract(entry: Any) -> str:
    if entry.lowest is None:
        return f"{entry.label}, each with its own length"
    return f"{entry.label}: {entry.lowest} to {entry.highest or 'more'} {entry.unit}"


def _checklist(entry: Any) -> str:
    return f"{entry.label}: " + "; ".join(f"{item.words} (`{item.key}`)" for item in entry.items)


def _gate(entry: Any) -> str:
    names = ", ".join(f"`{key}`" for key in (*entry.checklists, *entry.tests))
    how = "any one of" if entry.needs == "any" and len(entry.checklists) > 1 else "all of"
    return f"Before: {entry.step.replace('_', ' ')}: {how} {names}"


def _form(entry: Any) -> str:
    asks = "; ".join(item.words for item in entry.asks)
    return f"{entry.title}, decided by `{entry.decided_by}`: {asks}"


def _role(entry: Any) -> str:
    steps = ", ".join(step.replace("_", " ") for step in entry.decides)
    carried = f", as: {entry.membership.label.lower()}" if entry.membership else ""
    return f"{entry.label}{carried}{f'. Decides: {steps}' if steps else ''}"


def _figure(entry: Any) -> str:
    return f"{entry.table}.{entry.column} is {entry.value}, as in the law"


def _support(entry: Any) -> str:
    return f"Stage {entry.stage}: {entry.label}, by `{entry.who}`"


def _barrier(entry: Any) -> str:
    hidden = ", for those who may see sensitive details" if entry.sensitive else ""
    return f"{entry.label} ({entry.place}{hidden}): {entry.ask}"


def _tool(entry: Any) -> str:
    scale = f", on a scale from 0 to {entry.scale}" if entry.scale else ""
    return f"{entry.label}, {entry.voice}{scale}: {'; '.join(entry.parts)}"


def _consideration(entry: Any) -> str:
    flags = ", ".join(flag.replace("_", " ") for flag in entry.flags) or "every pupil"
    return f"For {flags}: {entry.words}"


def _superseded(entry: Any) -> str:
    return f"Local: {entry.local}. Now: {entry.now}. Because: {entry.because}"


def _words(entry: Any) -> str:
    return str(entry.words)


def _story(entry: Any) -> str:
    return str(entry.story)


SAYS: Mapping[str, Callable[[Entry], str]] = {
    "bands": _band,
    "triggers": _trigger,
    "stages": _stage,
    "letters": _letter,
    "meetings": _meeting,
    "reviews": _review,
    "contracts": _contract,
    "checklists": _checklist,
    "gates": _gate,
    "forms": _form,
    "roles": _role,
    "clocks": _words,
    "figures": _figure,
    "support": _support,
    "barriers": _barrier,
    "tools": _tool,
    "considerations": _consideration,
    "expectations": _words,
    "superseded": _superseded,
    "examples": _story,
}
