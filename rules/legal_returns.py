"""The yearly return of parental responsibility measures: its columns, and the sums that must hold.

Each cell counts things of one academic year; a penalty notice belongs to the year in which it was
issued. A return in which a sum fails is not sent: the cells that disagree are named.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from rules.dates import DateRange
from rules.notice_stages import PenaltyState
from rules.prosecution_stages import ProsecutionState
from rules.register import rule
from rules.tariffs import Step
from rules.values import value_on


@dataclass(frozen=True, slots=True)
class Column:
    """One column. group  the heading it stands under; a rate is worked out and not counted."""

    key: str
    group: str
    words: str
    is_rate: bool = False


_ROLL, _NOTICES, _WHY = "Pupils", "Penalty notices", "Why they were issued"
_PAID, _GONE, _END = "Paid", "Withdrawn", "Neither paid nor withdrawn"
_CASES, _PARENTING = "Cases led towards prosecution", "Parenting orders"
_CONTRACTS, _ORDERS = "Attendance contracts", "Education supervision orders"

COLUMNS = (
    Column("enrolments", _ROLL, "Pupils on roll"),
    Column("pn_issued", _NOTICES, "Issued"),
    Column("pn_issued_rate", _NOTICES, "Issued for every 100 pupils on roll", is_rate=True),
    Column("reason_pn_hols", _WHY, "Holiday without leave"),
    Column("reason_pn_late", _WHY, "Late after the register closed"),
    Column("reason_pn_other", _WHY, "Other absence without leave"),
    Column("pn_paid", _PAID, "All"),
    Column("pn_paid_21", _PAID, "Within 21 days"),
    Column("pn_paid_22_28", _PAID, "Within 22 to 28 days"),
    Column("pn_withdrawn", _GONE, "All"),
    Column("withdrawn_reason_conduct", _GONE, "Outside the code, or not to have been issued"),
    Column("withdrawn_reason_wrong_issue", _GONE, "Issued to the wrong person"),
    Column("withdrawn_reason_material_error", _GONE, "A material error in the notice"),
    Column("withdrawn_reason_expiry_no_legal", _GONE, "Unpaid, and no legal step taken"),
    Column("pn_prosecuted_non_payment", _END, "Prosecuted after it was not paid"),
    Column("pn_unresolved", _END, "Not settled yet"),
    Column("case_management", _CASES, "All"),
    Column("case_management_prosecuted", _CASES, "Prosecuted"),
    Column("case_management_withdrawn_before_prosecution", _CASES, "Stopped before prosecution"),
    Column("case_management_att_improved", _CASES, "Attendance improved"),
    Column("case_management_other", _CASES, "Other ends"),
    Column("parenting_orders_granted", _PARENTING, "Granted"),
    Column("parenting_orders_implemented", _PARENTING, "Carried out"),
    Column("parenting_orders_not_lack_of_provision", _PARENTING, "Not: nothing was on offer"),
    Column("parenting_orders_not_breach_by_parent", _PARENTING, "Not: the parent did not do it"),
    Column("parenting_contracts_offered", _CONTRACTS, "Offered"),
    Column("parenting_contracts_accepted", _CONTRACTS, "Accepted"),
    Column("supervision_orders_total", _ORDERS, "Made"),
    Column("supervision_orders_in_place", _ORDERS, "In place of a prosecution"),
    Column("supervision_orders_in_addition", _ORDERS, "In addition to a prosecution"),
)
_THURSDAY = 3
COUNTED = tuple(column.key for column in COLUMNS if not column.is_rate)


@dataclass(frozen=True, slots=True)
class Identity:
    """One sum that must hold: `total` is the sum of `parts`, or with at_least no less than it.

    blocks  whether the return is not sent while it fails; the others are shown, to be confirmed
    """

    key: str
    total: str
    parts: tuple[str, ...]
    blocks: bool
    at_least: bool = False


IDENTITIES = (
    Identity("paid", "pn_paid", ("pn_paid_21", "pn_paid_22_28"), blocks=True),
    Identity(
        "withdrawn",
        "pn_withdrawn",
        (
            "withdrawn_reason_conduct",
            "withdrawn_reason_wrong_issue",
            "withdrawn_reason_material_error",
            "withdrawn_reason_expiry_no_legal",
        ),
        blocks=True,
    ),
    Identity(
        "reasons",
        "pn_issued",
        ("reason_pn_hols", "reason_pn_late", "reason_pn_other"),
        blocks=True,
    ),
    # To be confirmed with a council's data team, so these warn and do not block.
    Identity(
        "outcomes",
        "pn_issued",
        ("pn_paid", "pn_withdrawn", "pn_prosecuted_non_payment", "pn_unresolved"),
        blocks=False,
    ),
    Identity(
        "cases",
        "case_management",
        (
            "case_management_prosecuted",
            "case_management_withdrawn_before_prosecution",
            "case_management_att_improved",
            "case_management_other",
        ),
        blocks=False,
    ),
    Identity(
        "parenting_orders",
        "parenting_orders_granted",
        (
            "parenting_orders_implemented",
            "parenting_orders_not_lack_of_provision",
            "parenting_orders_not_breach_by_parent",
        ),
        blocks=False,
        at_least=True,
    ),
    Identity(
        "contracts",
        "parenting_contracts_offered",
        ("parenting_contracts_accepted",),
        blocks=False,
        at_least=True,
    ),
    Identity(
        "supervision_orders",
        "supervision_orders_total",
        ("supervision_orders_in_place", "supervision_orders_in_addition"),
        blocks=False,
    ),
)
_WORDS = {column.key: f"{column.group}: {column.words}" for column in COLUMNS}


@dataclass(frozen=True, slots=True)
class Failing:
    """One sum that does not hold. `blocks` says whether the return cannot be sent for it."""

    key: str
    blocks: bool
    sentence: str


@rule("PRM-1", source="DFE/prm-return")
def check(row: Mapping[str, int]) -> tuple[Failing, ...]:
    """Each sum that does not hold in a return, with its sentence; none when all hold.

    row  a whole number for each key of COUNTED. A cell that is missing or below nothing is named
    first, and blocks.
    """
    wrong = tuple(
        Failing(key, True, f"Fill this cell with a whole number from 0: {_WORDS[key]}.")
        for key in COUNTED
        if row.get(key, -1) < 0
    )
    if wrong:
        return wrong
    return tuple(
        Failing(one.key, one.blocks, _disagree(one, row))
        for one in IDENTITIES
        if not _holds(one, row)
    )


def _holds(identity: Identity, row: Mapping[str, int]) -> bool:
    """Whether one sum holds."""
    total, parts = row[identity.total], sum(row[part] for part in identity.parts)
    return total >= parts if identity.at_least else total == parts


def _disagree(identity: Identity, row: Mapping[str, int]) -> str:
    """Which cells do not agree, with their figures."""
    parts = "; ".join(f"{_WORDS[part]} {row[part]:,}" for part in identity.parts)
    amount = sum(row[part] for part in identity.parts)
    more = "more, " if identity.at_least else ""
    return (
        f"“{_WORDS[identity.total]}” is {row[identity.total]:,}, but its parts come to"
        f" {more}{amount:,}: {parts}. Open the cells to find the difference."
    )


@rule("PRM-2", source="DFE/prm-return")
def may_export(row: Mapping[str, int]) -> bool:
    """Whether a return may be sent: every cell filled and each of the three sure sums holds."""
    return not any(failing.blocks for failing in check(row))


@rule("PRM-3", source="DFE/prm-return")
def issued_rate(issued: int, enrolments: int) -> float:
    """Notices issued for every 100 pupils on roll, to one place; 0 where nobody is on roll."""
    return round(100 * issued / enrolments, 1) if enrolments else 0.0


@rule("PRM-4", source="ONROLL/prm-year")
def return_year(day: date) -> DateRange:
    """The academic year of a return that holds a day: 1 September to 31 August."""
    year = begun_in(day)
    return DateRange(date(year, 9, 1), date(year + 1, 8, 31))


def begun_in(day: date) -> int:
    """The calendar year in which the academic year that holds a day began."""
    return day.year - (day.month < 9)


@rule("PRM-5", source="ONROLL/prm-reasons")
def reason_column(codes: Collection[str]) -> str:
    """The column of why a notice was issued, by the codes of its sessions.

    Holiday without leave where all are G, lateness where all are U, otherwise other. Raises
    ValueError for a notice without sessions.
    """
    if not codes:
        raise ValueError("A penalty notice rests on at least one session")
    return {frozenset("G"): "reason_pn_hols", frozenset("U"): "reason_pn_late"}.get(
        frozenset(codes), "reason_pn_other"
    )


OUTCOMES = {
    PenaltyState.PAID: "pn_paid",
    PenaltyState.WITHDRAWN: "pn_withdrawn",
    PenaltyState.PROSECUTED: "pn_prosecuted_non_payment",
    PenaltyState.NO_FURTHER_ACTION: "pn_prosecuted_non_payment",
    PenaltyState.ISSUED: "pn_unresolved",
    PenaltyState.REPRESENTED: "pn_unresolved",
    PenaltyState.UNPAID: "pn_unresolved",
    PenaltyState.FOR_PROSECUTION: "pn_unresolved",
}


@rule("PRM-6", source="ONROLL/prm-outcomes")
def outcome_column(state: PenaltyState) -> str:
    """The column of what came of a notice. Proceedings that were begun and stopped count too."""
    return OUTCOMES[state]


@rule("PRM-7", source="DFE/prm-return")
def paid_column(day_number: int, issued_on: date) -> str:
    """The column of when a notice was paid. day_number  of payment; day 1 is the day of receipt.

    Days on which an open representation stopped the clock are not counted. Paid on an earlier
    day than its receipt, 0 or less, is within the first. Raises ValueError after the last day.
    """
    tariff = value_on("penalty_notice", issued_on, step="first")
    if day_number > tariff["full_within_days"]:
        raise ValueError("Paid after the time to pay: a person decides what becomes of it")
    return "pn_paid_21" if day_number <= tariff["early_within_days"] else "pn_paid_22_28"


# What becomes of a case that led towards prosecution, by the reason why it was not gone on with.
_INSTEAD = frozenset(
    {"more_support", "supervision_order", "social_care", "simple_caution", "no_further_action"}
)
_BEGUN = frozenset(
    {
        ProsecutionState.CHARGED,
        ProsecutionState.LISTED,
        ProsecutionState.DECIDED,
        ProsecutionState.DISCONTINUED,
    }
)


@rule("PRM-8", source="ONROLL/prm-cases")
def case_column(state: ProsecutionState, reason: str) -> str:
    """The column of what came of a case that led towards prosecution; "" while it is open.

    reason  why it was not gone on with, a key of the reasons of rules.prosecution_stages. Once the
    parent is charged it is prosecuted, whatever the court decides and also when it is stopped.
    """
    if state in _BEGUN:
        return "case_management_prosecuted"
    if state is not ProsecutionState.NOT_PROCEEDED:
        return ""
    if reason == "attendance_improved":
        return "case_management_att_improved"
    if reason in _INSTEAD:
        return "case_management_other"
    return "case_management_withdrawn_before_prosecution"


@rule("PRM-10", source="ONROLL/prm-scope")
def is_counted(step: Step) -> bool:
    """Whether a notice is for absence without leave, which the return is about."""
    return step is not Step.EXCLUDED


@rule("PRM-9", source="ONROLL/prm-roll")
def roll_day(begun: int, today: date) -> date:
    """The day on which the pupils on roll are counted: the spring census, or today before it.

    begun  the calendar year in which the academic year began
    The census is on the third Thursday of January.
    """
    first = date(begun + 1, 1, 1)
    census = date(first.year, 1, 15 + (_THURSDAY - first.weekday()) % 7)
    return min(census, today)


def totals(rows: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """The cells of several schools or councils added up. Needs every key of COUNTED in each."""
    kept = list(rows)
    return {key: sum(row[key] for row in kept) for key in COUNTED}
