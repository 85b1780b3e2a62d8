"""An education supervision order until the court decides: considered, asked about, applied for.

One officer considers it and asks social services and the family; another applies. Most end here,
with the reason on record, and a prosecution needs that record.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from audit.record import Kind, record
from authorities.access import Forbidden, Reach
from authorities.packs import pack_in_force
from authorities.permissions import Permission
from cases.models import Case
from legal.models import SupervisionOrder
from legal.selectors.deciders import deciders_of, officer_of
from legal.selectors.gates import GateAnswer
from legal.selectors.orders import IN_CARE, SAFEGUARDING, STEP, considering, flagged
from legal.services import gates, papers
from legal.services import order_letters as letters
from legal.services.order_moves import (
    CLOSED,
    day_from,
    locked,
    moved,
    refuse_closed,
    said,
    tell_school,
    watch,
    write,
)
from legal.services.papers import Release
from legal.services.penalty_moves import require_council
from rules.dates import in_words
from rules.errors import Conflict, InvalidInput, RuleNotMet
from rules.moves import Mover
from rules.supervision_order_stages import SUPERVISION, SupervisionState
from rules.supervision_orders import applicant, refusals_to_apply

S = SupervisionState
P = Permission
NO_LETTER = "Choose the parent to whom we write. Each gets a letter that names no other parent."


@transaction.atomic
def consider(
    *,
    reach: Reach,
    case: Case,
    on: date,
    words: str,
    attendance: str,
    safeguarding: bool,
    home: str = "",
    today: date,
    now: datetime,
) -> SupervisionOrder:
    """Begin with the day the council considered an order, what it found and why.

    attendance    what shows that the child does not attend regularly
    safeguarding  there are safeguarding concerns; the record's own flags count besides
    home          the council where the child lives, "" for this one

    Raises Forbidden, Conflict where one is open for this child, and InvalidInput.
    """
    require_council(reach, P.PROSECUTE)
    case = _open_case(case)
    day_from(on, None, today, "The day on which it was considered")
    order = SupervisionOrder.objects.create(
        authority_id=case.authority_id,
        case=case,
        enrolment=case.enrolment,
        pupil=case.pupil,
        school=case.school,
        state=S.CONSIDERED.value,
        considered_on=on,
        considered=said(words, "Write what you found, and why an order would help or would not."),
        attendance=said(attendance, "Write what shows that the child does not attend regularly."),
        safeguarding=safeguarding or flagged(case.pupil, SAFEGUARDING, today),
        in_care=flagged(case.pupil, IN_CARE, today),
        home=home.strip(),
        made_by=reach.user,
        made_at=now,
    )
    write(order, "consider", by=reach.user, on=on, now=now, words=order.considered)
    record(
        Kind.ORDER_BEGUN,
        by=reach.user,
        authority=order.authority,
        school=order.school,
        on=order,
        reference=order.reference,
    )
    watch(order, today)
    return order


def _open_case(case: Case) -> Case:
    """The case, held: open, and the child without an order that is not over."""
    row = (
        Case.objects.select_for_update(of=("self",), no_key=True)
        .select_related("authority", "school__trust", "enrolment", "pupil")
        .get(pk=case.pk)
    )
    if row.closed_on is not None:
        raise Conflict(CLOSED)
    # Two cases of one child may ask at once: the pupil's row lets one of them pass.
    type(row.pupil).objects.select_for_update(of=("self",), no_key=True).get(pk=row.pupil_id)
    if SupervisionOrder.objects.filter(pupil=row.pupil, ended_on=None).exists():
        raise Conflict("There is an order for this child already. Go on with that one.")
    return row


@dataclass(frozen=True, slots=True)
class Asking:
    """How social services and the parents are asked.

    asked_on  the day social services were asked; whom  who there, and how
    adults    references of the adults to whom we write, each alone
    reason, meeting  go into the letter: why, and when and where to meet
    """

    asked_on: date
    whom: str
    adults: Collection[str]
    reason: str
    meeting: str


@transaction.atomic
def consult(
    *,
    reach: Reach,
    order: SupervisionOrder,
    version: int,
    asking: Asking,
    today: date,
    now: datetime,
    releases: Mapping[str, Release] | None = None,
) -> SupervisionOrder:
    """Record that social services were asked, and write to each parent with the offer of a meeting.

    releases  reference of an adult → how a person takes it on to write to them, where in doubt
    Raises Forbidden, Conflict, InvalidInput; RuleNotMet where a parent may not be written to:
    then nothing is sent at all.
    """
    require_council(reach, P.PROSECUTE)
    order = locked(order, version)
    refuse_closed(order)
    day_from(asking.asked_on, None, today, "The day on which social services were asked")
    whom = said(asking.whom, "Write whom you asked at children's social services, and how.")
    reason = said(asking.reason, "Write why an order is thought of: the parent reads it.")
    meeting = said(asking.meeting, "Write when and where you offer to meet.")
    around = {one.adult.reference: one.adult for one in letters.parents_of(order, today)}
    if not asking.adults:
        raise InvalidInput(NO_LETTER)
    if set(asking.adults) - set(around):
        raise InvalidInput("Choose from the parents on the record to whom we may write.")
    context = letters.proposed(
        order, reason=reason, meeting=meeting, officer=reach.user.name, today=today
    )
    for reference in asking.adults:
        adult = around[reference]
        letters.refuse_others(order, (reason, meeting), adult)
        to = papers.addressed(order.pupil, adult, (releases or {}).get(reference), today)
        papers.send(letters.about(order), to, context, reach=reach, today=today, now=now)
    return moved(
        order,
        "consult",
        by=reach.user,
        on=asking.asked_on,
        today=today,
        now=now,
        words=whom,
        facts={"letters": len(asking.adults)},
        consulted_on=asking.asked_on,
        parent_told_on=today,
    )


@dataclass(frozen=True, slots=True)
class Heard:
    """What was said by a day. None and "" leave what is on record.

    answered_on, social_care  when social services answered, and what
    joint_view  social care agrees that an order is right; safeguarding  there are concerns
    family      what the parents and the child say
    agreed_on   the day the council of the child's home agreed in writing that ours applies
    """

    answered_on: date | None = None
    social_care: str = ""
    joint_view: bool | None = None
    safeguarding: bool | None = None
    family: str = ""
    agreed_on: date | None = None


@transaction.atomic
def hear(
    *,
    reach: Reach,
    order: SupervisionOrder,
    version: int,
    heard: Heard,
    today: date,
    now: datetime,
) -> SupervisionOrder:
    """Record what social services and the family say. Raises Forbidden, Conflict, InvalidInput."""
    require_council(reach, P.PROSECUTE)
    order = locked(order, version)
    refuse_closed(order)
    changes = _heard(order, heard, today)
    if not changes:
        raise InvalidInput("Write what was said: by social services, by the family, or both.")
    # The words themselves stay on the order, for those who may read sensitive details.
    told = [name for name in ("social_care", "family", "agreed_on") if name in changes]
    return moved(
        order,
        "hear",
        by=reach.user,
        on=heard.answered_on or today,
        today=today,
        now=now,
        facts={"heard": told},
        **changes,
    )


def _heard(order: SupervisionOrder, heard: Heard, today: date) -> dict[str, Any]:
    """What changes on the order by what was said. Raises InvalidInput for half an answer."""
    changes: dict[str, Any] = {}
    if bool(heard.answered_on) != bool(heard.social_care.strip()):
        raise InvalidInput("Record both: the day social services answered, and what they said.")
    if heard.answered_on is not None:
        day_from(heard.answered_on, order.consulted_on, today, "The day of the answer")
        changes |= {"answered_on": heard.answered_on, "social_care": heard.social_care.strip()}
    if heard.family.strip():
        changes["family"] = heard.family.strip()
    if heard.agreed_on is not None:
        day_from(heard.agreed_on, None, today, "The day on which both councils agreed")
        changes["agreed_on"] = heard.agreed_on
    for name, value in (("joint_view", heard.joint_view), ("safeguarding", heard.safeguarding)):
        if value is not None and value != getattr(order, name):
            changes[name] = value
    return changes


@transaction.atomic
def not_seek(
    *,
    reach: Reach,
    order: SupervisionOrder,
    version: int,
    reason: str,
    words: str,
    today: date,
    now: datetime,
) -> SupervisionOrder:
    """Do not seek an order, or withdraw the application, with the reason.

    A parent who was written to is told. Raises Forbidden, Conflict and InvalidInput.
    """
    require_council(reach, P.PROSECUTE)
    order = locked(order, version)
    SUPERVISION.move_by(S(order.state), "not_seek", Mover.COUNCIL)
    chosen = SUPERVISION.reason_for(reason, "not_seek")
    why = said(words, "Say in your own words why no order is sought.")
    if order.parent_told_on is not None:
        letters.tell_parents(
            order,
            result="We do not ask the family court for an education supervision order.",
            reason=why,
            what_next="We still want to help. We will talk with you about what comes next.",
            reach=reach,
            today=today,
            now=now,
        )
    return moved(
        order,
        "not_seek",
        by=reach.user,
        on=today,
        today=today,
        now=now,
        words=f"{chosen.words}. {why}",
        reason=chosen.key,
    )


@dataclass(frozen=True, slots=True)
class Application:
    """An application: its day, the court, and whether it is sought beside a prosecution."""

    on: date
    court: str
    beside_prosecution: bool = False


@transaction.atomic
def apply(
    *,
    reach: Reach,
    order: SupervisionOrder,
    version: int,
    application: Application,
    seen: str,
    today: date,
    now: datetime,
) -> SupervisionOrder:
    """Record that the council applies. Somebody other than who considered it, and the gate open.

    seen  what the page showed of the gate

    Raises Forbidden, Conflict for a stale page, InvalidInput, RuleNotMet with each thing missing.
    """
    require_council(reach, P.AUTHORISE_PROCEEDINGS)
    order = locked(order, version)
    SUPERVISION.move_by(S(order.state), "apply", Mover.COUNCIL)
    refuse_closed(order)
    _require_second(reach, order, today)
    court = said(application.court, "Write which family court you apply to.")
    day_from(application.on, order.considered_on, today, "The day of the application")
    answer = gates.require(
        reach=reach,
        enrolment=order.enrolment,
        step=STEP,
        today=today,
        seen=seen,
        case=order.case,
    )
    if missing := refusals(order, answer, application.on):
        raise RuleNotMet(" ".join(missing))
    return moved(
        order,
        "apply",
        by=reach.user,
        on=application.on,
        today=today,
        now=now,
        words=court,
        facts={"gate": answer.as_json()},
        applied_on=application.on,
        applied_by=reach.user,
        court=court,
        beside_prosecution=application.beside_prosecution,
    )


def _require_second(reach: Reach, order: SupervisionOrder, today: date) -> None:
    """Raise Forbidden for who considered it, and for a role that the policy does not give it to."""
    if reach.user.pk == order.made_by_id:
        raise Forbidden(
            "You considered this order, so somebody else applies for it. Ask a colleague."
        )
    deciders = deciders_of(pack_in_force(order.school, today), STEP)
    _, decides = officer_of(reach, order.school, deciders)
    if not decides:
        who = " or ".join(deciders.labels)
        raise Forbidden(f"The policy gives this decision to: {who}. Ask one of them.")


def refusals(order: SupervisionOrder, answer: GateAnswer, on: date) -> list[str]:
    """Why the council cannot apply on a day, besides the gate, as sentences; none when it can."""
    tried = [one.clear for one in answer.requirements if one.key == "contract_explored"]
    here = order.authority.name
    agreed = order.agreed_on is not None and order.agreed_on <= on
    may = applicant(order.home or here, here, agreed=agreed)
    facts = considering(order, contract_tried=any(tried), today=answer.day)
    return [*(() if may.allowed else (may.why,)), *refusals_to_apply(facts, on)]


@transaction.atomic
def make(
    *,
    reach: Reach,
    order: SupervisionOrder,
    version: int,
    on: date,
    supervisor: str,
    words: str,
    today: date,
    now: datetime,
) -> SupervisionOrder:
    """Record that the court made the order: its year, its reviews and its end follow.

    supervisor  the officer who advises and directs; words  what the parents are told of help
    Raises Forbidden, Conflict and InvalidInput.
    """
    require_council(reach, P.PROSECUTE)
    order = locked(order, version)
    SUPERVISION.move_by(S(order.state), "make", Mover.COUNCIL)
    day_from(on, order.applied_on, today, "The day of the order")
    who = said(supervisor, "Write which officer supervises.")
    next_ = said(words, "Write what happens now: the parents read it.")
    moved(
        order,
        "make",
        by=reach.user,
        on=on,
        today=today,
        now=now,
        words=next_,
        made_on=on,
        supervisor=who,
    )
    letters.tell_parents(
        order,
        result="The family court made an education supervision order on "
        f"{in_words(on)}. {who} supervises it for us.",
        reason=f"Its last day is {in_words(order.ends_on or on)}, unless the court changes that.",
        what_next=next_,
        reach=reach,
        today=today,
        now=now,
    )
    tell_school(order, by=reach.user, on=on, now=now, words="an order is in force")
    return order


@transaction.atomic
def refuse(
    *,
    reach: Reach,
    order: SupervisionOrder,
    version: int,
    on: date,
    words: str,
    today: date,
    now: datetime,
) -> SupervisionOrder:
    """Record that the court refused the order. Raises Forbidden, Conflict and InvalidInput."""
    require_council(reach, P.PROSECUTE)
    order = locked(order, version)
    SUPERVISION.move_by(S(order.state), "refuse", Mover.COUNCIL)
    day_from(on, order.applied_on, today, "The day of the decision")
    return moved(
        order,
        "refuse",
        by=reach.user,
        on=on,
        today=today,
        now=now,
        words=said(words, "Write what the court decided, and why."),
    )
