"""Loading what a gate is judged by, once for all steps, with a constant number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.db.models import Q

from attendance.addressing import Way, may_write_to
from attendance.models import Adult, AdultLink, Enrolment, Flag, LeaveRequest, Pupil, PupilFlag
from attendance.selectors.books import book_of
from attendance.selectors.flags import in_force
from attendance.selectors.proof import verdict
from authorities.access import Reach
from authorities.packs import PolicyInForce, pack_in_force
from cases.models import Case
from cases.selectors.checklists import Stated, statements_of
from cases.selectors.contracts import SCHOOL_TYPES
from cases.selectors.evidence import evidence_of
from cases.selectors.shown import Shown
from legal.models import (
    BorderCheck,
    BrakeAnswer,
    GateAnswerKind,
    GateOverride,
    GateStatement,
    ImprovementNotice,
    ReliedSession,
)
from legal.selectors import gate_evidence, limits, orders, prosecutions
from legal.selectors.deciders import deciders_of, officer_of
from legal.selectors.gate_facts import (
    Facts,
    Improvement,
    Leave,
    Parent,
    Passed,
    Places,
    Said,
    Thought,
)
from rules.dates import in_words
from rules.marks import DatedSession, Mark, Session
from rules.notice_stages import ImprovementState
from rules.officers import Officer
from rules.prosecutions import Used
from rules.settled_absence import SETTLED
from rules.thresholds import Proof, State

# Flags that answer for a circumstance of the family: the record says that it applies.
FLAGS_OF = {
    "send": (Flag.SEN_SUPPORT, Flag.EHC_PLAN),
    "disability": (Flag.DISABILITY,),
    "health": (Flag.MEDICAL, Flag.MENTAL_HEALTH, Flag.PREGNANT),
    "social_worker": (
        Flag.SOCIAL_WORKER,
        Flag.CHILD_PROTECTION,
        Flag.CHILD_IN_NEED,
        Flag.LOOKED_AFTER,
    ),
    "language": (Flag.EAL,),
    "bereavement": (Flag.BEREAVED,),
}
ENGLISH = ("", "english", "eng")
STANDING = (
    ImprovementState.RUNNING,
    ImprovementState.TOLD,
    ImprovementState.ENDED_EARLY,
    ImprovementState.IMPROVED,
    ImprovementState.NOT_IMPROVED,
    ImprovementState.NOT_USED,
)


@dataclass(frozen=True, slots=True)
class Loaded:
    """The facts of one enrolment, ready for any step."""

    facts: Facts
    policy: PolicyInForce
    by: Reach | None
    enrolment: Enrolment

    def facts_at(self, step: str) -> Facts:
        """The same facts before another step. A query at most, where somebody is deciding."""
        deciders = deciders_of(self.policy, step)
        officer: Officer | None = None
        decides = True
        if self.by is not None:
            officer, decides = officer_of(self.by, self.enrolment.school, deciders)
        return replace(
            self.facts,
            step=step,
            officer=officer,
            decides=decides,
            deciders=deciders.labels,
            council_only=deciders.council_only,
        )


def load(
    *,
    enrolment: Enrolment,
    today: date,
    case: Case | None = None,
    adult: Adult | None = None,
    improvement: ImprovementNotice | None = None,
    sessions: Sequence[Mark] | None = None,
    by: Reach | None = None,
) -> Loaded:
    """Everything that the gates of an enrolment are judged by. Arguments as `gates.gate_of`."""
    pupil = enrolment.pupil
    relied = _relied(enrolment, adult)
    links = _links(pupil, adult)
    settled = _settled(pupil, _of_the_step(links, today))
    gone = frozenset[DatedSession]().union(*settled.values())
    book = book_of(
        enrolment,
        pupil.born_on,
        today=today,
        relied=dict.fromkeys(gone, ("",)) | {when: (what,) for when, what in relied.items()},
    )
    proof = book.proof
    flags = _flags(pupil, today)
    notices = gate_evidence.notices_of(enrolment)
    said = _said(enrolment, case)
    evidence = [
        *(evidence_of(case) if case is not None else ()),
        *gate_evidence.of_items(enrolment, case),
        *(shown for notice in notices for shown in gate_evidence.of_improvement(notice)),
    ]
    offence = tuple(_offence(proof) if sessions is None else sessions)
    since = min((mark.day for mark in offence), default=today)
    elsewhere = limits.elsewhere(pupil, since=since, today=today)
    chosen = next((one for one in notices if improvement and one.pk == improvement.pk), None)
    facts = Facts(
        step="",
        today=today,
        born_on=pupil.born_on,
        school=SCHOOL_TYPES[enrolment.school.kind],
        proof=proof,
        verdict=verdict(proof),
        register=_register(proof, enrolment, today),
        sessions=offence,
        prosecuted=frozenset(when for when, what in relied.items() if "Prosecution" in what),
        settled=settled,
        left_out=gone.intersection(book.used),
        under_order=orders.days_under_order(pupil),
        flags=frozenset(flag.name.lower() for flag in flags),
        parents=_parents(links, pupil, elsewhere.councils, offence, today),
        evidence=sorted(evidence, key=lambda shown: shown.on),
        by_test=_by_test(enrolment, case),
        stated=_stated(case, said),
        said=[one for one in said if ":" not in one.test],
        thoughts=_thoughts(enrolment, case),
        on_record=_on_record(flags, pupil, links),
        improvement=_improvement(chosen or _standing(notices)),
        leave=_leave(enrolment),
        places=_places(elsewhere),
        passed=_passed(enrolment, case),
    )
    return Loaded(facts, pack_in_force(enrolment.school, today), by, enrolment)


def relied_sessions(enrolment: Enrolment, adult: Adult | None = None) -> frozenset[DatedSession]:
    """The sessions that a live notice or prosecution rests on: against one parent, or any."""
    return frozenset(_relied(enrolment, adult))


def _relied(enrolment: Enrolment, adult: Adult | None) -> dict[DatedSession, str]:
    rows = ReliedSession.objects.filter(enrolment=enrolment, freed_on=None)
    if adult is not None:
        rows = rows.filter(adult=adult)
    return {
        DatedSession(day, Session(session)): subject
        for day, session, subject in rows.values_list("day", "session", "subject")
    }


def _settled(pupil: Pupil, links: Sequence[AdultLink]) -> dict[Used, frozenset[DatedSession]]:
    """The sessions that can carry no new notice to any of these adults, by what settled them.

    What is settled for one parent may still be asked of the other.
    """
    if not links:
        return {}
    each = prosecutions.settled_of(pupil, [link.adult_id for link in links]).values()
    for_all = frozenset.intersection(
        *(frozenset[DatedSession]().union(*settled.values()) for settled in each)
    )
    return {
        why: for_all & frozenset[DatedSession]().union(*(settled[why] for settled in each))
        for why in SETTLED
    }


def _offence(proof: Proof) -> tuple[Mark, ...]:
    """The sessions that the threshold rests on: of the latest window that meets it, else of now."""
    return (proof.latest or proof.current).marks


def _register(proof: Proof, enrolment: Enrolment, today: date) -> Shown:
    key = "threshold" if proof.state is State.YES else "opening"
    words = f"The register to {in_words(proof.as_of)}: {verdict(proof)}"
    at = (enrolment.pupil.reference,)
    return Shown("register", today, words, "", "attendance:pupil_proof", at, key)


def _flags(pupil: Pupil, today: date) -> frozenset[Flag]:
    rows = PupilFlag.objects.filter(in_force(today), pupil=pupil)
    return frozenset(Flag(kind) for kind in rows.values_list("kind", flat=True))


def _links(pupil: Pupil, adult: Adult | None) -> list[AdultLink]:
    rows = AdultLink.objects.filter(pupil=pupil).select_related("adult")
    if adult is not None:
        rows = rows.filter(adult=adult)
    return list(rows.order_by("priority", "pk"))


def is_parent(link: AdultLink, today: date) -> bool:
    """Whether the record says that somebody is a parent in law: responsibility, or care today."""
    caring = (
        link.has_care == "yes"
        and (link.care_from is None or link.care_from <= today)
        and (link.care_to is None or today <= link.care_to)
    )
    return link.parental_responsibility == "yes" or caring


def _of_the_step(links: Sequence[AdultLink], today: date) -> list[AdultLink]:
    """The adults that a step may be about: one who was named, or each parent in law."""
    return [link for link in links if len(links) == 1 or is_parent(link, today)]


def _parents(
    links: Sequence[AdultLink],
    pupil: Pupil,
    councils: Sequence[str],
    offence: Sequence[Mark],
    today: date,
) -> tuple[Parent, ...]:
    """Each adult the step may be about: one who was named, or each parent in law. Three queries."""
    adults = _of_the_step(links, today)
    days = sorted({mark.day for mark in offence}) or [today]
    past = limits.past_notices(pupil.pk, [link.adult_id for link in adults])
    asked = _asked(pupil, adults, councils, days[0])
    found = []
    for link in adults:
        decision = may_write_to(link.adult, link, today)
        found.append(
            Parent(
                key=link.adult_id,
                reference=link.adult.reference,
                relationship=link.relationship,
                in_law=is_parent(link, today),
                forbidden=decision.reason if decision.way == Way.DO_NOT_WRITE else "",
                past=tuple(past[link.adult_id]),
                asked=asked.get(link.adult_id, {}),
                not_on=tuple(day for day in days if not is_parent(link, day)),
            )
        )
    return tuple(found)


def _asked(
    pupil: Pupil, adults: Sequence[AdultLink], councils: Sequence[str], since: date
) -> dict[int, dict[str, Shown]]:
    """The answers of other councils since the absence began, by parent and council. One query."""
    names = {council.casefold(): council for council in councils}
    found: dict[int, dict[str, Shown]] = {}
    rows = BorderCheck.objects.filter(
        pupil=pupil, adult__in=[link.adult_id for link in adults], answered_on__gte=since
    )
    for row in rows.select_related("recorded_by").order_by("answered_on", "pk"):
        council = names.get(row.council.casefold(), row.council)
        words = f"{row.council} answered: {row.found or 'no'} notice{'' if row.found == 1 else 's'}"
        shown = Shown("document", row.answered_on, words, row.recorded_by.name)
        found.setdefault(row.adult_id, {})[council] = shown
    return found


def _places(elsewhere: limits.Elsewhere) -> Places:
    """Where else the child was in the three years, as recorded."""
    none = elsewhere.none
    if none is None:
        return Places(councils=elsewhere.councils)
    words = "The child was with no other council in the three years"
    return Places(elsewhere.councils, Shown("document", none.recorded_on, words))


def _on_record(flags: frozenset[Flag], pupil: Pupil, links: Sequence[AdultLink]) -> dict[str, str]:
    """Which circumstances the record says apply, and what says so."""
    found = {
        aspect: ", ".join(sorted(flag.label for flag in flags.intersection(kinds)))
        for aspect, kinds in FLAGS_OF.items()
        if flags.intersection(kinds)
    }
    spoken = {pupil.home_language, *(link.adult.language for link in links)}
    other = sorted(one for one in spoken if one.strip().lower() not in ENGLISH)
    if other:
        found.setdefault("language", f"Language: {', '.join(other)}")
    return found


def _open(case: Case | None) -> Q:
    """A filter for what was said about an enrolment: on this case, on none, or on an open one.

    What was said on a case that is kept to named people stays on that case.
    """
    return Q(case=None) | Q(case__restricted=False) | Q(case=case)


def _said(enrolment: Enrolment, case: Case | None) -> list[Said]:
    """What people stated before the steps of this enrolment, oldest first."""
    rows = GateStatement.objects.filter(_open(case), enrolment=enrolment).select_related("made_by")
    return [
        Said(
            step=row.step,
            test=row.test,
            answer=row.answer,
            words=row.words,
            on=row.on,
            by=row.made_by.name,
            author=row.made_by_id,
            council=row.council,
            adult=row.adult_id,
            edition=row.edition,
        )
        for row in rows.order_by("pk")
    ]


ITEM_ANSWERS = {GateAnswerKind.SO: "shown", GateAnswerKind.NOT_SO: "withdrawn"}


def _stated(case: Case | None, said: Sequence[Said]) -> list[Stated]:
    """Statements on items of local lists: of the case, and those made where there is no case."""
    found = list(statements_of(case)) if case is not None else []
    for one in said:
        if ":" in one.test:
            pack, checklist, item = one.test.split(":", 2)
            answer = ITEM_ANSWERS.get(GateAnswerKind(one.answer), "withdrawn")
            found.append(
                Stated(pack, one.edition, checklist, item, answer, one.words, one.on, one.by)
            )
    return found


def _thoughts(enrolment: Enrolment, case: Case | None) -> dict[str, Thought]:
    """The latest answer about each circumstance."""
    answers = BrakeAnswer.objects.filter(_open(case), enrolment=enrolment)
    rows = answers.select_related("made_by").order_by("pk")
    return {
        row.aspect: Thought(
            row.aspect, row.applies, row.considered, row.adjusted, row.on, row.made_by.name
        )
        for row in rows
    }


def _standing(notices: Sequence[ImprovementNotice]) -> ImprovementNotice | None:
    """The latest Notice to Improve that was given, or was rightly not used."""
    return next((one for one in notices if one.state in STANDING), None)


def _improvement(notice: ImprovementNotice | None) -> Improvement | None:
    if notice is None:
        return None
    day = notice.over_on or notice.issued_on or notice.made_at.date()
    words = f"Notice to Improve: {notice.get_state_display().lower()}"
    if notice.words:
        words = f"{words}. {notice.words}"
    by = (notice.decided_by or notice.made_by).name
    return Improvement(
        state=notice.state,
        shown=Shown("notice", day, words, by, gate_evidence.IMPROVEMENT_PAGE, (notice.reference,)),
        given_to=frozenset(row.adult_id for row in notice.parents.all()),
        ends_on=notice.ends_on,
        told_on=notice.told_on,
    )


def _leave(enrolment: Enrolment) -> tuple[Leave, ...]:
    """The requests for leave of this enrolment that were not taken back."""
    rows = LeaveRequest.objects.filter(enrolment=enrolment).exclude(state="withdrawn")
    return tuple(
        Leave(
            state=row.state,
            first=row.first_day,
            last=row.last_day,
            shown=Shown(
                "leave",
                row.asked_on,
                f"Leave asked for, {in_words(row.first_day)} to {in_words(row.last_day)}: "
                f"{row.get_state_display().lower()}",
                row.decided_by.name if row.decided_by else "",
                "attendance:leave_request",
                (row.reference,),
            ),
        )
        for row in rows.select_related("decided_by").order_by("pk")
    )


def _passed(enrolment: Enrolment, case: Case | None) -> tuple[Passed, ...]:
    """What two officers agreed to go past, oldest first."""
    rows = GateOverride.objects.filter(_open(case), enrolment=enrolment, agreed=True)
    return tuple(
        Passed(
            reference=row.reference,
            step=row.step,
            tests=tuple(row.tests),
            reason=row.reason,
            asked_by=row.asked_by.name,
            agreed_by=row.settled_by.name if row.settled_by else "",
            on=row.settled_on or row.asked_on,
            adult=row.adult_id,
        )
        for row in rows.select_related("asked_by", "settled_by").order_by("pk")
    )


def _by_test(enrolment: Enrolment, case: Case | None) -> dict[str, tuple[Shown, ...]]:
    """Records of legal things that meet a test of the law."""
    found: dict[str, tuple[Shown, ...]] = {}
    for source in gate_evidence.BY_TEST:
        for test, shown in source(enrolment, case):
            found[test] = (*found.get(test, ()), shown)
    return found
