"""What applies at a school on a day: the national pack, then the authority's, trust's and school's.

Each layer adds; none relaxes. The answer names the pack that each entry came from.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from authorities.models import PackAdoption, School
from authorities.packs.reading import NATIONAL, load
from authorities.packs.schema import (
    Clock,
    Expectation,
    Gate,
    Pack,
    PackLetter,
    Superseded,
    Trigger,
)
from rules.dates import in_words
from rules.errors import InvalidInput, NoValue

PLACES = (NATIONAL, "authority", "trust", "school")


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
        """Every letter that the school may use, most local first. One without wording is none."""
        return [
            (layer, letter)
            for layer in reversed(self.layers)
            for letter in layer.pack.letters
            if letter.wording is not None
        ]

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

    def proposals_on(
        self, happening: str, stages: Mapping[str, str] | None = None
    ) -> list[Proposal]:
        """What something that happened proposes, most local first.

        stages  the case's stage by pack name; a trigger of another stage does not answer
        """
        at = stages or {}
        return [
            Proposal(layer, trigger)
            for layer in reversed(self.layers)
            for trigger in layer.pack.triggers
            if trigger.met_on(happening, at.get(layer.pack.name))
        ]

    def clock(self, key: str) -> tuple[Layer, Clock]:
        """The most local clock with this key, and the layer that sets it. Raises NoValue."""
        for layer in reversed(self.layers):
            for clock in layer.pack.clocks:
                if clock.key == key:
                    return layer, clock
        raise NoValue(f"No policy in force sets “{key}”. Add it to the national pack.")

    def gates(self, step: str) -> list[tuple[Layer, Gate]]:
        """Every gate before a step, national first: all of them must be open."""
        return [
            (layer, gate) for layer in self.layers for gate in layer.pack.gates if gate.step == step
        ]

    def expects(self, key: str) -> tuple[Layer, Expectation] | None:
        """The most local expectation with this key, such as `home_visit_never_alone`, or None."""
        for layer in reversed(self.layers):
            for expectation in layer.pack.expectations:
                if expectation.key == key:
                    return layer, expectation
        return None

    def superseded(self) -> list[tuple[Layer, Superseded]]:
        """Local text that the law has overtaken, for the screens where it matters."""
        return [(layer, text) for layer in self.layers for text in layer.pack.superseded]

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
