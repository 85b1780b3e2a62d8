"""The triggers of the policies in force, asked of many pupils at once."""

from collections.abc import Mapping
from typing import Any

from attendance.facts import Fact, Met
from authorities.packs import Layer, PolicyInForce, Trigger
from authorities.packs import Proposal as Proposed

Key = tuple[str, str]  # pack and trigger


def register_triggers(layer: Layer) -> list[Proposed]:
    """The triggers of a pack that the register sets off."""
    return [Proposed(layer, trigger) for trigger in layer.pack.triggers if trigger.lines]


def all_register_triggers(policy: PolicyInForce) -> dict[Key, Proposed]:
    """Those of every layer, most local first, by pack and key."""
    return {
        (layer.pack.name, one.trigger.key): one
        for layer in reversed(policy.layers)
        for one in register_triggers(layer)
    }


def met(trigger: Trigger, facts: Mapping[str, Fact]) -> Met:
    """Who is over every line of a trigger."""
    first, *more = (facts[line.fact].crosses(line.operator, line.number) for line in trigger.lines)
    for crossed in more:
        first = first & crossed
    return first


def target_of(trigger: Trigger) -> str:
    """The key of the letter, meeting or stage that it proposes, "" for a warning or a case."""
    return trigger.letter or trigger.meeting or trigger.stage or ""


def facts_at(trigger: Trigger, facts: Mapping[str, Fact], pupil: int) -> dict[str, Any]:
    """What one pupil's lines were crossed by, and what may yet change: as a proposal keeps it."""
    names = {line.fact: None for line in trigger.lines} | {"unresolved": None}
    return {name: facts[name].at(pupil) for name in names}
