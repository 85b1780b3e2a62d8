"""A proposal as a person reads it: what, why, by which figures, and what to do about it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.urls import reverse

from authorities.access import Reach
from authorities.packs import Pack, PackError, load
from authorities.packs.schema import FACTS
from authorities.permissions import Permission
from cases.models import Case, Proposal, ProposalKind, ProposalState
from cases.selectors.letters import prepared_here
from frontend.templatetags.govuk import percent_bp
from rules.absence import basis_points

Row = dict[str, str]


def pack_of(row: Proposal) -> Pack | None:
    """The edition that proposed it; None when it is no longer among the policies."""
    try:
        return load(row.pack, row.edition)
    except PackError:
        return None


def what(row: Proposal) -> str:
    """What is proposed, with the policy's own name for the letter, meeting or stage."""
    words = row.get_proposes_display()
    pack = pack_of(row) if row.target else None
    if pack is None:
        return words
    names = {letter.key: letter.title for letter in pack.letters}
    names = {
        ProposalKind.LETTER: names,
        ProposalKind.MEETING: {meeting.key: meeting.label for meeting in pack.meetings},
        ProposalKind.STAGE: {stage.key: stage.label for stage in pack.stages},
    }.get(ProposalKind(row.proposes), {})
    return f"{words}: {names[row.target]}" if row.target in names else words


def pack_title(row: Proposal) -> str:
    """The title of the policy."""
    pack = pack_of(row)
    return pack.pack.title if pack else row.pack


def one_for_each_pupil(rows: QuerySet[Proposal]) -> QuerySet[Proposal]:
    """The newest of these for each pupil on a roll: a list has one line for each of them."""
    newer = rows.filter(enrolment=OuterRef("enrolment")).filter(
        Q(since__gt=OuterRef("since")) | Q(since=OuterRef("since"), pk__gt=OuterRef("pk"))
    )
    return rows.filter(~Exists(newer))


def put_together(rows: QuerySet[Proposal], shown: Iterable[Proposal]) -> dict[int, list[Proposal]]:
    """Enrolment → all of `rows` for it, newest first, for the pupils shown. One query."""
    found: dict[int, list[Proposal]] = {row.enrolment_id: [] for row in shown}
    for row in rows.filter(enrolment__in=found).order_by("-since", "-pk"):
        found[row.enrolment_id].append(row)
    return found


def others_for(row: Proposal, rows: QuerySet[Proposal]) -> list[Proposal]:
    """What else of `rows` waits for a decision about the same pupil. One query."""
    same = rows.filter(enrolment=row.enrolment_id, state=ProposalState.OPEN)
    return list(same.exclude(pk=row.pk).order_by("-since", "-pk"))


def figure_words(value: int | list[int]) -> str:
    """A figure as a proposal keeps it, for a page."""
    if isinstance(value, int):
        return f"{value:,}"
    part, whole = value
    return f"{percent_bp(basis_points(part, whole))} ({part} of {whole} half days)"


def figures(row: Proposal) -> list[Row]:
    """What the register said on the day on which it was first so."""
    rows = []
    for name, (words, _) in FACTS.items():
        if name in row.facts:
            words = f"{words[0].upper()}{words[1:]}"
            rows.append({"key": words, "value": figure_words(row.facts[name])})
    return rows


@dataclass(frozen=True, slots=True)
class NextStep:
    """What a person does to take it up: a link, and what it leads to."""

    text: str
    href: str
    then: str


def next_step(row: Proposal, reach: Reach, case: Case | None) -> NextStep | None:
    """Where it is taken up. None for what needs no page, and for who may not do it.

    case  the open case that this person may see, if there is one
    """
    la = reach.authority.code
    pupil = row.enrolment.pupil.reference
    if case is None and row.proposes != ProposalKind.WARNING:
        if not reach.may(Permission.CHANGE_CASE, row.school):
            return None
        then = {
            ProposalKind.CASE: "You see the facts first, then decide.",
            ProposalKind.LETTER: "A letter to the family belongs to a case. Prepare it from there.",
            ProposalKind.MEETING: "A meeting belongs to a case. Arrange it from there.",
            ProposalKind.STAGE: "A stage belongs to a case. You can move it from there.",
            ProposalKind.CLOSE: "The case that this was about is closed.",
        }[ProposalKind(row.proposes)]
        return NextStep("Open a case", reverse("cases:open_for_pupil", args=[la, pupil]), then)
    if row.proposes == ProposalKind.WARNING:
        return NextStep("Look at the pupil", reverse("attendance:pupil", args=[la, pupil]), "")
    assert case is not None  # noqa: S101  the branch above took the others
    if row.proposes == ProposalKind.LETTER and (letter := _letter(row, reach, case)):
        return letter
    href = reverse("cases:case_proposal", args=[la, case.reference, row.reference])
    return NextStep("Go to the case", href, "You do it on the case's own page.")


def _letter(row: Proposal, reach: Reach, case: Case) -> NextStep | None:
    """A letter is prepared here, or sent by the school and logged. None for who may do neither."""
    la, chosen = reach.authority.code, {"letter": f"{row.pack}:{row.target}"}
    pack = pack_of(row)
    letters = {letter.key: letter for letter in pack.letters} if pack else {}
    if row.target in letters and prepared_here(letters[row.target]):
        if not reach.may(Permission.PREPARE_LETTER, row.school):
            return None
        href = reverse("cases:letter_prepare", args=[la, case.reference])
        then = "Nothing is sent until somebody approves it."
        return NextStep("Prepare the letter", f"{href}?{urlencode(chosen)}", then)
    if not reach.may(Permission.CHANGE_CASE, row.school):
        return None
    href = reverse("cases:letter_log", args=[la, case.reference])
    then = "Onroll has no wording for it yet: your school sends its own, then logs it."
    return NextStep("Log the letter", f"{href}?{urlencode(chosen)}", then)


def counts(rows: QuerySet[Proposal]) -> str:
    """How many wait for a decision, by kind, in words. One query."""
    found = dict(
        rows.filter(state=ProposalState.OPEN)
        .order_by()
        .values_list("proposes")
        .annotate(Count("pk"))
    )
    said = [
        f"{kind.label}: {found[kind.value]:,}" for kind in ProposalKind if found.get(kind.value)
    ]
    return ". ".join(said)


def summary(row: Proposal) -> list[dict[str, Any]]:
    """The proposal in a card."""
    pack = pack_of(row)
    rows = [
        ("Proposed", what(row)),
        ("Because", row.why),
        ("Policy", f"{pack_title(row)}, edition {row.edition}"),
        ("Document", pack.pack.document if pack else ""),
        ("School", row.school.name),
    ]
    return [{"key": key, "value": value} for key, value in rows if value]
