"""What can be done on a day of a story: each act calls the service that a page would call.

An act is given the story so far, who does it, the step as it is written and the moment. Days in a
step are school days from today, as in its `d`.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from attendance.addressing import Way
from attendance.services.reasons import Attempt
from authorities.access import Reach
from authorities.permissions import Role
from cases.models import (
    Answer,
    Basis,
    CycleOutcome,
    DeadlineKind,
    InviteWay,
    Measure,
    SaidBy,
    SupportOutcome,
)
from cases.selectors.endings import endings, token
from cases.selectors.facts import crossing_of
from cases.selectors.family import family_of
from cases.selectors.letters import addressees
from cases.selectors.meetings import to_be_copied
from cases.services import (
    casework,
    checklists,
    concern_letters,
    contacts,
    contracts,
    cycles,
    deadlines,
    letter_reviews,
    logged_letters,
    meetings,
    minutes,
    moves,
    referrals,
    restricted,
    siblings,
    support,
)
from cases.services.proposals import leave
from rules.letter_stages import LetterState

if TYPE_CHECKING:
    from demo.casework import Telling

Step = Mapping[str, Any]
Act = Callable[["Telling", Reach, Step, datetime], None]
ACTS: dict[str, Act] = {}
MORNING = time(9, 20)
CROSSED = 10  # a case as new as this many school days is opened from the line that was crossed


def act(written: Act) -> Act:
    """Sign a function as the act of its name: `ask_school` is "ask school", `open_` is "open"."""
    ACTS[written.__name__.replace("_", " ").strip()] = written
    return written


def _case(telling: "Telling") -> Any:
    """The case as it stands now."""
    telling.case.refresh_from_db()
    return telling.case


def _common(telling: "Telling", reach: Reach, now: datetime) -> dict[str, Any]:
    return {"reach": reach, "case": _case(telling), "now": now, "today": reach.today}


# The case itself


@act
def open_(telling: "Telling", reach: Reach, step: Step, now: datetime) -> None:
    """Open a case; the newest from the line that led to it."""
    crossing = crossing_of(telling.enrolment) if step["d"] > -CROSSED else None
    case = casework.open_case(
        reach=reach, enrolment=telling.enrolment, crossing=crossing, now=now, today=reach.today
    )
    telling.cases.append(case)


@act
def note(telling: "Telling", reach: Reach, step: Step, now: datetime) -> None:
    """Write a note."""
    casework.add_note(reach=reach, case=_case(telling), text=step["text"], now=now)


@act
def carry(telling: "Telling", reach: Reach, step: Step, now: datetime) -> None:
    """Say who carries the case from now on."""
    case = _case(telling)
    moves.carry(reach=reach, case=case, owner=telling.user(step["who"]).pk, seen=case.owner_id)


@act
def move(telling: "Telling", reach: Reach, step: Step, now: datetime) -> None:
    """Move the case to a stage of the policy."""
    case = _case(telling)
    moves.move(
        reach=reach,
        case=case,
        to=step["to"],
        why=step["why"],
        reason=step["text"],
        version=case.version,
        now=now,
        today=reach.today,
    )


@act
def close(telling: "Telling", reach: Reach, step: Step, now: datetime) -> None:
    """Close the case."""
    case = _case(telling)
    moves.close(
        reach=reach,
        case=case,
        why=step["why"],
        reason=step["text"],
        version=case.version,
        now=now,
        today=reach.today,
        seen=token(endings(case, reach, now)),
    )


@act
def letter(telling: "Telling", reach: Reach, step: Step, now: datetime) -> None:
    """Prepare a letter to every adult who may be written to, and approve what is a draft."""
    common = _common(telling, reach, now)
    found = addressees(common["case"], reach.today)
    pack, _, key = step["which"].partition(":")
    made = concern_letters.prepare(
        pack=pack,
        letter=key,
        adults=[one.adult.reference for one in found if one.decision.way != Way.DO_NOT_WRITE],
        **common,
    )
    for one in made if step.get("approve", True) else ():
        if one.letter.stage == LetterState.DRAFT:
            letter_reviews.approve(case_letter=one, reach=reach, now=now, today=reach.today)


@act
def posted(telling: "Telling", reach: Reach, step: Step, now: datetime) -> None:
    """Log a letter that the school wrote and sent itself."""
    sent = logged_letters.Sent(
        letter=step["which"],
        adults=(telling.parent.reference,),
        way=step.get("way", "by hand"),
        sent_on=reach.today,
        note=step.get("text", ""),
    )
    logged_letters.log(sent=sent, **_common(telling, reach, now))


@act
def leave_it(telling: "Telling", reach: Reach, step: Step, now: datetime) -> None:
    """Leave what the policy proposes on the case, with the reason."""
    for one in _case(telling).proposals.filter(state="open", proposes=step["what"]):
        leave(proposal=one, reach=reach, reason=step["text"], now=now)


@act
def pause(telling: "Telling", reach: Reach, step: Step, now: datetime) -> None:
    """Let the clocks of a kind stand still."""
    for row in deadlines.running(_case(telling)).filter(kind=DeadlineKind(step["which"]).value):
        deadlines.pause(
            reach=reach,
            pk=row.pk,
            version=row.version,
            because=step["text"],
            today=reach.today,
            now=now,
        )


# Contacts


@act
def contact(telling: "Telling", reach: Reach, step: Step, now: datetime) -> None:
    """Log one attempt to reach the family."""
    visitors = [reach.user.name, step["with"]] if "with" in step else []
    attempt = Attempt(
        about=None,
        way=step["way"],
        made_at=min(now, timezone.make_aware(datetime.combine(reach.today, MORNING))),
        outcome=step.get("came", "spoke"),
        adult=telling.parent.reference if "whom" not in step else "",
        with_whom=step.get("whom", ""),
        reason_given=step.get("reason", ""),
        child_seen=step.get("seen", False),
        visitors=tuple(visitors),
        risks=step.get("risks", ""),
        note=step.get("text", ""),
    )
    contacts.log(reach=reach, case=_case(telling), attempt=attempt, now=now)


# Barriers and support


@act
def barrier(telling: "Telling", reach: Reach, step: Step, now: datetime) -> None:
    """Write down a barrier: a kind of the policy, or one's own with label and place."""
    found = support.Found(
        kind=step.get("kind", ""),
        text=step["text"],
        said_by=SaidBy(step.get("said", "parent")),
        on=reach.today,
        label=step.get("label", ""),
        place=step.get("place", ""),
    )
    telling.barriers.append(support.find_barrier(found=found, **_common(telling, reach, now)))


@act
def gone(telling: "Telling", reach: Reach, step: Step, now: datetime) -> None:
    """Say that a barrier is gone. `which` counts from 1."""
    support.resolve_barrier(
        reach=reach,
        barrier=telling.barriers[step.get("which", 1) - 1],
        on=reach.today,
        how=step["text"],
        now=now,
        today=reach.today,
    )


@act
def consider(telling: "Telling", reach: Reach, step: Step, now: datetime) -> None:
    """Answer something that the policy asks."""
    support.consider(
        which=step["which"],
        answer=Answer(step.get("answer", "done")),
        text=step["text"],
        on=reach.today,
        **_common(telling, reach, now),
    )


@act
def help_(telling: "Telling", reach: Reach, step: Step, now: datetime) -> None:
    """Give support: from the catalogue, or one's own with a label."""
    offer = support.Offer(
        entry=step.get("entry", ""),
        label=step.get("label", ""),
        who=step["who"],
        starts_on=reach.today,
        review_on=telling.day(step["review"]),
        notes=step.get("text", ""),
        owner=reach.user.pk,
        sensitive=step.get("sensitive", False),
    )
    telling.support.append(support.give_support(offer=offer, **_common(telling, reach, now)))


@act
def look(telling: "Telling", reach: Reach, step: Step, now: datetime) -> None:
    """Look at support that goes on."""
    row = telling.support[step.get("which", 1) - 1]
    support.review_support(
        reach=reach,
        support=row,
        held_on=reach.today,
        words=step["text"],
        next_on=telling.day(step["review"]),
        seen=row.reviews.count(),
        now=now,
        today=reach.today,
    )


@act
def ended(telling: "Telling", reach: Reach, step: Step, now: datetime) -> None:
    """End support with what it came to."""
    row = telling.support[step.get("which", 1) - 1]
    support.end_support(
        reach=reach,
        support=row,
        ended_on=reach.today,
        outcome=SupportOutcome(step["outcome"]),
        words=step["text"],
        seen=row.reviews.count(),
        now=now,
        today=reach.today,
    )


# Plans


@act
def plan(telling: "Telling", reach: Reach, step: Step, now: datetime) -> None:
    """Start a plan."""
    telling.cycle = cycles.start(plan=_plan(telling, reach, step), **_common(telling, reach, now))
    telling.targets, telling.actions = [], []


def _plan(telling: "Telling", reach: Reach, step: Step) -> cycles.Start:
    return cycles.Start(
        aim=step["aim"],
        starts_on=reach.today,
        review_on=telling.day(step["review"]),
        midway_on=telling.day(step["midway"]) if "midway" in step else None,
    )


def _of_plan(telling: "Telling", reach: Reach, now: datetime) -> dict[str, Any]:
    telling.cycle.refresh_from_db()
    return {"reach": reach, "cycle": telling.cycle, "now": now}


@act
def assess(telling: "Telling", reach: Reach, step: Step, now: datetime) -> None:
    """Write an assessment: voices, a tool, and every barrier found so far."""
    tools: list[cycles.ToolUsed] = []
    if "tool" in step:
        tools = [cycles.ToolUsed(step["tool"], tuple(step["parts"]), step.get("score"))]
    found = cycles.Found(
        on=reach.today,
        pupil_voice=step.get("pupil", ""),
        parent_voice=step.get("parent", ""),
        professional_view=step.get("view", ""),
        tools=tools,
        barriers=[one.pk for one in telling.barriers],
    )
    cycles.assess(found=found, today=reach.today, **_of_plan(telling, reach, now))


@act
def target(telling: "Telling", reach: Reach, step: Step, now: datetime) -> None:
    """Set a target of the plan."""
    common = _of_plan(telling, reach, now)
    wanted = cycles.Wanted(
        what=step["text"],
        measure=Measure(step.get("measure", "attendance")),
        start=Decimal(step["from"]),
        goal=Decimal(step["to"]),
        by=telling.day(step["by_day"]) if "by_day" in step else telling.cycle.review_on,
        why=step.get("why", ""),
        unit=step.get("unit", ""),
        steps=[(telling.day(day), Decimal(value)) for day, value in step.get("steps", ())],
    )
    made = cycles.set_target(wanted=wanted, seen=telling.cycle.version, **common)
    telling.targets.append(made)


@act
def action(telling: "Telling", reach: Reach, step: Step, now: datetime) -> None:
    """Agree who does what by when; without `who` it is the person's own."""
    task = cycles.Task(
        words=step["text"],
        due_on=telling.day(step["due"]),
        owner=None if "who" in step else reach.user.pk,
        who=step.get("who", ""),
    )
    common = _of_plan(telling, reach, now)
    telling.actions.append(cycles.agree_action(task=task, today=reach.today, **common))


@act
def done(telling: "Telling", reach: Reach, step: Step, now: datetime) -> None:
    """Say what came of an action."""
    cycles.finish_action(
        reach=reach,
        action=telling.actions[step.get("which", 1) - 1],
        on=reach.today,
        words=step["text"],
        today=reach.today,
    )


@act
def log(telling: "Telling", reach: Reach, step: Step, now: datetime) -> None:
    """Write down what was done on the plan that day."""
    cycles.log(
        on=reach.today, words=step["text"], today=reach.today, **_of_plan(telling, reach, now)
    )


def _held(reach: Reach, step: Step) -> cycles.Held:
    return cycles.Held(
        on=reach.today,
        present=step["there"],
        worked=step["worked"],
        next_steps=step["next"],
        did_not_work=step.get("not", ""),
    )


@act
def midway(telling: "Telling", reach: Reach, step: Step, now: datetime) -> None:
    """Hold the look midway."""
    common = _of_plan(telling, reach, now)
    cycles.review_midway(
        held=_held(reach, step), seen=telling.cycle.version, today=reach.today, **common
    )


@act
def review(telling: "Telling", reach: Reach, step: Step, now: datetime) -> None:
    """Review the plan at its end, with what became of each target; `plan` is the next one."""
    common = _of_plan(telling, reach, now)
    end = cycles.End(
        held=_held(reach, step),
        outcome=CycleOutcome(step["outcome"]),
        targets={
            one.pk: cycles.Decided(met, Decimal(value))
            for one, (met, value) in zip(telling.targets, step.get("targets", ()), strict=True)
        },
        following=_plan(telling, reach, step["plan"]) if "plan" in step else None,
    )
    telling.cycle = cycles.review_end(
        end=end, seen=telling.cycle.version, today=reach.today, **common
    )
    telling.targets = list(telling.cycle.targets.order_by("pk"))
    telling.actions = list(telling.cycle.actions.order_by("pk"))


# Meetings


def _when(telling: "Telling", step: Step) -> meetings.When:
    starts = datetime.combine(telling.day(step["on"]), time(step.get("hour", 9), 15))
    return meetings.When(
        starts_at=timezone.make_aware(starts),
        minutes=step.get("minutes", 45),
        place=step.get("place", "The family room at school"),
        online=step.get("online", False),
    )


@act
def meeting(telling: "Telling", reach: Reach, step: Step, now: datetime) -> None:
    """Arrange a meeting with the parent, and tell the family of it at once unless `told` is ""."""
    staff = [telling.user(role).pk for role in step.get("staff", ())]
    wanted = meetings.Plan(
        kind=step["kind"],
        when=_when(telling, step),
        leader=telling.user(step.get("leader", step.get("by", Role.ATTENDANCE_OFFICER.value))).pk,
        label=step.get("label", ""),
        adults=[telling.parent.reference] if step.get("family", True) else [],
        pupil=step.get("pupil", False),
        staff=staff,
        others=[tuple(one) for one in step.get("others", ())],
    )
    telling.meeting = meetings.arrange(reach=reach, case=_case(telling), plan=wanted, now=now)
    telling.about = telling.meeting.about.get()
    telling.agreed = []
    _tell(telling, reach, step)


def _tell(telling: "Telling", reach: Reach, step: Step) -> None:
    """Write down that everybody was invited."""
    way = step.get("told", InviteWay.CALL.value)
    people = [one.pk for one in telling.meeting.invited.order_by("pk")]
    if way and people:
        meetings.tell(
            reach=reach,
            meeting=telling.meeting,
            version=telling.meeting.version,
            told=people,
            way=way,
            told_on=reach.today,
        )
        telling.meeting.refresh_from_db()


@act
def settle(telling: "Telling", reach: Reach, step: Step, now: datetime) -> None:
    """Say what became of the meeting. Everybody came, unless the family did not."""
    telling.meeting.refresh_from_db()
    telling.meeting = meetings.settle(
        reach=reach,
        meeting=telling.meeting,
        version=telling.meeting.version,
        event=step["event"],
        came=[one.pk for one in telling.meeting.invited.all()] if step["event"] == "hold" else [],
        also_there=step.get("also", ""),
        because=step.get("text", ""),
        now=now,
    )


@act
def second_date(telling: "Telling", reach: Reach, step: Step, now: datetime) -> None:
    """Move the meeting to another date, and tell the family."""
    telling.meeting.refresh_from_db()
    telling.meeting = meetings.move(
        reach=reach,
        meeting=telling.meeting,
        version=telling.meeting.version,
        when=_when(telling, step),
        because=step["text"],
        now=now,
    )
    telling.about = telling.meeting.about.get()
    _tell(telling, reach, step)


@act
def write(telling: "Telling", reach: Reach, step: Step, now: datetime) -> None:
    """Write the minutes in the grid, and give everybody a copy unless `copies` is ""."""
    row = telling.about
    said = minutes.Said(
        outcome=step["outcome"],
        grid=step["grid"],
        parent=step.get("parent", ""),
        pupil=step.get("pupil", ""),
        more=step.get("more", ""),
    )
    minutes.write(reach=reach, row=row, number=row.minutes.count(), said=said, now=now)
    way = step.get("copies", InviteWay.BY_HAND.value)
    people = [one.pk for one in to_be_copied(telling.meeting, reach.today)]
    if way and people:
        minutes.give(reach=reach, row=row, to=people, way=way, given_on=reach.today, now=now)


@act
def agree(telling: "Telling", reach: Reach, step: Step, now: datetime) -> None:
    """Write down what was agreed at the meeting; without `who` the person does it."""
    made = minutes.agree(
        reach=reach,
        row=telling.about,
        words=step["text"],
        user=None if "who" in step else reach.user.pk,
        who=step.get("who", ""),
        due_on=telling.day(step["due"]),
        now=now,
    )
    telling.agreed.append(made)


@act
def came_of_it(telling: "Telling", reach: Reach, step: Step, now: datetime) -> None:
    """Say what came of something agreed at the meeting."""
    one = telling.agreed[step.get("which", 1) - 1]
    minutes.done(reach=reach, action=one, came_of_it=step["text"], now=now)


# Contracts


@act
def contract(telling: "Telling", reach: Reach, step: Step, now: datetime) -> None:
    """Offer an attendance contract to the parent."""
    offer = contracts.Offer(
        adults=[telling.parent.reference],
        terms=step["terms"],
        starts_on=reach.today,
        length=step["length"],
        wording=contracts.Wording(
            promises=step["promises"],
            target_percent=step["target"],
            targets=step.get("more", ""),
            reasons=step.get("reasons", ""),
            pupil_says=step.get("pupil", ""),
        ),
    )
    telling.contract = contracts.offer(offer=offer, **_common(telling, reach, now))


@act
def no_contract(telling: "Telling", reach: Reach, step: Step, now: datetime) -> None:
    """Write down why no contract is offered."""
    contracts.not_offered(why=step["text"], **_common(telling, reach, now))


def _of_contract(telling: "Telling", reach: Reach, now: datetime) -> dict[str, Any]:
    telling.contract.refresh_from_db()
    return {
        "reach": reach,
        "contract": telling.contract,
        "version": telling.contract.version,
        "today": reach.today,
        "now": now,
    }


@act
def sign(telling: "Telling", reach: Reach, step: Step, now: datetime) -> None:
    """Talk the contract through with the parent; both sign unless `signed` is false."""
    both = step.get("signed", True)
    met = contracts.Met(
        on=reach.today,
        present=[telling.parent.reference],
        signed=[telling.parent.reference] if both else [],
        staff=reach.user if both else None,
        pupil_signed=both and step.get("pupil", False),
        words=step["text"],
    )
    telling.contract = contracts.meet(met=met, **_of_contract(telling, reach, now))


@act
def promise(telling: "Telling", reach: Reach, step: Step, now: datetime) -> None:
    """Any other move of the contract: `event` of rules.contract_stages."""
    told = contracts.Told(
        event=step["event"],
        on=reach.today,
        words=step["text"],
        by_day=telling.day(step["answer"]) if "answer" in step else None,
    )
    telling.contract = contracts.move(told=told, **_of_contract(telling, reach, now))


# Checklists


@act
def state(telling: "Telling", reach: Reach, step: Step, now: datetime) -> None:
    """State that an item of a checklist was done, or does not apply."""
    common = _common(telling, reach, now)
    policy = checklists.pack_in_force(common["case"].school, reach.today)
    pack = step["item"].partition(":")[0]
    statement = checklists.Statement(
        item=step["item"],
        edition=next(one.pack.edition for one in policy.layers if one.pack.name == pack),
        answer=step.get("answer", "shown"),
        words=step["text"],
        on=reach.today,
    )
    checklists.state(statement=statement, **common)


# Referrals


@act
def refer(telling: "Telling", reach: Reach, step: Step, now: datetime) -> None:
    """Begin a referral and write on it."""
    telling.referral = referrals.begin(form=step["form"], **_common(telling, reach, now))
    rewrite(telling, reach, step, now)


@act
def rewrite(telling: "Telling", reach: Reach, step: Step, now: datetime) -> None:
    """Write more of the referral's answers."""
    row = telling.referral
    telling.referral = referrals.save(
        reach=reach,
        referral=row,
        answers={**row.answers, **step.get("answers", {})},
        in_copy=row.in_copy,
        seen=row.version,
        now=now,
    )


def _of_referral(telling: "Telling", reach: Reach, now: datetime) -> dict[str, Any]:
    telling.referral.refresh_from_db()
    return {
        "reach": reach,
        "referral": telling.referral,
        "seen": telling.referral.version,
        "now": now,
    }


@act
def send(telling: "Telling", reach: Reach, step: Step, now: datetime) -> None:
    """Send the referral to the council."""
    telling.referral = referrals.send(
        despite=step.get("despite", ""), today=reach.today, **_of_referral(telling, reach, now)
    )


@act
def receive(telling: "Telling", reach: Reach, step: Step, now: datetime) -> None:
    """The council says that it reads the referral."""
    telling.referral = referrals.receive(**_of_referral(telling, reach, now))


@act
def accept(telling: "Telling", reach: Reach, step: Step, now: datetime) -> None:
    """The council takes the referral on."""
    telling.referral = referrals.accept(
        words=step["text"], today=reach.today, **_of_referral(telling, reach, now)
    )


@act
def give_back(telling: "Telling", reach: Reach, step: Step, now: datetime) -> None:
    """The council returns the referral with reasons."""
    telling.referral = referrals.give_back(
        reasons=step["reasons"],
        words=step["text"],
        today=reach.today,
        **_of_referral(telling, reach, now),
    )


@act
def send_on(telling: "Telling", reach: Reach, step: Step, now: datetime) -> None:
    """The council sends the referral to a team."""
    telling.referral = referrals.send_on(
        team=step["team"],
        words=step["text"],
        today=reach.today,
        **_of_referral(telling, reach, now),
    )


@act
def led_to(telling: "Telling", reach: Reach, step: Step, now: datetime) -> None:
    """The council ends the referral by saying what it led to."""
    telling.referral = referrals.end(
        words=step["text"], today=reach.today, **_of_referral(telling, reach, now)
    )


# Who may see it


@act
def restrict(telling: "Telling", reach: Reach, step: Step, now: datetime) -> None:
    """Keep the case to named people, by their roles."""
    restricted.restrict(
        reach=reach,
        case=_case(telling),
        people=[telling.user(role).pk for role in step["people"]],
        reason=step["text"],
        now=now,
    )


@act
def safeguard(telling: "Telling", reach: Reach, step: Step, now: datetime) -> None:
    """Write a safeguarding note, for those named on it."""
    restricted.add_safeguarding_note(
        reach=reach,
        case=_case(telling),
        text=step["text"],
        readers=[telling.user(role).pk for role in step.get("people", ())],
        now=now,
    )


@act
def share(telling: "Telling", reach: Reach, step: Step, now: datetime) -> None:
    """Let the demo's outside professional see the agreed pages until a day."""
    role = Role.OUTSIDE_PROFESSIONAL
    person = next(one for one in telling.made.people if one.role == role)
    restricted.share(
        reach=reach,
        case=_case(telling),
        with_=restricted.Outsider(
            email=person.email,
            name=person.name,
            profession=step["profession"],
            why=step["text"],
            ends_on=reach.today + timedelta(days=step["days"]),
        ),
        now=now,
    )


@act
def ask_school(telling: "Telling", reach: Reach, step: Step, now: datetime) -> None:
    """Ask the school of a brother or sister whether this case may know of them."""
    case = _case(telling)
    hidden = [one for one in family_of(case, reach, reach.today).siblings if not one.shown]
    if hidden:
        telling.share = siblings.ask(
            reach=reach,
            case=case,
            key=hidden[0].key,
            basis=Basis(step.get("basis", "public task")),
            why=step["text"],
            until=telling.day(step["until"]),
            today=reach.today,
            now=now,
        )


@act
def answer_school(telling: "Telling", reach: Reach, step: Step, now: datetime) -> None:
    """The headteacher of the other school answers."""
    if telling.share is None:
        return
    there = next(
        one
        for one in telling.made.people
        if (one.urn, one.role) == (telling.share.other_school.urn, Role.HEADTEACHER)
    )
    siblings.answer(
        reach=_reach_of(telling, there.email, reach.today),
        share=telling.share,
        accept=step["accept"],
        words=step["text"],
        today=reach.today,
        now=now,
    )


def _reach_of(telling: "Telling", email: str, day: date) -> Reach:
    return telling.reach_of(telling.made.users[email], day)
