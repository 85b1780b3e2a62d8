"""Where a pack goes under the law: every clause that relaxes a national rule or changes an amount.

A pack may have its own triggers, gates and clocks beside the national ones. Under a national key
it may only be as strict or stricter, and a figure that it repeats must be the one in force.
"""

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from authorities.packs.schema import Band, Clock, Entry, Figure, Gate, Line, Pack, Trigger
from rules.errors import NoValue
from rules.values import value_on


class Limit(NamedTuple):
    """A national figure that a clock of a pack may not pass.

    table, column, unit  of rules/values.toml; side  which way the law leaves open
    """

    table: str
    column: str
    unit: str
    side: Literal["at most", "at least"]


CLOCK_LIMITS: Mapping[str, tuple[Limit, ...]] = {
    "register_open": (Limit("register_open", "minutes", "minutes", "at most"),),
    "unresolved_reason": (Limit("unresolved_reason", "school_days", "school days", "at most"),),
    "attendance_return": (Limit("attendance_return", "school_days", "school days", "at most"),),
    "sickness_return": (Limit("sickness_return", "school_days", "school days", "at most"),),
    "register_kept": (Limit("register_kept", "years", "years", "at least"),),
    "improvement_shortest": (
        Limit("improvement_period", "lowest_weeks", "school weeks", "at least"),
        Limit("improvement_period", "highest_weeks", "school weeks", "at most"),
    ),
    "improvement_longest": (
        Limit("improvement_period", "lowest_weeks", "school weeks", "at least"),
        Limit("improvement_period", "highest_weeks", "school weeks", "at most"),
    ),
}


def relaxations(pack: Pack, national: Pack) -> Iterator[str]:
    """Each place where a pack would let through what the national pack does not, in sentences."""
    for section, found in (
        ("triggers", _triggers(pack, national)),
        ("bands", _bands(pack, national)),
        ("gates", _gates(pack, national)),
        ("roles", _roles(pack, national)),
        ("contracts", _contracts(pack)),
        ("clocks", _clocks(pack, national)),
        ("figures", _figures(pack, national)),
    ):
        for number, entry, expected in found:
            yield (
                f"policies/{pack.name}: {section}[{number}] ({entry.key}) relaxes the national "
                f"rule. Expected: {expected}"
            )


Found = Iterator[tuple[int, Entry, str]]


def _triggers(pack: Pack, national: Pack) -> Found:
    floors = {trigger.key: trigger for trigger in national.triggers}
    for number, trigger in enumerate(pack.triggers, start=1):
        floor = floors.get(trigger.key)
        if floor is not None and not _at_least_as_strict(trigger, floor):
            yield number, trigger, f"{floor.words}, or sooner. Source: {floor.source}."


def _at_least_as_strict(local: Trigger, floor: Trigger) -> bool:
    """The same cause the same way round, reached at least as soon, with no further condition."""
    same = (local.fact, local.on, local.proposes) == (floor.fact, floor.on, floor.proposes)
    if not same or local.also:
        return False
    return all(_no_later(*pair) for pair in zip(local.lines, floor.lines, strict=False))


def _no_later(local: Line, floor: Line) -> bool:
    if local.operator[:2] != floor.operator[:2]:
        return False
    if local.number == floor.number:
        return local.operator == floor.operator or local.operator.endswith("e")
    downwards = floor.operator.startswith("l")
    return local.number > floor.number if downwards else local.number < floor.number


def _bands(pack: Pack, national: Pack) -> Found:
    """What is called persistent or severe is a national label: its line is the same everywhere."""
    labels: Mapping[str, Band] = {band.key: band for band in national.bands}
    for number, band in enumerate(pack.bands, start=1):
        same = labels.get(band.key)
        if same is not None and (band.operator, band.percent) != (same.operator, same.percent):
            yield (
                number,
                band,
                f"{same.operator} {same.percent.normalize():f}, or another key. "
                f"Source: {same.source}.",
            )


def _gates(pack: Pack, national: Pack) -> Found:
    """Under a national key a gate keeps every test of the national one."""
    floors: Mapping[str, Gate] = {gate.key: gate for gate in national.gates}
    for number, gate in enumerate(pack.gates, start=1):
        floor = floors.get(gate.key)
        if floor is None:
            continue
        left_out = [test for test in floor.tests if test not in gate.tests]
        if gate.step != floor.step or left_out:
            yield (
                number,
                gate,
                f"step {floor.step} with every test of it, also {', '.join(left_out) or 'the step'}"
                f". Source: {floor.source}.",
            )


def _roles(pack: Pack, national: Pack) -> Found:
    """A step that the law gives to some may not be given to others."""
    allowed: dict[str, set[str]] = {}
    sources: dict[str, str] = {}
    for role in national.roles:
        for step in role.decides:
            allowed.setdefault(step, set()).add(str(role.membership))
            sources[step] = role.source
    for number, role in enumerate(pack.roles, start=1):
        for step in role.decides:
            if step in allowed and str(role.membership) not in allowed[step]:
                who = ", ".join(sorted(allowed[step]))
                yield number, role, f"{step} is decided by: {who}. Source: {sources[step]}."


def _contracts(pack: Pack) -> Found:
    source = "Source: statutory guidance on attendance contracts."
    for number, terms in enumerate(pack.contracts, start=1):
        if not terms.parent_present:
            yield number, terms, f"parent_present = true, as none is made in absence. {source}"
        if not terms.voluntary:
            yield number, terms, f"voluntary = true, as nobody can be made to sign. {source}"


def _clocks(pack: Pack, national: Pack) -> Found:
    for number, clock in enumerate(pack.clocks, start=1):
        for limit in CLOCK_LIMITS.get(clock.key, ()):
            row = value_on(limit.table, max(pack.pack.valid_from, national.pack.valid_from))
            if not _within(clock, limit, row[limit.column]):
                yield (
                    number,
                    clock,
                    f"{limit.side} {row[limit.column]} {limit.unit}. Source: {row['source']}.",
                )


def _within(clock: Clock, limit: Limit, figure: int) -> bool:
    if clock.unit != limit.unit:
        return False
    return clock.length <= figure if limit.side == "at most" else clock.length >= figure


def _figures(pack: Pack, national: Pack) -> Found:
    """A figure that a pack repeats is the national one, to the pound and to the day."""
    day = max(pack.pack.valid_from, national.pack.valid_from)
    for number, figure in enumerate(pack.figures, start=1):
        try:
            row = value_on(figure.table, day, **_picked(figure))
        except (NoValue, KeyError):
            row = {}
        if figure.column not in row:
            yield number, figure, "a table and a column of rules/values.toml."
        elif row[figure.column] != figure.value:
            yield number, figure, f"{row[figure.column]}. Source: {row['source']}."


def _picked(figure: Figure) -> dict[str, str]:
    return {"step": figure.step} if figure.step else {}
