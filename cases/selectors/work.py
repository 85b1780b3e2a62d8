"""What waits for a person, of every kind, as one list that the database pages, filters and sorts.

Each kind of work is a `Source` in SOURCES: to join, give the rows that a person may act on (through
`cases.access`) with the columns of `shaped`. Packages above this one call `join`. Deadlines are one
of them.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import reduce
from typing import Any

from django.db import models
from django.db.models import Case as Choose
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Cast, Coalesce, Concat, Greatest, TruncDate

from attendance.marks import year_of
from attendance.models import (
    AdultLink,
    ChangeState,
    LeaveRequest,
    LeaveState,
    MarkChange,
    PupilStanding,
    YesNoUnknown,
)
from attendance.names import plain
from authorities.access import Reach
from authorities.permissions import Permission
from cases.access import (
    case_letters_for,
    cases_for,
    deadlines_for,
    lost_cases_for,
    open_to,
    rechecks_for,
    referrals_for,
    shares_for,
)
from cases.models import (
    Case,
    CaseRestriction,
    Deadline,
    DeadlineKind,
    Proposal,
    ProposalState,
    Recheck,
    ShareState,
    WorkChange,
)
from cases.selectors.entries import Entry
from cases.selectors.following import left_by, without_ground
from cases.selectors.owners import COUNCILS_CLOCK
from rules.compulsory_age import last_birthday_past, leaving_date
from rules.dates import in_words
from rules.letter_stages import LetterState
from rules.referral_stages import SCHOOL, TURN, ReferralState

P = Permission
S = ReferralState
SOON = timedelta(days=7)
Rows = QuerySet[Any, dict[str, Any]]

# The columns of every row, in this order. `w_when` sorts: the last day, else since when it waits.
COLUMNS = (
    *("w_kind", "w_pk", "w_version", "w_due", "w_since", "w_when", "w_words", "w_nothing"),
    *("w_ref", "w_case", "w_school", "w_urn", "w_sort", "w_known", "w_surname"),
    *("w_owner", "w_owner_name", "w_paused", "w_because"),
)
BLOCKED = ("w_recheck", "w_marks", "w_family")  # only of a deadline, and looked up for a page


@dataclass(frozen=True, slots=True)
class Source:
    """One kind of work that is no deadline.

    key    in the address and in a row's `w_kind`; no value of DeadlineKind
    route  of the page where it is done; `takes` its reference: "w_ref" or "w_case"
    alone  why it is not done together with others, for a bulk action
    needs  without it nowhere the database is not asked
    """

    key: str
    label: str
    route: str
    rows: Callable[[Reach], Rows]
    alone: str
    takes: str = "w_ref"
    needs: Permission = Permission.VIEW_CASE


def shaped(rows: QuerySet[Any], *, pupil: str = "", case: str = "", **columns: Any) -> Rows:
    """Rows with the columns of a list of work. What is not given is empty.

    pupil, case  paths to them: "pupil", "case"; "" where there is none
    Needs w_kind, w_words, w_since and w_ref; w_school comes from the rows' `school`. Rows without
    a pupil say in w_known whose they are.
    """
    none = Cast(Value(None), models.DateField())
    carrier = f"{case}__owner" if case else ""
    given: dict[str, Any] = {
        "w_pk": F("pk"),
        "w_version": Value(0),
        "w_due": none,
        "w_nothing": Value(""),
        "w_case": Coalesce(F(f"{case}__reference"), Value("")) if case else Value(""),
        "w_school": F("school__name"),
        "w_urn": F("school__urn"),
        "w_sort": Value(""),
        "w_surname": Value(""),
        **(_name(pupil) if pupil else {}),
        "w_owner": F(carrier) if case else Cast(Value(None), models.BigIntegerField()),
        "w_owner_name": Coalesce(F(f"{carrier}__name"), Value("")) if case else Value(""),
        "w_paused": none,
        "w_because": Value(""),
        "w_recheck": Value(False),
        "w_marks": Value(False),
        "w_family": Value(False),
        **columns,
    }
    given["w_when"] = Coalesce(given["w_due"], given["w_since"])
    keys = (*COLUMNS, *BLOCKED)
    return rows.order_by().select_related(None).annotate(**{key: given[key] for key in keys})


def _name(pupil: str) -> dict[str, Any]:
    known = Choose(
        When(Q(**{f"{pupil}__known_as": ""}), then=F(f"{pupil}__forenames")),
        default=F(f"{pupil}__known_as"),
    )
    return {
        "w_sort": F(f"{pupil}__sort_name"),
        "w_known": known,
        "w_surname": F(f"{pupil}__surname"),
    }


# What blocks a deadline

K = DeadlineKind
RESTS_ON_MARKS = (
    *(K.LETTER_REVIEW, K.PLAN_MIDWAY, K.PLAN_REVIEW, K.CONTRACT_REVIEW, K.CONTRACT_END, K.LEGAL),
)
NEEDS_THE_FAMILY = (K.MEETING, K.MINUTES, K.CONTACT, K.CONTRACT_ANSWER)
KNOWN = (YesNoUnknown.YES, YesNoUnknown.NO)
BLOCKS: dict[str, str] = {
    "w_recheck": "Marks were corrected, and nobody has decided what follows.",
    "w_marks": "It rests on marks with code N that have no reason yet.",
    "w_family": "Nobody has said whether any adult's details must be kept from others.",
}


def _blocks(reach: Reach) -> dict[str, Any]:
    """Whether each of BLOCKS holds for a deadline."""
    enrolment, pupil = OuterRef("case__enrolment"), OuterRef("case__pupil")
    adults = AdultLink.objects.filter(pupil=pupil)
    open_marks = PupilStanding.objects.filter(
        enrolment=enrolment, year=year_of(reach.today), window_unresolved__gt=0
    )
    unanswered = Exists(adults) & ~Exists(adults.filter(adult__protected_address__in=KNOWN))
    return {
        "w_recheck": Exists(Recheck.objects.filter(enrolment=enrolment, decision="")),
        "w_marks": _yes(Q(kind__in=RESTS_ON_MARKS) & Exists(open_marks)),
        "w_family": _yes(Q(kind__in=NEEDS_THE_FAMILY) & unanswered),
    }


# The council's clock is not for whoever carries the case at the school.
COUNCILS = {"kind": K.REFERRAL_ANSWER, "clock__key": COUNCILS_CLOCK}


def _yes(condition: Any) -> Choose:
    return Choose(When(condition, then=Value(True)), default=Value(False))


def deadline_rows(reach: Reach, rows: QuerySet[Deadline] | None = None) -> Rows:
    """What is due on the open cases that the person may see.

    Without `rows` all of them, but for answers to referrals: `_referrals` says whose turn it is.
    """
    if rows is None:
        rows = deadlines_for(reach).exclude(kind=K.REFERRAL_ANSWER)
    return shaped(
        rows.filter(done_on=None, case__closed_on=None),
        pupil="case__pupil",
        case="case",
        w_kind=F("kind"),
        w_version=F("version"),
        w_due=F("due_on"),
        w_since=F("since"),
        w_words=F("words"),
        w_nothing=F("nothing"),
        w_ref=F("case__reference"),
        w_owner=Choose(
            When(**COUNCILS, then=F("owner")), default=Coalesce(F("owner"), F("case__owner"))
        ),
        w_owner_name=Choose(
            When(**COUNCILS, then=Coalesce(F("owner__name"), Value(""))),
            default=Coalesce(F("owner__name"), F("case__owner__name"), Value("")),
        ),
        w_paused=F("paused_since"),
        w_because=F("paused_because"),
        **_blocks(reach),
    )


# The other kinds


def _letters(reach: Reach, permission: Permission, *states: LetterState) -> QuerySet[Any]:
    return case_letters_for(reach).filter(
        reach.schools(permission, "letter__school__"),
        letter__state__in=[state.value for state in states],
    )


def _letter_rows(rows: QuerySet[Any], kind: str, since: str) -> Rows:
    return shaped(
        rows,
        pupil="pupil",
        case="case",
        w_kind=Value(kind),
        w_since=TruncDate(f"letter__{since}"),
        w_words=F("letter__title"),
        w_ref=F("letter__reference"),
        w_school=F("letter__school__name"),
        w_urn=F("letter__school__urn"),
    )


def _to_approve(reach: Reach) -> Rows:
    rows = _letters(reach, P.APPROVE_LETTER, LetterState.DRAFT)
    return _letter_rows(rows, "letter to approve", "created_at")


def _stopped(reach: Reach) -> Rows:
    rows = _letters(reach, P.PREPARE_LETTER, LetterState.HELD, LetterState.FAILED)
    return _letter_rows(rows, "letter stopped", "changed_at")


def _rechecks(reach: Reach) -> Rows:
    return shaped(
        rechecks_for(reach).filter(reach.schools(P.CHANGE_CASE, "school__"), decision=""),
        pupil="enrolment__pupil",
        case="case",
        w_kind=Value("check again"),
        w_since=TruncDate("found_at"),
        w_words=Value("Decide what follows from corrected marks"),
        w_nothing=Value("What was done stands on figures that have changed."),
        w_ref=F("reference"),
    )


def _proposals(reach: Reach) -> Rows:
    """One row for each pupil of whom a policy proposes something: the oldest of what it does."""
    rows = Proposal.objects.filter(
        reach.schools(P.CHANGE_CASE, "school__"),
        open_to(reach, "case__"),
        authority=reach.authority,
        state=ProposalState.OPEN,
    )
    hidden = Case.objects.filter(enrolment=OuterRef("enrolment"), closed_on=None).exclude(
        open_to(reach)
    )
    rows = rows.exclude(Exists(hidden))
    same = rows.filter(enrolment=OuterRef("enrolment")).order_by()
    first = rows.filter(~Exists(same.filter(pk__lt=OuterRef("pk"))))
    how_many = Subquery(same.values("enrolment").annotate(n=Count("pk")).values("n"))
    return shaped(
        first.annotate(how_many=how_many),
        pupil="enrolment__pupil",
        case="case",
        w_kind=Value("proposal"),
        w_since=F("since"),
        w_words=Choose(
            When(how_many=1, then=F("why")),
            default=Concat(
                Cast(F("how_many"), models.CharField()),
                Value(" things are proposed for this pupil. The first: "),
                F("why"),
                output_field=models.CharField(),
            ),
        ),
        w_nothing=Value(
            "The proposal stays open; nothing goes out by itself but what the policy says."
        ),
        w_ref=F("reference"),
    )


def _referrals(reach: Reach) -> Rows:
    """Those whose turn it is: the school's to write or answer, the council's to answer or place.

    Its worker at the council is who has the clock, or who answered; before that the role that
    decides stands for them.
    """
    schools = [state.value for state, whose in TURN.items() if whose == SCHOOL]
    councils = [S.SENT.value, S.RECEIVED.value, S.ACCEPTED.value]
    turn = Q(reach.schools(P.MAKE_REFERRAL, "school__"), state__in=schools)
    turn |= Q(reach.schools(P.DECIDE_REFERRAL, "school__"), state__in=councils)
    about = Concat(Value("cases.Referral:"), Cast(OuterRef("pk"), models.CharField()))
    clocks = Deadline.objects.filter(case=OuterRef("case"), kind=K.REFERRAL_ANSWER, about=about)
    due = clocks.filter(done_on=None)

    def who(field: str, kind: "models.Field[Any, Any]") -> Coalesce:
        writes = When(state__in=schools, then=F(f"begun_by{field}"))
        answered = Subquery(clocks.order_by("-pk").values(f"done_by{field}")[:1])
        return Coalesce(
            Subquery(due.values(f"owner{field}")[:1]),
            Choose(writes, default=answered, output_field=kind),
            output_field=kind,
        )

    return shaped(
        referrals_for(reach).filter(turn),
        pupil="case__pupil",
        case="case",
        w_kind=Value("referral"),
        w_due=Subquery(due.values("due_on")[:1]),
        w_since=TruncDate("changed_at"),
        w_words=Choose(
            When(state=S.ACCEPTED.value, then=Concat(Value("Choose the team: "), F("title"))),
            default=F("title"),
        ),
        w_nothing=Value("The family waits, and nobody takes the case on."),
        w_ref=F("reference"),
        w_owner=who("", models.BigIntegerField()),
        w_owner_name=Coalesce(who("__name", models.CharField()), F("decided_by")),
    )


def _endings(reach: Reach) -> Rows:
    """Open cases whose pupil left or is past school age, until somebody says why they go on."""
    today = reach.today
    left = left_by(today)
    leaving = leaving_date(last_birthday_past(today).year + 16)
    return shaped(
        cases_for(reach).filter(reach.schools(P.CHANGE_CASE, "school__"), without_ground(today)),
        pupil="pupil",
        w_kind=Value("ending"),
        w_since=Choose(
            When(left, then=F("enrolment__ends_on")),
            default=Greatest(F("opened_on"), Cast(Value(leaving), models.DateField())),
        ),
        w_words=Choose(
            When(left, then=Value("The pupil has left the roll: send the case on, or close it")),
            default=Value("The pupil is past compulsory school age: close the case"),
        ),
        w_nothing=Value("The case stays open without ground, and its clocks run on."),
        w_ref=F("reference"),
        w_case=F("reference"),
        w_owner=F("owner"),
        w_owner_name=Coalesce(F("owner__name"), Value("")),
    )


def _lost(reach: Reach) -> Rows:
    """Restricted cases that nobody named can open: without the pupil, until one takes it over."""
    changed = CaseRestriction.objects.filter(case=OuterRef("pk"), restricted=True)
    return shaped(
        lost_cases_for(reach),
        w_kind=Value("lost"),
        w_since=TruncDate(Subquery(changed.order_by("-pk").values("made_at")[:1])),
        w_known=Value("Restricted case"),
        w_words=Value("Nobody named on it can open it any more: take it over"),
        w_nothing=Value("Nobody sees the case, and nobody helps."),
        w_ref=F("reference"),
    )


def _questions(reach: Reach) -> Rows:
    return shaped(
        shares_for(reach).filter(state=ShareState.ASKED.value),
        pupil="enrolment__pupil",
        w_kind=Value("sibling"),
        w_since=TruncDate("asked_at"),
        w_words=Value("Another school asks about this pupil, as a brother or sister of theirs"),
        w_nothing=Value("The two schools do not plan together, and the family hears from both."),
        w_ref=F("reference"),
        w_school=F("other_school__name"),
        w_urn=F("other_school__urn"),
    )


def _leave(reach: Reach) -> Rows:
    rows = LeaveRequest.objects.filter(
        reach.schools(P.DECIDE_LEAVE, "school__"),
        authority=reach.authority,
        state=LeaveState.ASKED.value,
    )
    return shaped(
        rows,
        pupil="enrolment__pupil",
        w_kind=Value("leave"),
        w_due=F("first_day"),
        w_since=F("asked_on"),
        w_words=Value("Decide a request for leave, before its first day"),
        w_nothing=Value("The parent has no answer when the days begin."),
        w_ref=F("reference"),
    )


def _changes(reach: Reach) -> Rows:
    rows = MarkChange.objects.filter(
        reach.schools(P.AGREE_AMENDMENT, "school__"),
        authority=reach.authority,
        state=ChangeState.WAITING.value,
    )
    return shaped(
        rows.exclude(asked_by=reach.user),
        w_kind=Value("old marks"),
        w_since=TruncDate("asked_at"),
        w_known=Value("Old marks"),
        w_words=Concat(Value("Agree to the change or decline it: "), F("selected")),
        w_nothing=Value("The register stays as it is."),
        w_ref=F("reference"),
    )


SOURCES: list[Source] = [
    Source(
        "letter to approve",
        "Letter to approve",
        "cases:letter",
        _to_approve,
        "Read each letter before you approve it.",
    ),
    Source(
        "letter stopped",
        "Letter held or failed",
        "cases:letter",
        _stopped,
        "Read why each letter was stopped.",
    ),
    Source(
        "check again",
        "Check again",
        "cases:recheck",
        _rechecks,
        "Decide each on its own page, with the corrected marks before you.",
    ),
    Source(
        "proposal",
        "Proposal to decide",
        "cases:proposal",
        _proposals,
        "A person decides each proposal with its facts before them.",
    ),
    Source(
        "referral",
        "Referral to answer",
        "cases:referral",
        _referrals,
        "Answer each referral on its own page.",
    ),
    Source(
        "ending",
        "Case to close or send on",
        "cases:case",
        _endings,
        "Decide each case on its own page.",
    ),
    Source(
        "lost",
        "Restricted case without anybody",
        "cases:case_take_over",
        _lost,
        "Take each over on its own page, with a reason.",
        needs=P.RESTRICT_CASE,
    ),
    Source(
        "sibling",
        "Question about a brother or sister",
        "cases:sibling_request",
        _questions,
        "Answer each question on its own page.",
        needs=P.SHARE_SIBLING,
    ),
    Source(
        "leave",
        "Leave to decide",
        "attendance:leave_request",
        _leave,
        "Decide each request on its own page.",
        needs=P.DECIDE_LEAVE,
    ),
    Source(
        "old marks",
        "Change of old marks to agree",
        "attendance:correction",
        _changes,
        "Agree to each change on its own page, with the marks before you.",
        needs=P.AGREE_AMENDMENT,
    ),
]
BY_KEY = {source.key: source for source in SOURCES}
LABELS: dict[str, str] = {
    **{source.key: source.label for source in SOURCES},
    **{kind.value: kind.label for kind in DeadlineKind},
}


def join(source: Source) -> None:
    """Add the work of a package above this one. Its `ready` calls it, once."""
    SOURCES.append(source)
    BY_KEY[source.key] = source
    LABELS[source.key] = source.label


# Asking


def _tabs(today: date) -> dict[str, tuple[str, str, Q]]:
    """Key → label, what it means, which rows."""
    runs = Q(w_paused=None)
    blocked = Q(w_paused__isnull=False) | Q(w_recheck=True) | Q(w_marks=True) | Q(w_family=True)
    return {
        "due": (
            "Due",
            "Due today or before, and what waits for an answer without a date.",
            runs & (Q(w_due=None) | Q(w_due__lte=today)),
        ),
        "overdue": ("Overdue", "The day has passed.", runs & Q(w_due__lt=today)),
        "week": (
            "Next 7 days",
            f"Due from tomorrow to {in_words(today + SOON)}.",
            runs & Q(w_due__gt=today, w_due__lte=today + SOON),
        ),
        "later": ("Later", "Due in more than 7 days.", runs & Q(w_due__gt=today + SOON)),
        "blocked": (
            "Blocked",
            "Paused, or something else must be settled first. Each row says what.",
            blocked,
        ),
        "all": ("All", "All that waits, whenever it is due.", Q()),
    }


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows are asked for.

    whose   "" for everybody's, "mine", or "nobody"
    kinds   keys of LABELS; none for all
    urn     of one school; "" for all that the person may see
    words   each word of them is in the pupil's name
    """

    tab: str = "due"
    whose: str = ""
    kinds: tuple[str, ...] = ()
    urn: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Work:
    """A list of work with what stands beside it."""

    rows: Rows
    tabs: list[dict[str, Any]]
    kinds: list[tuple[str, int]] = field(default_factory=list)

    def count(self, tab: str) -> int:
        """How many stand under a tab."""
        return next(int(item["count"]) for item in self.tabs if item["key"] == tab)


def work_for(reach: Reach, wanted: Wanted) -> Work:
    """What waits for a person. The same number of queries whatever there is.

    The tabs count what the other filters leave; the kinds count what stands under the tab,
    whichever kinds are asked for.
    """
    tabs = _tabs(reach.today)
    chosen = tabs[wanted.tab][2]
    parts = [_narrowed(rows, reach, wanted) for rows in _parts(reach)]
    counted = {f"n_{key}": Count("pk", filter=which) for key, (_, _, which) in tabs.items()}
    counts: dict[str, int] = dict.fromkeys(tabs, 0)
    kinds: dict[str, int] = {}
    for row in _united(part.values("w_kind").annotate(**counted) for part in parts):
        kinds[row["w_kind"]] = kinds.get(row["w_kind"], 0) + row[f"n_{wanted.tab}"]
        if not wanted.kinds or row["w_kind"] in wanted.kinds:
            for key in tabs:
                counts[key] += row[f"n_{key}"]
    return Work(
        rows=_united(
            _of_kinds(part, wanted.kinds).filter(chosen).values(*COLUMNS) for part in parts
        ),
        tabs=[
            {"key": key, "text": label, "means": means, "count": counts[key]}
            for key, (label, means, _) in tabs.items()
        ],
        kinds=[(key, kinds[key]) for key in LABELS if kinds.get(key)],
    )


def waiting(reach: Reach) -> str:
    """How much of a person's work is due and overdue, for the link that leads to it.

    One query, and those with which sources find who decides.
    """
    found = work_for(reach, Wanted())
    due, overdue = found.count("due"), found.count("overdue")
    return f"{due:,} due, {overdue:,} overdue" if overdue else f"{due:,} due"


def chosen_rows(reach: Reach, wanted: Wanted, most: int) -> list[dict[str, Any]]:
    """The rows under the filters, at most so many and one, in the list's first order."""
    return list(
        work_for(reach, wanted).rows.order_by("w_when", "w_sort", "w_kind", "w_pk")[: most + 1]
    )


def deadlines_of(reach: Reach, case: Case, pk: int | None = None) -> list[dict[str, Any]]:
    """The running deadlines of one case as rows of the list, or the one of them."""
    rows = deadline_rows(reach, deadlines_for(reach).filter(case=case))
    rows = rows.filter(pk=pk) if pk is not None else rows
    return list(rows.values(*COLUMNS, *BLOCKED).order_by("w_when", "w_pk"))


def with_blocks(reach: Reach, rows: list[dict[str, Any]]) -> None:
    """Add to the rows of a page what blocks each of them. One query."""
    pks = [row["w_pk"] for row in rows if row["w_kind"] not in BY_KEY]
    found = deadline_rows(reach, Deadline.objects.filter(authority=reach.authority, pk__in=pks))
    blocks = {row["pk"]: row for row in found.values("pk", *BLOCKED)}
    for row in rows:
        of = blocks.get(row["w_pk"], {}) if row["w_kind"] not in BY_KEY else {}
        row |= {key: of.get(key, False) for key in BLOCKED}


def _parts(reach: Reach) -> list[Rows]:
    return [
        deadline_rows(reach),
        *(source.rows(reach) for source in SOURCES if reach.may(source.needs)),
    ]


def _narrowed(rows: Rows, reach: Reach, wanted: Wanted) -> Rows:
    if wanted.whose == "mine":
        rows = rows.filter(w_owner=reach.user.pk)
    if wanted.whose == "nobody":
        rows = rows.filter(w_owner=None)
    if wanted.urn:
        rows = rows.filter(w_urn=wanted.urn)
    for word in plain(wanted.words).split():
        rows = rows.filter(w_sort__contains=word)
    return rows


def _of_kinds(rows: Rows, kinds: Sequence[str]) -> Rows:
    return rows.filter(w_kind__in=kinds) if kinds else rows


def _united(parts: Iterable[Rows]) -> Rows:
    """All rows of the parts, which have the same columns, as one question to the database."""
    first, *others = parts
    return reduce(lambda rows, more: rows.union(more, all=True), others, first)


def blocked_by(row: dict[str, Any]) -> list[str]:
    """Why nothing can be done about a row yet, in sentences."""
    said = [words for column, words in BLOCKS.items() if row[column]]
    if row["w_paused"] is not None:
        said.insert(0, f"Paused since {in_words(row['w_paused'])}: {row['w_because']}")
    return said


def over(case: Case) -> QuerySet[Deadline]:
    """The deadlines of a case that were done or dropped, the last first."""
    rows = Deadline.objects.filter(case=case, done_on__isnull=False).select_related("done_by")
    return rows.order_by("-done_on", "-pk")


# The history of a case


def entries(case: Case, reach: Reach) -> list[Entry]:
    """What was changed about a case's deadlines and its owner. One query."""
    rows = WorkChange.objects.filter(case=case).select_related(
        "deadline", "made_by", "was_owner", "now_owner"
    )
    return [
        Entry(
            row.made_at,
            f"{row.get_what_display()}: {row.deadline.words}" if row.deadline else "Case given",
            row.made_by.name if row.made_by else "",
            change_words(row),
            tag="Deadline" if row.deadline else "Owner",
            tag_colour="turquoise",
        )
        for row in rows
    ]


def change_words(row: WorkChange) -> str:
    """What a change was, in a sentence or two."""
    said = []
    if row.was_on and row.now_on and row.was_on != row.now_on:
        said.append(f"Due {in_words(row.now_on)}; it was {in_words(row.was_on)}.")
    if row.was_owner or row.now_owner:
        now = row.now_owner.name if row.now_owner else "whoever carries the case"
        was = row.was_owner.name if row.was_owner else "whoever carried the case"
        said.append(f"Now with {now}; it was with {was}.")
    return " ".join([*said, row.reason]).strip()
