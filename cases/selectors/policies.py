"""What applies to a pupil on a day, layer by layer, and what applied when a case was opened."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from authorities.packs import Layer, Pack, PackError, PolicyInForce, load
from authorities.packs.schema import (
    FACTS,
    Band,
    Clock,
    ContractTerms,
    Entry,
    Expectation,
    Gate,
    Line,
    Meeting,
    PackLetter,
    PackRole,
    Review,
    Stage,
    Trigger,
)
from rules.dates import in_words

Facts = Mapping[str, Decimal | int | None]
PLACE_WORDS = {
    "national": "Everywhere in England",
    "authority": "In this authority",
    "trust": "In this trust",
    "school": "At this school",
}
BAND_WORDS = {"lt": "below {}%", "lte": "{}% or less", "gt": "above {}%", "gte": "{}% or more"}


@dataclass(frozen=True, slots=True)
class Said:
    """One entry as the page shows it. `tag` is a word that stands out, "" for none."""

    words: str
    about: str
    source: str
    tag: str = ""
    colour: str = "grey"


@dataclass(frozen=True, slots=True)
class Section:
    """The entries of one kind."""

    title: str
    lines: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """One layer: where it applies, which pack, and its entries.

    overtaken  local text that the law has overtaken: (local text, what applies, because, source)
    problem    why the edition cannot be shown any more, "" when it can
    """

    place: str
    title: str
    edition: str
    since: str
    document: str
    sections: tuple[Section, ...]
    overtaken: tuple[tuple[str, str, str, str], ...] = ()
    problem: str = ""


def value_words(fact: str, value: Decimal | int | None) -> str:
    """A fact's value: a share to two places rounded down, or a count."""
    if value is None:
        return "not known: too few sessions"
    if fact.endswith("percent"):
        hundredths = int(Decimal(value) * 100)
        return f"{hundredths // 100}.{hundredths % 100:02}%"
    return str(value)


def _line_words(line: Line, facts: Facts) -> str:
    words = FACTS[line.fact][0]
    said = f"{words[0].upper()}{words[1:]}"
    return f"{said}: {value_words(line.fact, facts.get(line.fact))}"


def _trigger(pack: Pack, trigger: Trigger, facts: Facts | None) -> Said:
    """A trigger, with today's figures and whether they cross its lines."""
    wanted = {
        "letter": {one.key: one.title for one in pack.letters},
        "meeting": {one.key: one.label for one in pack.meetings},
        "stage": {one.key: one.label for one in pack.stages},
    }.get(trigger.proposes, {})
    target = trigger.letter or trigger.meeting or trigger.stage or ""
    then = {
        "warning": "somebody looks at the pupil",
        "case": "a case is proposed",
        "letter": f"a letter is proposed: {wanted.get(target, target)}",
        "meeting": f"a meeting is proposed: {wanted.get(target, target)}",
        "stage": f"a stage is proposed: {wanted.get(target, target)}",
        "close": "closing the case is proposed",
    }[trigger.proposes]
    if trigger.by_itself:
        then += ", which goes by itself"
    words = f"{trigger.words}: {then}"
    if facts is None or not trigger.lines:
        return Said(words, trigger.note, trigger.source)
    about = ". ".join(dict.fromkeys(_line_words(line, facts) for line in trigger.lines))
    is_met = trigger.met_by(facts)
    return Said(
        words, about, trigger.source, "Met" if is_met else "Not met", "yellow" if is_met else "grey"
    )


def _band(band: Band, share: Decimal | int | None, known: bool) -> Said:
    """A band, and whether the pupil is in it."""
    number = f"{band.percent.normalize():f}"
    about = f"Attendance {BAND_WORDS[band.operator].format(number)}"
    line = Line(fact="attendance_percent", operator=band.operator, number=band.percent)
    inside = known and line.crossed_by({"attendance_percent": share})
    return Said(band.label, about, band.source, "In this band" if inside else "", "yellow")


def _letter(letter: PackLetter) -> Said:
    about = "" if letter.wording else "There is no wording yet, so it is not offered."
    return Said(letter.title, about or letter.note, letter.source)


def _stage(stage: Stage) -> Said:
    about = f"Enters: {stage.enters}. Leaves: {stage.leaves}"
    return Said(f"{stage.label} (stage {stage.level})", about, stage.source)


def _gate(pack: Pack, gate: Gate) -> Said:
    lists = [pack.checklist(key).label for key in gate.checklists]
    joined = " or " if gate.needs == "any" else " and "
    needs = [joined.join(lists)] if lists else []
    tests = [test.replace("_", " ") for test in gate.tests]
    step = gate.step.replace("_", " ")
    return Said(f"Before: {step}", "; ".join([*needs, *tests]) or gate.note, gate.source)


def _terms(terms: ContractTerms) -> Said:
    if terms.lowest and terms.highest and terms.lowest != terms.highest:
        length = f"{terms.lowest} to {terms.highest} {terms.unit}"
    elif terms.lowest or terms.highest:
        length = f"{terms.lowest or terms.highest} {terms.unit}"
    else:
        length = "Each contract sets its own length"
    parts = [length, f"reviews: {terms.reviews}", "a parent is there", "nobody is made to sign"]
    return Said(terms.label, "; ".join(parts), terms.source)


def _expectation(pack: Pack, one: Expectation) -> Said:
    who = {role.key: role.label for role in pack.roles}.get(one.who or "", "")
    return Said(one.words, ". ".join(part for part in (who, one.note) if part), one.source)


def _role(one: PackRole) -> Said:
    steps = ", ".join(step.replace("_", " ") for step in one.decides)
    parts = [one.does or "", f"Decides: {steps}" if steps else "", one.note]
    return Said(one.label, ". ".join(part for part in parts if part), one.source)


def _meeting(pack: Pack, one: Meeting) -> Said:
    roles = {role.key: role.label for role in pack.roles}
    came = ", ".join(roles.get(key, key.replace("_", " ")) for key in one.invites)
    parts = [f"Led by: {roles.get(one.led_by, one.led_by)}", f"With: {came}"]
    if one.notice:
        parts.append(f"Notice: {pack.clock(one.notice).words}")
    if one.rhythm:
        parts.append(f"Every {pack.clock(one.rhythm).words.removeprefix('1 ')}")
    if one.checklist:
        parts.append(f"On file before: {pack.checklist(one.checklist).label}")
    if one.goes_ahead:
        parts.append("Goes ahead without the family too")
    return Said(one.label, ". ".join(parts), one.source)


def _review(pack: Pack, one: Review) -> Said:
    parts = [f"After {pack.clock(one.after).words}"]
    if one.midway:
        parts.append("with a look midway")
    outcomes = ". ".join([", ".join(parts), *(outcome.words for outcome in one.outcomes)])
    return Said(one.label, outcomes, one.source)


def sections_of(pack: Pack, facts: Facts | None, replaced: frozenset[str]) -> tuple[Section, ...]:
    """The entries of a pack that matter for one pupil.

    facts     the pupil's on the day; None to leave out what is met
    replaced  keys of clocks that a more local pack puts its own in place of
    """

    def clock(one: Clock) -> Said:
        name = one.key.replace("_", " ")
        tag = "A more local one applies" if one.key in replaced else ""
        return Said(f"{name[0].upper()}{name[1:]}: {one.words}", one.note, one.source, tag)

    share = (facts or {}).get("attendance_percent")
    kinds: tuple[tuple[str, tuple[Entry, ...], Callable[[Any], Said]], ...] = (
        ("Bands", pack.bands, lambda one: _band(one, share, facts is not None)),
        ("Triggers", pack.triggers, lambda one: _trigger(pack, one, facts)),
        ("Stages", pack.stages, _stage),
        ("Letters", pack.letters, _letter),
        ("Meetings", pack.meetings, lambda one: _meeting(pack, one)),
        ("Reviews", pack.reviews, lambda one: _review(pack, one)),
        ("Clocks", pack.clocks, clock),
        ("Before a step", pack.gates, lambda one: _gate(pack, one)),
        ("Contracts", pack.contracts, _terms),
        ("Who does what", pack.roles, _role),
        ("What people do here", pack.expectations, lambda one: _expectation(pack, one)),
    )
    return tuple(
        Section(title, tuple(shown(one) for one in entries))
        for title, entries, shown in kinds
        if entries
    )


def what_applies(policy: PolicyInForce, facts: Facts) -> list[Shown]:
    """Each layer in force, the most local first, with what the pupil's figures meet."""
    return [
        _shown(layer, facts, _replaced(policy.layers, at))
        for at, layer in reversed(list(enumerate(policy.layers)))
    ]


def _replaced(layers: tuple[Layer, ...], at: int) -> frozenset[str]:
    """Keys of clocks that a layer above this one sets."""
    return frozenset(clock.key for layer in layers[at + 1 :] for clock in layer.pack.clocks)


def _shown(layer: Layer, facts: Facts | None, replaced: frozenset[str], problem: str = "") -> Shown:
    about = layer.pack.pack
    return Shown(
        place=PLACE_WORDS[layer.place],
        title=about.title,
        edition=layer.pack.edition,
        since=in_words(layer.since),
        document=about.document,
        sections=sections_of(layer.pack, facts, replaced),
        overtaken=tuple(
            (text.local, text.now, text.because, text.source) for text in layer.pack.superseded
        ),
        problem=problem,
    )


def as_frozen(frozen: Mapping[str, Any]) -> list[Shown]:
    """The layers that a case keeps, the most local first.

    Raises nothing: an edition that is gone, or reads otherwise now, says so in a sentence.
    """
    layers: list[Layer] = []
    problems: list[str] = []
    missing: list[Shown] = []
    for kept in frozen["layers"]:
        since = date.fromisoformat(kept["since"])
        try:
            pack = load(kept["pack"], kept["edition"])
        except PackError:
            missing.append(_missing(kept, since))
            continue
        layers.append(Layer(kept["place"], pack, since))
        problems.append("" if pack.digest == kept["digest"] else CHANGED)
    found = [
        _shown(layer, None, _replaced(tuple(layers), at), problems[at])
        for at, layer in enumerate(layers)
    ]
    return [*reversed(found), *missing]


CHANGED = (
    "The text of this edition has been corrected since. What is shown here is the corrected text:"
    " the case keeps the fingerprint of the text of its day."
)
GONE = "This edition is no longer among the policies. Ask whoever runs Onroll for the archive."


def _missing(kept: Mapping[str, Any], since: date) -> Shown:
    return Shown(
        place=PLACE_WORDS[kept["place"]],
        title=kept["title"],
        edition=kept["edition"],
        since=in_words(since),
        document="",
        sections=(),
        problem=GONE,
    )
