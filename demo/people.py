"""Pupils, their families and the adults around them. All invented; see demo/data/names.toml."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from authorities.models import Phase
from demo.draws import digest, stream, table
from demo.places import AuthorityPlan, Places, SchoolPlan
from rules.upn import LETTERS, check_letter

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

JOINS, LEAVES, MOVES = 0.025, 0.02, 0.008  # of pupils, in the autumn
FROM_PRIMARY = 0.35  # of Year 7, from a primary school of this world
LAST_YEAR = 11
SITTING_IN_JUNE = 0.15  # of last summer's Year 11: those with exams after half-term
APART = 300  # days between the births of brothers and sisters, at least
HOMES = ("together", "mother", "apart", "grandmother", "foster")
HOME_SHARES = (0.56, 0.22, 0.17, 0.035, 0.015)


@dataclass
class Pupils:
    """The pupils of one authority: one entry each in every array."""

    authority: AuthorityPlan
    school: Ints  # index of the school plan
    year: Ints  # national curriculum year, Reception 0
    born: Ints  # ordinals
    girl: Flags
    culture: Ints
    family: Ints
    rate: Floats  # the share of sessions missed
    flags: dict[str, Flags]
    home: Ints  # by family: index into HOMES
    forenames: list[str] = field(default_factory=list)
    surnames: list[str] = field(default_factory=list)
    upns: list[str] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)
    lives_elsewhere: set[int] = field(default_factory=set)

    def __len__(self) -> int:
        return len(self.school)

    def number(self, pupil: int) -> str:
        """The pupil's number in the register system."""
        return f"P{self.authority.code}{pupil:06}"


@dataclass
class Enrolments:
    """Who is on which roll when: one entry each in every array. `ends` is 0 while on roll."""

    pupil: Ints
    school: Ints
    starts: Ints
    ends: Ints
    reason: list[str]


@dataclass(frozen=True, slots=True)
class AdultRow:
    """One adult and what they are to one pupil, as a register system writes it."""

    number: str
    title: str
    forenames: str
    surname: str
    relationship: str
    address: str
    town: str
    postcode: str
    email: str
    phone: str
    priority: int
    parental_responsibility: str = "yes"
    has_care: str = "yes"
    may_contact: str = "yes"
    protected_address: str = "no"
    court_order: str = "none"
    language: str = ""
    needs: str = ""


def pupils_of(seed: int, world: Places, authority: AuthorityPlan, year: int) -> Pupils:
    """Every pupil on a roll of an authority's schools in the school year `year`.

    At the end stand those who left Year 11 last summer, as if in a Year 12.
    """
    rng = stream(seed, "pupils", authority.code)
    schools = [school for school in world.schools if school.authority == authority.code]
    gone = [_left_school(s) for s in schools]
    school = np.concatenate(
        [np.repeat([s.index for s in schools], counts) for counts in (_sizes(schools), gone)]
    )
    years = np.concatenate([*(_years(s) for s in schools), np.full(sum(gone), LAST_YEAR + 1)])
    starts = np.array([date(year - 5 - int(n), 9, 1).toordinal() for n in range(LAST_YEAR + 2)])
    born = starts[years] + rng.integers(0, 365, len(years))
    family, culture = _families(rng, born)
    homes = rng.choice(len(HOMES), family.max() + 1, p=HOME_SHARES)
    flags = _flags(rng, world, school, homes[family])
    pupils = Pupils(
        authority=authority,
        school=school,
        year=years,
        born=born,
        girl=rng.random(len(years)) < 0.49,
        culture=culture,
        family=family,
        rate=_rates(rng, world, school, years, flags),
        flags=flags,
        home=homes,
    )
    _name(rng, pupils)
    pupils.upns = _upns(pupils, year)
    elsewhere = rng.random(len(pupils)) < 0.01
    pupils.lives_elsewhere = set(np.flatnonzero(elsewhere).tolist())
    return pupils


def _sizes(schools: list[SchoolPlan]) -> list[int]:
    return [school.pupils for school in schools]


def _years(school: SchoolPlan) -> Ints:
    """Year groups of about the same size, in order."""
    return np.sort(np.resize(np.array(school.years), school.pupils))


def _left_school(school: SchoolPlan) -> int:
    """How many of last summer's Year 11 a secondary school still has in its files."""
    if school.phase != Phase.SECONDARY:
        return 0
    return round(school.pupils / len(school.years) * SITTING_IN_JUNE)


def _families(rng: np.random.Generator, born: Ints) -> tuple[Ints, Ints]:
    """Each pupil's family and its culture. Brothers and sisters are born well apart."""
    count = len(born)
    sizes = rng.choice([1, 2, 3, 4], count, p=[0.45, 0.38, 0.13, 0.04])
    family = np.repeat(np.arange(count), sizes)[:count]
    order = rng.permutation(count)
    placed = np.empty(count, dtype=np.int64)
    placed[order] = family
    by_age = np.lexsort((born, placed))
    close = (np.diff(placed[by_age]) == 0) & (np.diff(born[by_age]) < APART)
    alone = by_age[1:][close]
    placed[alone] = placed.max() + 1 + np.arange(len(alone))
    _, placed = np.unique(placed, return_inverse=True)
    shares = np.array([culture["share"] for culture in table("names")["culture"]])
    cultures = rng.choice(len(shares), placed.max() + 1, p=shares / shares.sum())
    return placed, cultures[placed]


def _flags(rng: np.random.Generator, world: Places, school: Ints, homes: Ints) -> dict[str, Flags]:
    """What schools know about pupils that changes what is right."""
    shares = table("rates")["flags"]
    flags = {name: rng.random(len(school)) * 100 < share for name, share in shares.items()}
    special = [s.index for s in world.schools if s.phase == Phase.SPECIAL]
    flags["ehc_plan"] |= np.isin(school, special)
    flags["sen_support"] &= ~flags["ehc_plan"]
    flags["looked_after"] = homes == HOMES.index("foster")
    return flags


def _rates(
    rng: np.random.Generator, world: Places, school: Ints, years: Ints, flags: dict[str, Flags]
) -> Floats:
    """The share of sessions each pupil misses: the published bands, pupil by pupil.

    Needs and years move a pupil up an order; the order then fills the bands of the pupil's kind
    of school exactly, so that the tail is there whatever is in it.
    """
    figures = table("rates")
    order = rng.normal(size=len(school))
    for need, shift in figures["shape"]["needs"].items():
        order += shift * flags[need]
    for year, shift in figures["shape"]["years"].items():
        order += shift * (years == int(year))
    rates = np.empty(len(school))
    phases = np.array([list(Phase).index(s.phase) for s in world.schools])
    for phase in Phase:
        here = np.flatnonzero(phases[school] == list(Phase).index(phase))
        if len(here):
            ranks = np.empty(len(here))
            ranks[np.argsort(order[here])] = (np.arange(len(here)) + 0.5) / len(here)
            rates[here] = _rate_at(ranks, np.array(figures["bands"][phase.value]))
    return rates


def _rate_at(ranks: Floats, bands: Floats) -> Floats:
    """The rate at a place of the order, 0 to 1, where `bands` are shares of five points each."""
    edges = np.concatenate([[0.0], np.cumsum(bands / bands.sum())])
    band = np.clip(np.searchsorted(edges, ranks, side="right") - 1, 0, len(bands) - 1)
    inside = (ranks - edges[band]) / (edges[band + 1] - edges[band])
    inside = np.where(band == 0, inside**1.3, inside)
    rates = 0.05 * (band + inside)
    return np.where(band == len(bands) - 1, 0.5 + 0.45 * inside**1.5, rates)


def _name(rng: np.random.Generator, pupils: Pupils) -> None:
    """Names from the family's culture: one surname a family, a different forename each.

    No two pupils of an authority share name and date of birth: an importer must take such a pair
    for one child entered twice.
    """
    names = table("names")
    cultures = names["culture"]
    english = [f"{a}{b}" for a in names["surnames"]["first"] for b in names["surnames"]["second"]]
    pick = rng.random(len(pupils))
    surname_pick = rng.random(pupils.family.max() + 1)[pupils.family]
    speaks = rng.random(pupils.family.max() + 1)[pupils.family]
    taken: set[tuple[object, ...]] = set()
    for n, index in enumerate(pupils.culture.tolist()):
        culture = cultures[index]
        forenames = culture["girls" if pupils.girl[n] else "boys"]
        surnames = culture.get("family", english)
        surname = surnames[int(surname_pick[n] * len(surnames))]
        at, born = int(pick[n] * len(forenames)), int(pupils.born[n])
        family = int(pupils.family[n])
        while taken & _names_of(forenames[at % len(forenames)], surname, born, family):
            at += 1
        taken |= _names_of(forenames[at % len(forenames)], surname, born, family)
        pupils.forenames.append(forenames[at % len(forenames)])
        pupils.surnames.append(surname)
        pupils.languages.append(culture["language"] if speaks[n] < culture["eal"] else "English")
    pupils.flags["eal"] = np.array([language != "English" for language in pupils.languages])


def _names_of(forename: str, surname: str, born: int, family: int) -> set[tuple[object, ...]]:
    """What nobody else may be called: this name of one birthday, this forename of one family."""
    return {(forename, surname, born), (forename, family)}


def _upns(pupils: Pupils, year: int) -> list[str]:
    """A UPN for each pupil: the year they started school, then a serial of the authority's."""
    upns = []
    serials: dict[int, int] = {}
    for own in pupils.year.tolist():
        joined = (year - own) % 100
        serial = serials.get(joined, 0)
        serials[joined] = serial + 1
        school, place = divmod(serial, 999)
        twelve = f"{pupils.authority.code}{2000 + school:04}{joined:02}{place + 1:03}"
        upns.append(f"{check_letter(twelve)}{twelve}")
    return upns


def temporary_upn(upn: str) -> str:
    """The same number as a temporary one: it ends in a letter."""
    twelve = upn[1:12] + LETTERS[3]
    return f"{check_letter(twelve)}{twelve}"


# Rolls


def enrolments_of(
    seed: int, world: Places, pupils: Pupils, year: int, first: date, last: date
) -> Enrolments:
    """Rolls from last year's summer on, with those who joined, left or moved in between.

    first, last  the first school day of this year and the last day with a register
    """
    rng = stream(seed, "rolls", pupils.authority.code)
    own = np.array([world.schools[s].years.start for s in range(len(world.schools))])
    back = pupils.year - own[pupils.school]
    starts = np.array([date(year - int(n), 9, 1).toordinal() for n in back])
    ends = np.zeros(len(pupils), dtype=np.int64)
    reasons = [""] * len(pupils)
    settled = pupils.year < LAST_YEAR
    for own_year, summer in ((LAST_YEAR + 1, year), (LAST_YEAR, year + 1)):
        _leave_school(pupils, own_year, last_friday_of_june(summer), last, ends, reasons)
    span = max(1, last.toordinal() - first.toordinal())
    when = first.toordinal() + 14 + rng.integers(0, max(1, span - 20), len(pupils))
    fate = rng.random(len(pupils))
    joins = (fate < JOINS) & (pupils.year <= LAST_YEAR)
    leaves = (fate >= JOINS) & (fate < JOINS + LEAVES) & settled
    moves = settled & (fate >= 0.5) & (fate < 0.5 + MOVES) & (span > 40)
    starts[joins] = when[joins]
    ends[leaves] = when[leaves]
    rows = [(np.arange(len(pupils)), pupils.school, starts, ends)]
    for pupil in np.flatnonzero(leaves).tolist():
        reasons[pupil] = "Moved to another area"
    moved, target = _movers(rng, world, pupils, np.flatnonzero(moves))
    ends[moved] = when[moved]
    for pupil in moved.tolist():
        reasons[pupil] = "Moved to another school"
    rows.append((moved, target, when[moved] + 3, np.zeros(len(moved), dtype=np.int64)))
    before, primary = _from_primary(rng, world, pupils)
    joined = np.array([date(year - 7, 9, 1).toordinal()] * len(before), dtype=np.int64)
    left = np.full(len(before), date(year, 8, 31).toordinal())
    rows.append((before, primary, joined, left))
    reasons += [""] * len(moved) + ["Secondary transfer"] * len(before)
    parts = [np.concatenate(column) for column in zip(*rows, strict=True)]
    return Enrolments(parts[0], parts[1], parts[2], parts[3], reasons)


def last_friday_of_june(year: int) -> date:
    """When Year 11 leaves school: the last Friday in June."""
    end = date(year, 6, 30)
    return end - timedelta(days=(end.weekday() - 4) % 7)


def _leave_school(
    pupils: Pupils, year: int, day: date, last: date, ends: Ints, reasons: list[str]
) -> None:
    """End the enrolments of a year group that has left school by the last day."""
    if day > last:
        return
    for pupil in np.flatnonzero(pupils.year == year).tolist():
        ends[pupil], reasons[pupil] = day.toordinal(), "Completed Year 11"


def _movers(
    rng: np.random.Generator, world: Places, pupils: Pupils, chosen: Ints
) -> tuple[Ints, Ints]:
    """Pupils who move, and the other school of the same phase and authority they move to."""
    moved, target = [], []
    for pupil in chosen.tolist():
        here = world.schools[pupils.school[pupil]]
        others = [
            s.index
            for s in world.schools
            if (s.phase, s.authority) == (here.phase, here.authority) and s.index != here.index
        ]
        if others:
            moved.append(pupil)
            target.append(others[int(rng.integers(len(others)))])
    return np.array(moved, dtype=np.int64), np.array(target, dtype=np.int64)


def _from_primary(rng: np.random.Generator, world: Places, pupils: Pupils) -> tuple[Ints, Ints]:
    """Some of Year 7, and the primary school of this authority they were at until the summer."""
    secondary = [s.index for s in world.schools if s.phase == Phase.SECONDARY]
    room = np.repeat(
        [s.index for s in world.schools if _is_primary(s, pupils)],
        [max(1, s.pupils // 8) for s in world.schools if _is_primary(s, pupils)],
    ).astype(np.int64)
    seven = np.flatnonzero((pupils.year == 7) & np.isin(pupils.school, secondary))
    rng.shuffle(seven)
    rng.shuffle(room)
    count = min(len(room), int(len(seven) * FROM_PRIMARY))
    return seven[:count], room[:count]


def _is_primary(school: SchoolPlan, pupils: Pupils) -> bool:
    return school.phase == Phase.PRIMARY and school.authority == pupils.authority.code


# Adults


def adults_of(seed: int, pupils: Pupils, chosen: Ints) -> Iterator[tuple[int, AdultRow]]:
    """The adults of these pupils, pupil by pupil. A family's adults are the same for each child."""
    for pupil in chosen.tolist():
        for adult in household(seed, pupils, pupil):
            yield pupil, adult


def household(seed: int, pupils: Pupils, pupil: int) -> list[AdultRow]:
    """The adults of one pupil's family."""
    family = int(pupils.family[pupil])
    home = HOMES[pupils.home[family]]
    pick = np.frombuffer(_family_bytes(seed, pupils.authority.code, family), dtype=np.uint8)
    mother = _adult(pupils, pupil, "mother", pick, 1)
    if home == "together":
        return [mother, _adult(pupils, pupil, "father", pick, 2)]
    if home == "apart":
        return [mother, _adult(pupils, pupil, "father", pick[8:], 2)]
    if home == "grandmother":
        return [_adult(pupils, pupil, "grandmother", pick, 1, parental_responsibility="unknown")]
    if home == "foster":
        carer = _adult(
            pupils, pupil, "foster carer", pick, 1, parental_responsibility="no", language=""
        )
        return [carer]
    return [mother]


def _family_bytes(seed: int, code: str, family: int) -> bytes:
    return digest(seed, "family", code, family)


def _adult(
    pupils: Pupils,
    pupil: int,
    relationship: str,
    pick: npt.NDArray[np.uint8],
    priority: int,
    **more: str,
) -> AdultRow:
    """One adult at the address that `pick` gives; father and mother share it or do not."""
    names = table("names")
    family = int(pupils.family[pupil])
    culture = names["culture"][int(pupils.culture[pupil])]
    woman = relationship != "father"
    english = "family" not in culture or culture["language"] == "English"
    group = (
        names["adults"]["women" if woman else "men"]
        if english
        else culture["girls" if woman else "boys"]
    )
    streets = names["addresses"]["streets"]
    spot = int(pick[0]) * 256 + int(pick[1])
    forename = group[(int(pick[2]) + 7 * priority) % len(group)]
    surname = pupils.surnames[pupil]
    number = f"A{pupils.authority.code}{family:06}{priority}"
    last = (family * 2 + priority) % 1000
    return AdultRow(
        number=number,
        title={"mother": "Ms", "father": "Mr", "grandmother": "Mrs"}.get(relationship, "Ms"),
        forenames=forename,
        surname="Foster-Lowe" if relationship == "foster carer" else surname,
        relationship=relationship,
        address=f"{1 + spot % 180} {streets[spot % len(streets)]}",
        town=pupils.authority.town,
        postcode=f"{pupils.authority.postcode}{_inward(spot)}",
        email=f"{number.lower()}@families.example.org" if pick[3] > 90 else "",
        phone=f"07700 900{last:03}" if pick[4] > 60 else f"01632 960{last:03}",
        priority=priority,
        **{"language": pupils.languages[pupil], **more},
    )


def _inward(spot: int) -> str:
    """The last two letters of a postcode."""
    letters = "ABDEFGHJLNPQRSTUWXYZ"
    return letters[spot % 20] + letters[spot // 20 % 20]
