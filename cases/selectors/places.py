"""Where a case stands in the stages of each policy, and where it can go from there."""

from collections.abc import Mapping
from dataclasses import dataclass

from authorities.packs import Layer, PolicyInForce
from authorities.packs.schema import Stage as PackStage
from cases.models import Case
from rules.case_stages import LABELS, LEVELS, Stage, move_between
from rules.errors import InvalidInput

LEVEL_OF = {stage.value: level for level, stage in LEVELS.items()}


@dataclass(frozen=True, slots=True)
class Step:
    """One stage of one policy."""

    layer: Layer
    stage: PackStage

    @property
    def who(self) -> str:
        """Who carries it, in the policy's own words."""
        roles = {role.key: role.label for role in self.layer.pack.roles}
        return ", ".join(roles.get(key, key.replace("_", " ")) for key in self.stage.who)


@dataclass(frozen=True, slots=True)
class Destination:
    """Somewhere a case can go. `value` is the choice as a form sends it; step is a policy's."""

    value: str
    label: str
    hint: str
    end: Stage
    event: str
    step: Step | None = None


def steps(policy: PolicyInForce) -> list[Step]:
    """Every stage of every policy in force, most local policy first."""
    return [Step(layer, one) for layer in reversed(policy.layers) for one in layer.pack.stages]


def step_of(policy: PolicyInForce, pack: str, key: str) -> Step:
    """One stage by pack and key. Raises InvalidInput for one that is not in force."""
    for step in steps(policy):
        if (step.layer.pack.name, step.stage.key) == (pack, key):
            return step
    raise InvalidInput("Choose one of the stages of the policy in force.")


def standing(policy: PolicyInForce, places: Mapping[str, str]) -> list[Step]:
    """The stages at which a case stands, most local policy first."""
    return [step for step in steps(policy) if places.get(step.layer.pack.name) == step.stage.key]


def places_at(
    policy: PolicyInForce, level: int, places: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Where a case at one of the product's stages stands in each policy.

    A policy keeps its own step while that is of this level. Else it is the policy's first of this
    level, or of the nearest below, or its lowest.
    """
    found: dict[str, str] = {}
    for layer in policy.layers:
        own = layer.pack.stages
        if not own:
            continue
        at = {stage.key: stage for stage in own}.get((places or {}).get(layer.pack.name, ""))
        if at is None or at.level != level:
            at = max(own, key=lambda stage: (stage.level <= level, _nearness(stage, level)))
        found[layer.pack.name] = at.key
    return found


def _nearness(stage: PackStage, level: int) -> int:
    return stage.level if stage.level <= level else -stage.level


def destinations(case: Case, policy: PolicyInForce) -> list[Destination]:
    """Where an open case can go, in the words of the policies; the product's where none has any."""
    here = Stage(case.stage)
    found = [_to_step(case, here, step) for step in steps(policy)]
    if not found:
        found = [
            Destination(stage.value, LABELS[stage], "", stage, move_between(here, stage).event)
            for stage in LEVELS.values()
            if stage != here
        ]
    return [one for one in found if one is not None]


def _to_step(case: Case, here: Stage, step: Step) -> Destination | None:
    pack, stage = step.layer.pack, step.stage
    if case.places.get(pack.name) == stage.key:
        return None
    end = LEVELS[stage.level]
    return Destination(
        value=f"{pack.name}:{stage.key}",
        label=stage.label,
        hint=f"{stage.enters} ({pack.pack.title}: {stage.source})",
        end=end,
        event=move_between(here, end).event,
        step=step,
    )
