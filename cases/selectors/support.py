"""Barriers, considerations and support: what the policy in force offers, and what a case has."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from attendance.access import sees_flag
from attendance.models import Flag, PupilFlag
from attendance.selectors.flags import in_force
from authorities.access import Reach
from authorities.models import User
from authorities.packs import Layer, PolicyInForce, pack_in_force
from authorities.packs.schema import Barrier as BarrierKind
from authorities.packs.schema import Consideration, Support
from authorities.permissions import Permission
from cases.models import Barrier, Case, ConsiderationAnswer, GivenSupport
from cases.selectors.entries import Entry
from cases.selectors.owners import named_on, owners
from cases.selectors.shown import Shown
from rules.errors import InvalidInput

Choices = list[tuple[str, list[tuple[str, str]]]]
PLACES = {"in school": "In school", "outside school": "Outside school"}
STAGES = {1: "Stage 1: early support", 2: "Stage 2: targeted", 3: "Stage 3: intensive"}
AREAS = {
    "school": "School",
    "send": "Special needs",
    "outside": "Other services",
    "family": "Family",
    "legal": "Formal",
}


@dataclass(frozen=True, slots=True)
class Way:
    """One way to help, from the catalogue of a pack in force.

    value  "pack:key"; who  who gives it, as the policy calls them
    """

    value: str
    pack: str
    key: str
    label: str
    stage: int
    area: str
    who: str
    source: str
    note: str


def catalogue(policy: PolicyInForce) -> list[Way]:
    """Every way to help that the packs in force know, by stage, most local pack first."""
    found = [
        _way(layer, support) for layer in reversed(policy.layers) for support in layer.pack.support
    ]
    return sorted(found, key=lambda entry: entry.stage)


def _way(layer: Layer, support: Support) -> Way:
    roles = {role.key: role.label for role in layer.pack.roles}
    return Way(
        value=f"{layer.pack.name}:{support.key}",
        pack=layer.pack.name,
        key=support.key,
        label=support.label,
        stage=support.stage,
        area=support.area,
        who=roles[support.who],
        source=f"{layer.pack.pack.title}: {support.source}",
        note=support.note,
    )


def catalogue_entry(policy: PolicyInForce, value: str) -> Way:
    """One entry by "pack:key". Raises InvalidInput for one that is not in force."""
    for entry in catalogue(policy):
        if entry.value == value:
            return entry
    raise InvalidInput("Choose support from the catalogue, or describe your own.")


def kinds(policy: PolicyInForce) -> dict[str, BarrierKind]:
    """The kinds of barriers in force, by "pack:key"."""
    return {
        f"{layer.pack.name}:{kind.key}": kind
        for layer in reversed(policy.layers)
        for kind in layer.pack.barriers
    }


def kind_entry(policy: PolicyInForce, value: str) -> BarrierKind:
    """One kind by "pack:key". Raises InvalidInput for one that is not in force."""
    found = kinds(policy).get(value)
    if found is None:
        raise InvalidInput("Choose the kind of barrier from the list, or name your own.")
    return found


def kind_choices(policy: PolicyInForce, *, sensitive: bool) -> Choices:
    """The kinds to choose from, in school and outside; sensitive ones only for who may see them."""
    return [
        (
            PLACES[place],
            [
                (value, kind.label)
                for value, kind in kinds(policy).items()
                if kind.place == place and (sensitive or not kind.sensitive)
            ],
        )
        for place in PLACES
    ]


def support_choices(policy: PolicyInForce) -> Choices:
    """The catalogue as a list to choose from, by stage."""
    entries = catalogue(policy)
    return [
        (words, [(entry.value, entry.label) for entry in entries if entry.stage == stage])
        for stage, words in STAGES.items()
        if any(entry.stage == stage for entry in entries)
    ]


def flags_on(case: Case, today: date) -> frozenset[str]:
    """The names of the pupil's flags of today, such as "young_carer". One query."""
    rows = PupilFlag.objects.filter(
        in_force(today), authority=case.authority_id, pupil=case.pupil_id
    )
    return frozenset(Flag(kind).name.lower() for kind in rows.values_list("kind", flat=True))


def asked_of(case: Case, reach: Reach, today: date) -> dict[str, tuple[Layer, Consideration]]:
    """What the policy asks to think about for this pupil, by "pack:key", national first.

    Only what the person may know why: a flag that they may not see asks nothing of them.
    """
    sees = frozenset(one for one in Permission if reach.may(one, case.school))
    flags = {flag for flag in flags_on(case, today) if sees_flag(Flag[flag.upper()], sees)}
    return {
        f"{layer.pack.name}:{entry.key}": (layer, entry)
        for layer in pack_in_force(case.school, today).layers
        for entry in layer.pack.considerations
        if not entry.flags or flags.intersection(entry.flags)
    }


@dataclass(frozen=True, slots=True)
class Asked:
    """A consideration with why it is asked, and its latest answer. who  the policy's role for it"""

    value: str
    words: str
    who: str
    because: str
    source: str
    answer: ConsiderationAnswer | None


def considerations(case: Case, reach: Reach, today: date) -> list[Asked]:
    """What must be thought about for this pupil, unanswered first. Three queries."""
    flags = flags_on(case, today)
    answers: dict[str, ConsiderationAnswer] = {}
    for row in case.considered.select_related("answered_by").order_by("answered_at", "pk"):
        answers[f"{row.pack}:{row.key}"] = row
    found = [
        Asked(
            value=value,
            words=entry.words,
            who={role.key: role.label for role in layer.pack.roles}.get(entry.who or "", ""),
            because=", ".join(Flag[flag.upper()].label for flag in entry.flags if flag in flags),
            source=f"{layer.pack.pack.title}: {entry.source}",
            answer=answers.get(value),
        )
        for value, (layer, entry) in asked_of(case, reach, today).items()
    ]
    return sorted(found, key=lambda asked: asked.answer is not None)


def staff_of(case: Case, today: date) -> list[User]:
    """Who may see to something on a case, by name: on a restricted one, those named on it."""
    return [person for person in owners([case.school], today) if named_on(person, case)]


def barriers_of(case: Case, reach: Reach) -> list[Barrier]:
    """The barriers of a case that this person may read, open ones first, then the newest."""
    rows = case.barriers.select_related("found_by", "resolved_by").order_by("-found_on", "-pk")
    if not reach.may(Permission.VIEW_SENSITIVE, case.school):
        rows = rows.filter(sensitive=False)
    return sorted(rows, key=lambda row: row.resolved_on is not None)


def hidden_barriers(case: Case, reach: Reach) -> int:
    """How many barriers are kept from this person."""
    if reach.may(Permission.VIEW_SENSITIVE, case.school):
        return 0
    return case.barriers.filter(sensitive=True).count()


def support_of(case: Case) -> list[GivenSupport]:
    """The support of a case, what goes on first by its review, then what ended, newest first."""
    rows = case.support.select_related("owner", "given_by", "ended_by")
    going = rows.filter(ended_on=None).order_by("review_on", "pk")
    ended = rows.exclude(ended_on=None).order_by("-ended_on", "-pk")
    return [*going, *ended]


def label_of(support: GivenSupport, *, in_full: bool) -> str:
    """What the support is, as this person may read it."""
    return support.label if in_full or not support.sensitive else "Support by another service"


def evidence(case: Case) -> Iterator[Shown]:
    """What support can show at a gate. An answer to what the policy asks is no assessment."""
    at = (case.reference,)
    for row in case.support.select_related("given_by"):
        words = label_of(row, in_full=False)
        ended = f": {row.get_outcome_display().lower()}" if row.outcome else ""
        by = row.given_by.name
        yield Shown("support", row.starts_on, words + ended, by, "cases:support", at, key=row.key)


def entries(case: Case, reach: Reach) -> list[Entry]:
    """What happened with barriers and support, for the chronology. Four queries."""
    in_full = reach.may(Permission.VIEW_SENSITIVE, case.school)
    return [
        *_barrier_entries(case, in_full),
        *_answer_entries(case, in_full),
        *_support_entries(case, in_full),
    ]


def _barrier_entries(case: Case, in_full: bool) -> Iterator[Entry]:
    for row in case.barriers.select_related("found_by", "resolved_by"):
        hidden = row.sensitive and not in_full
        name = "kept for those who may see it" if hidden else row.label
        yield _said(row.recorded_at, f"Barrier found: {name}", row.found_by.name, row.text, hidden)
        if row.resolved_at is not None and row.resolved_by is not None:
            by, how = row.resolved_by.name, row.resolved_how
            yield _said(row.resolved_at, f"Barrier gone: {name}", by, how, hidden)


def _answer_entries(case: Case, in_full: bool) -> Iterator[Entry]:
    for row in case.considered.select_related("answered_by"):
        hidden = row.sensitive and not in_full
        title = f"Considered: {'a question of the policy' if hidden else row.words}"
        said = f"{row.get_answer_display()}. {row.text}"
        yield _said(row.answered_at, title, row.answered_by.name, said, hidden)


def _support_entries(case: Case, in_full: bool) -> Iterator[Entry]:
    rows = case.support.select_related("given_by", "ended_by").prefetch_related("reviews__held_by")
    for row in rows:
        hidden = row.sensitive and not in_full
        name = label_of(row, in_full=in_full)
        yield _said(
            row.given_at, f"Support given: {name}", row.given_by.name, f"By {row.who}.", hidden
        )
        for review in row.reviews.all():
            yield _said(
                review.held_at,
                f"Support looked at: {name}",
                review.held_by.name,
                review.words,
                hidden,
            )
        if row.ended_at is not None and row.ended_by is not None:
            said = f"{row.get_outcome_display()}. {row.outcome_words}"
            yield _said(row.ended_at, f"Support ended: {name}", row.ended_by.name, said, hidden)


def _said(at: datetime, title: str, by: str, text: str, hidden: bool) -> Entry:
    return Entry(at, title, by, "" if hidden else text, tag="Support", tag_colour="green")
