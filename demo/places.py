"""The places of the demo world: authorities, a trust, schools and their calendars."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from attendance.models import DayKind
from attendance.services.calendars import DayEntry, Plan, TermDates
from authorities.models import Phase
from demo.draws import stream, table
from rules.dates import ONE_WEEK, monday_of

LAYOUTS = ("week", "dated", "week", "week")
DATE_SHAPES = ("%Y-%m-%d", "%d/%m/%Y")
YEARS = {
    Phase.PRIMARY: range(7),  # Reception is 0
    Phase.SECONDARY: range(7, 12),
    Phase.SPECIAL: range(1, 12),
}


@dataclass(frozen=True, slots=True)
class AuthorityPlan:
    """An authority to be made."""

    code: str
    neighbour: str  # the authority next to it, where some of its pupils live
    name: str
    pack: str
    domain: str
    town: str
    postcode: str


@dataclass(frozen=True, slots=True)
class TrustPlan:
    """A trust to be made."""

    code: str
    slug: str
    name: str
    pack: str
    domain: str


@dataclass(frozen=True, slots=True)
class SchoolPlan:
    """A school to be made. `calendar` is own, authority or two week half term."""

    index: int
    authority: str
    urn: str
    number: str
    name: str
    phase: Phase
    kind: str
    pupils: int
    calendar: str
    layout: str
    encoding: str
    delimiter: str
    dates: str
    trust: bool = False
    pack: str = ""  # its own policy, beside its authority's and its trust's

    @property
    def years(self) -> range:
        """National curriculum years, Reception as 0."""
        return YEARS[self.phase]

    @property
    def slug(self) -> str:
        """A short name for addresses: "Pinfold Primary School" → "pinfold-primary-school"."""
        plain = "".join(c if c.isalnum() or c == " " else "" for c in self.name.lower())
        return "-".join(plain.split())


@dataclass(frozen=True, slots=True)
class Places:
    """Everywhere in the world."""

    authorities: tuple[AuthorityPlan, ...]
    trust: TrustPlan
    schools: tuple[SchoolPlan, ...]

    def authority(self, code: str) -> AuthorityPlan:
        """The authority with a code."""
        return next(plan for plan in self.authorities if plan.code == code)


def places(seed: int, size: str) -> Places:
    """The places of a world of one size: demo, authority or county."""
    known = table("places")
    rows = [{**row, "phase": Phase(row["phase"])} for row in known["school"]]
    if size != "demo":
        first = known["authority"][0]["code"]
        others = [row for row in rows if row["authority"] != first]
        rows = [*_many(seed, first, known["size"][size], rows[:6]), *others]
    return Places(
        authorities=tuple(AuthorityPlan(**{"pack": "", **row}) for row in known["authority"]),
        trust=TrustPlan(**known["trust"]),
        schools=tuple(SchoolPlan(index=n, **row) for n, row in enumerate(rows)),
    )


def _many(seed: int, code: str, size: dict[str, int], small: list[dict]) -> list[dict]:
    """Schools of the three phases for a larger world; their pupils come to the number asked."""
    rng = stream(seed, "schools")
    phases = (Phase.PRIMARY, Phase.SECONDARY, Phase.SPECIAL)
    usual = {Phase.PRIMARY: 390, Phase.SECONDARY: 1330, Phase.SPECIAL: 150}
    kinds = [phase for phase in phases for _ in range(size[phase.value])]
    weights = np.array([usual[phase] for phase in kinds]) * rng.uniform(0.7, 1.3, len(kinds))
    pupils = np.maximum(60, np.round(weights / weights.sum() * size["pupils"])).astype(int)
    pupils[np.argmax(pupils)] += size["pupils"] - pupils.sum()
    names = _school_names(rng, kinds)
    rows = []
    for n, (phase, count) in enumerate(zip(kinds, pupils.tolist(), strict=True)):
        trust = n % 12 == 1 and phase != Phase.SPECIAL
        rows.append(
            {
                **small[n % len(small)],
                "authority": code,
                "urn": f"{990_200 + n}",
                "number": f"{ {'primary': 2, 'secondary': 4, 'special': 7}[phase.value] }{n:03}",
                "name": names[n],
                "phase": phase,
                "kind": "academy" if trust else "maintained",
                "trust": trust,
                "pupils": count,
                "layout": LAYOUTS[n % len(LAYOUTS)],
            }
        )
    return rows


def _school_names(rng: np.random.Generator, phases: Sequence[Phase]) -> list[str]:
    """A different invented name for each school."""
    parts = table("names")["schools"]
    stems = [f"{a}{b}" for a in parts["first"] for b in parts["second"]]
    rng.shuffle(stems)
    ends = {
        Phase.PRIMARY: "Primary School",
        Phase.SECONDARY: "High School",
        Phase.SPECIAL: "School",
    }
    return [
        f"{stems[n % len(stems)]}{'' if n < len(stems) else ' New'} {ends[phase]}"
        for n, phase in enumerate(phases)
    ]


# Calendars


def _on_or_after(day: date, weekday: int) -> date:
    return day + timedelta(days=(weekday - day.weekday()) % 7)


def _on_or_before(day: date, weekday: int) -> date:
    return day - timedelta(days=(day.weekday() - weekday) % 7)


def year_plan(year: int, *, own: int = 0, two_weeks: bool = False) -> Plan:
    """A school year's terms and training days.

    own        0 for the authority's; any other number moves some training days
    two_weeks  two weeks off in October
    """
    october = _on_or_before(date(year, 10, 31), 0)
    february = _on_or_after(date(year + 1, 2, 13), 0)
    may = _on_or_before(date(year + 1, 5, 31), 0)
    first = date(year, 9, 1)
    first = first if first.weekday() < 5 else _on_or_after(first, 0)
    october_end = october - ONE_WEEK if two_weeks else october
    christmas = _on_or_before(date(year, 12, 21), 4)
    january = _on_or_after(date(year + 1, 1, 4), 0)  # a Monday before is a bank holiday
    easter = _on_or_before(date(year + 1, 3, 27), 3)
    summer = monday_of(easter) + 3 * ONE_WEEK
    july = date(year + 1, 7, 21)
    july = july if july.weekday() < 5 else _on_or_before(july, 4)
    friday = timedelta(days=3)
    terms = (
        TermDates(first, october_end - friday, "Autumn first half"),
        TermDates(october + ONE_WEEK, christmas, "Autumn second half"),
        TermDates(january, february - friday, "Spring first half"),
        TermDates(february + ONE_WEEK, easter, "Spring second half"),
        TermDates(summer, may - friday, "Summer first half"),
        TermDates(may + ONE_WEEK, july, "Summer second half"),
    )
    training = [first, january, july]
    training += [[october + ONE_WEEK], [october_end - friday], [may + ONE_WEEK]][own % 3]
    training += [[], [_on_or_after(date(year, 11, 24), own % 5)], [christmas]][own // 3 % 3]
    days = tuple(DayEntry(day, DayKind.INSET) for day in sorted(training))
    return Plan(terms, days)


def school_plan(school: SchoolPlan, year: int) -> Plan:
    """The calendar that a school works by in a year."""
    if school.calendar == "authority":
        return year_plan(year)
    return year_plan(year, own=school.index + 1, two_weeks=school.calendar.startswith("two"))
