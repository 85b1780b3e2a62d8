"""The law's own tests before each step: one table, one small pure function a key.

A test answers with the dated records that meet it, or with what to do in one sentence. What no
record can show is met by a named person's dated statement, never by a tick.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from cases.selectors.shown import Shown
from legal.selectors.gate_facts import Facts, Parent, Said
from rules.dates import in_words
from rules.errors import DomainError
from rules.gates import ASPECTS, brake_refusal, holds
from rules.notice_limit import councils_to_ask, next_step
from rules.notice_stages import ImprovementState
from rules.officers import may_authorise
from rules.penalty_notices import notice_held_by, penalty_notice_allowed
from rules.prosecutions import in_time
from rules.settled_absence import settled_refusal
from rules.thresholds import State


@dataclass(frozen=True, slots=True)
class Finding:
    """Whether a test is met, why or what to do in one sentence, and the records that meet it."""

    met: bool
    why: str
    records: tuple[Shown, ...] = ()


Test = Callable[[Facts], Finding]

# The questions of the national framework before a penalty notice, as an officer answers them.
QUESTIONS: Mapping[str, str] = {
    "threshold": "Is the threshold met, and if not, why go on?",
    "appropriate": "Was support right for this family?",
    "sufficient": "If it was: was enough given, and did it not work or was it not taken up?",
    "best_tool": "Is a penalty notice the best way to change what happens?",
    "equality": "Are the duties under the Equality Act met?",
    "public_interest": "Is it in the public interest, as the council prosecutes if it is not paid?",
}


# What records show


def compulsory_age(facts: Facts) -> Finding:
    """The child was of compulsory school age on each day of the offence, or is so today."""
    days = {mark.day for mark in facts.sessions} if facts.step.startswith("penalty") else set()
    outside = sorted(day for day in (days or {facts.today}) if day not in facts.ages)
    if outside:
        return Finding(
            False,
            "This step is for children of compulsory school age alone, and the pupil was not on "
            f"{in_words(outside[0])}. Do not take it for that day.",
        )
    first, last = facts.ages.first, facts.ages.last
    assert first is not None and last is not None  # noqa: S101, PT018  both always known
    why = f"Of compulsory school age from {in_words(first)} to {in_words(last)}."
    return Finding(True, why, (Shown("register", facts.today, why),))


def eligible_school(facts: Facts) -> Finding:
    """The law allows notices at this kind of school."""
    answer = penalty_notice_allowed(facts.school)
    records = (Shown("register", facts.today, answer.why),) if answer.allowed else ()
    return Finding(answer.allowed, answer.why, records)


def threshold(facts: Facts) -> Finding:
    """The threshold is met, firmly, without sessions that an earlier notice rests on."""
    if facts.proof.state is State.YES:
        return Finding(True, f"{facts.verdict}.", (facts.register,))
    if facts.proof.state is State.PROVISIONAL:
        return Finding(False, f"{facts.verdict}. Find out the reasons for those sessions first.")
    settled = settled_refusal(facts.left_out, facts.settled)
    if settled:
        return Finding(False, f"{facts.verdict}. {settled}")
    return Finding(
        False,
        f"{facts.verdict}. Go on with support; only the council can go on below the threshold, "
        "with a reason.",
    )


def nothing_unresolved(facts: Facts) -> Finding:
    """No session that the step rests on still waits for its reason."""
    held = notice_held_by(facts.proof)
    days = {mark.day for mark in facts.sessions if mark.code == "N"}
    if facts.proof.state is not State.YES:
        days |= {mark.day for mark in facts.proof.unresolved}
    if held or days:
        listed = ", ".join(in_words(day) for day in sorted(days))
        return Finding(
            False, held or f"Find out the reason for the sessions marked N first: {listed}."
        )
    why = "No session that counts waits for its reason."
    return Finding(True, why, (Shown("register", facts.today, why),))


def named_parent(facts: Facts) -> Finding:
    """Somebody who is a parent in law, and to whom we may write.

    Before a penalty notice: one who was a parent on each day of the absence, as the record has it.
    """
    of_the_days = facts.step.startswith("penalty")
    found = [
        one
        for one in facts.parents
        if not one.forbidden and (not one.not_on if of_the_days else one.in_law)
    ]
    if not found:
        return Finding(False, _no_parent(facts.parents, of_the_days=of_the_days))
    shown = tuple(
        Shown("parent_details", facts.today, f"A parent on the record: {one.relationship}")
        for one in found
    )
    return Finding(True, "A parent in law is on the record.", shown)


def _no_parent(parents: Sequence[Parent], *, of_the_days: bool) -> str:
    """Why nobody can be named, and what to do."""
    forbidden = next((one.forbidden for one in parents if one.forbidden), "")
    if forbidden:
        return forbidden
    if of_the_days and len(parents) == 1:
        listed = ", ".join(in_words(day) for day in parents[0].not_on)
        return (
            f"The pupil's record does not show that this person was a parent in law on: {listed}. "
            "Record on the pupil's page who had parental responsibility or care then, or leave "
            "this person out."
        )
    return (
        "Say on the pupil's page who is a parent: who has parental responsibility or care, "
        "and whether we may write to them."
    )


def improvement_failed(facts: Facts) -> Finding:
    """A Notice to Improve failed, ended early after telling, or was not used for a reason."""
    notice = facts.improvement
    if notice is None:
        return Finding(
            False,
            "Issue a Notice to Improve first, or record on the case why none is used.",
        )
    one = facts.one_parent
    if notice.given_to and one is not None and one not in notice.given_to:
        return Finding(False, "This parent was not given the Notice to Improve. Give them one.")
    sentences = {
        ImprovementState.NOT_IMPROVED: "",
        ImprovementState.ENDED_EARLY: ""
        if notice.told_on
        else "Record the day on which the parent was told that the notice ends early.",
        ImprovementState.NOT_USED: "",
        ImprovementState.IMPROVED: "The last Notice to Improve ended with enough improvement. "
        "A new penalty notice needs a new Notice to Improve.",
    }
    waiting = "The weeks of the Notice to Improve are not over. Wait for their outcome, and say it."
    why = sentences.get(ImprovementState(notice.state), waiting)
    if why:
        return Finding(False, why)
    return Finding(True, notice.shown.words, (notice.shown,))


def two_in_three_years(facts: Facts) -> Finding:
    """Fewer than two notices to this parent for this child count today."""
    if not facts.parents:
        return Finding(False, "Say on the pupil's page who is a parent.")
    answers = []
    for one in facts.parents:
        try:
            answers.append(
                (
                    one,
                    next_step(one.past, parent=one.key, child=_child(one), proposed_on=facts.today),
                )
            )
        except DomainError as problem:
            return Finding(False, problem.sentence)
    free = [(one, answer) for one, answer in answers if answer.step is not None]
    if not free:
        return Finding(False, answers[0][1].sentence)
    said = tuple(
        Shown("notice", facts.today, _of(one, facts, answer.sentence)) for one, answer in free
    )
    return Finding(True, free[0][1].sentence, said)


def _child(parent: Parent) -> int:
    """The child that the notices of a parent are for: `past` holds no other."""
    return parent.past[0].child if parent.past else 0


def _of(parent: Parent, facts: Facts, words: str) -> str:
    """A sentence about one parent, where there are several."""
    several = len(facts.parents) > 1
    return (
        f"{parent.relationship[:1].upper()}{parent.relationship[1:]}: {words}" if several else words
    )


def border_checked(facts: Facts) -> Finding:
    """Every other council of the three years was asked, or it is on record that there was none."""
    if not facts.places.councils:
        if facts.places.none is not None:
            none = facts.places.none
            return Finding(True, none.words, (none,))
        return Finding(
            False,
            "Record where the child lived and was on a roll in the last three years, and ask each "
            "other council about notices of theirs.",
        )
    records: list[Shown] = []
    for one in facts.parents:
        days = {council: shown.on for council, shown in one.asked.items()}
        missing = councils_to_ask(facts.places.councils, days)
        if missing:
            return Finding(False, missing)
        records += [one.asked[council] for council in facts.places.councils]
    if not facts.parents:
        return Finding(False, "Say on the pupil's page who is a parent.")
    return Finding(True, "Every other council has answered.", tuple(records))


def authorised_officer(facts: Facts) -> Finding:
    """Who decides may: by the law, and by the policy. Looked at when somebody decides."""
    who = " or ".join(facts.deciders) or "an authorised officer"
    if facts.officer is None:
        return Finding(True, f"Checked when it is decided: {who.lower()}.")
    if not facts.decides:
        return Finding(False, f"Here this is decided by: {who.lower()}. Ask one of them.")
    answer = may_authorise(facts.officer, facts.today, council_only=facts.council_only)
    return Finding(answer.allowed, answer.why)


def _no_offence(facts: Facts) -> Finding | None:
    """That no notice can rest on a session: it is settled, or under a supervision order; or None.

    In each lane that rests on the register.
    """
    settled = settled_refusal([mark.when for mark in facts.sessions], facts.settled)
    if settled:
        return Finding(False, settled)
    days = sorted(
        {
            mark.day
            for mark in facts.sessions
            if any(mark.day in ordered for ordered in facts.under_order)
        }
    )
    if not days:
        return None
    listed = ", ".join(in_words(day) for day in days)
    return Finding(
        False,
        "An education supervision order stands in place of the offence on these days: "
        f"{listed}. Leave them out, and use the order.",
    )


def no_proceedings(facts: Facts) -> Finding:
    """No prosecution, order or withdrawn notice is about the same sessions."""
    gone = _no_offence(facts)
    if gone is not None:
        return gone
    both = sorted({mark.day for mark in facts.sessions if mark.when in facts.prosecuted})
    if both:
        listed = ", ".join(in_words(day) for day in both)
        return Finding(
            False, f"A prosecution is under way for these days: {listed}. Leave them out."
        )
    why = "No prosecution or withdrawn notice is about these sessions."
    return Finding(True, why, (Shown("register", facts.today, why),))


def leave_refused_or_not_asked(facts: Facts) -> Finding:
    """The absence is holiday without leave: refused, or never asked for."""
    days = sorted({mark.day for mark in facts.sessions if mark.code == "G"})
    if not days:
        return Finding(
            False,
            "No session is coded G, leave in term time that was not granted. Use the way that "
            "begins with support.",
        )
    gone = _no_offence(facts)
    if gone is not None:
        return gone
    about = [one for one in facts.leave if any(one.first <= day <= one.last for day in days)]
    refusals = {
        "asked": "Decide the request for leave first.",
        "granted": "Leave was granted for some of these days. Correct the register first.",
    }
    for one in about:
        if one.state in refusals:
            return Finding(False, refusals[one.state])
    if about:
        return Finding(True, "Leave was refused.", tuple(one.shown for one in about))
    why = "No request for leave is on file for these days."
    return Finding(True, why, (Shown("register", facts.today, why),))


def not_in_care(facts: Facts) -> Finding:
    """The child is not in the care of a council."""
    if "looked_after" in facts.flags:
        return Finding(
            False, "There can be no order for a child in care. Work with social care instead."
        )
    why = "The pupil's record does not say that the pupil is looked after by a council."
    return Finding(True, why, (Shown("register", facts.today, why),))


def inside_six_months(facts: Facts) -> Finding:
    """The parent can still be charged."""
    if not facts.sessions:
        return Finding(False, "Choose the sessions that the prosecution is about.")
    answer = in_time([mark.day for mark in facts.sessions], facts.today)
    records = (Shown("register", facts.today, answer.why),) if answer.allowed else ()
    return Finding(answer.allowed, answer.why, records)


def equality_brake(facts: Facts) -> Finding:
    """Each circumstance of the family was thought of, and what is not known was asked."""
    shut: list[str] = []
    records: list[Shown] = []
    for aspect, label in ASPECTS.items():
        thought = facts.thoughts.get(aspect)
        good = (
            thought is not None
            and holds(thought.on, facts.today)
            and not brake_refusal(thought.applies, thought.considered, thought.adjusted)
            and (thought.applies == "yes" or aspect not in facts.on_record)
        )
        if thought is None or not good:
            shut.append(label.lower())
            continue
        said = "applies" if thought.applies == "yes" else "does not apply"
        records.append(Shown("statement", thought.on, f"{label}: {said}", thought.by))
    if shut:
        return Finding(
            False,
            f"Say whether it applies and what was considered: {'; '.join(shut)}.",
            tuple(records),
        )
    return Finding(
        True, "Each was considered, with the adjustments that were tried.", tuple(records)
    )


# What a person states


def said_or_shown(test: str, ask: str, kinds: Sequence[str] = ()) -> Test:
    """A test met by records that other parts of the product yield for it, or by a statement.

    ask    what to do while it is not met; kinds  records of the case that show it by themselves
    """

    def find(facts: Facts) -> Finding:
        records = (
            *facts.by_test.get(test, ()),
            *(one for one in facts.evidence if one.kind in kinds),
        )
        if records:
            return Finding(True, records[-1].words, records)
        return stated(facts, test, ask)

    return find


def shown_only(test: str, ask: str) -> Test:
    """A test that records alone meet. ask  what to do while it is not met."""

    def find(facts: Facts) -> Finding:
        records = facts.by_test.get(test, ())
        return Finding(True, records[-1].words, records) if records else Finding(False, ask)

    return find


def stated(facts: Facts, test: str, ask: str) -> Finding:
    """Whether the latest statement on a test meets it."""
    one = facts.latest(test)
    if one is None or one.answer == "withdrawn":
        return Finding(False, ask)
    if not one.counts(facts.today):
        return Finding(
            False,
            f"What was stated for {in_words(one.on)} is too old: it counted until "
            f"{in_words(one.until)}. State it again.",
        )
    if one.answer == "not so":
        return Finding(False, f"{one.by} stated for {in_words(one.on)} that it is not so. {ask}")
    return Finding(True, "Stated by a named person.", (shown_of(one),))


def shown_of(one: Said) -> Shown:
    """A statement as a record. Its words stay on the page of whoever may read them."""
    return Shown("statement", one.on, f"Stated, counts until {in_words(one.until)}", one.by)


def sufficient_support(facts: Facts) -> Finding:
    """Help is on file with its dates, and a named person says why it was enough."""
    kinds = ("support", "plan_cycle", "plan", "contract", "meeting_offered", "meeting_held")
    records = tuple(one for one in facts.evidence if one.kind in kinds)
    if not records:
        return Finding(
            False, "Put the help that was given or offered on file: support, a plan or a meeting."
        )
    found = stated(
        facts,
        "sufficient_support",
        "State why the help was enough, and did not work or was not taken up.",
    )
    return Finding(found.met, found.why, (*records, *found.records) if found.met else records)


def delegated_sign_off(facts: Facts) -> Finding:
    """Whoever signs off is not the one who decided that the council goes on."""
    found = said_or_shown(
        "delegated_sign_off", "The officer to whom the council has delegated it signs it off."
    )(facts)
    signed, decided = facts.latest("delegated_sign_off"), facts.latest("council_decides")
    if signed is None or decided is None or facts.by_test.get("delegated_sign_off"):
        return found
    if found.met and signed.author == decided.author:
        return Finding(
            False, "Another officer signs it off than the one who decided. Ask one of them."
        )
    return found


@dataclass(frozen=True, slots=True)
class National:
    """One test of the law.

    words   what it asks, as the page says it
    source  what it rests on, in words
    side    who must see to it: "school", "council" or "either"
    find    the function
    states  who may state it: "school" (or the council), "council", or "" where only records count
    helps   how to state it, for the form
    """

    words: str
    source: str
    side: str
    find: Test
    states: str = ""
    helps: str = ""


FRAMEWORK = "National framework for penalty notices"
S444 = "Education Act 1996, section 444"
S103 = "Education and Inspections Act 2006, section 103"


def _said(
    words: str,
    source: str,
    ask: str,
    test: str,
    *,
    side: str = "either",
    helps: str = "",
    kinds: Sequence[str] = (),
) -> National:
    return National(
        words,
        source,
        side,
        said_or_shown(test, ask, kinds),
        "council" if side == "council" else "school",
        helps or ask,
    )


TESTS: Mapping[str, National] = {
    "compulsory_age": National(
        "The child is of compulsory school age",
        "Education Act 1996, section 8",
        "school",
        compulsory_age,
    ),
    "eligible_school": National(
        "The law allows it at this kind of school", f"{S444}A", "school", eligible_school
    ),
    "threshold_met_or_reason": National(
        "Ten unauthorised sessions in ten school weeks",
        f"{FRAMEWORK}: the threshold",
        "school",
        threshold,
    ),
    "nothing_unresolved": National(
        "No session waits for its reason",
        "2024 regulations, regulation 10(7)",
        "school",
        nothing_unresolved,
    ),
    "named_parent": National(
        "A parent in law is named", "Education Act 1996, section 576", "school", named_parent
    ),
    "support_appropriate": _said(
        "Support was right for this family",
        f"{FRAMEWORK}: support first",
        "State whether support is right for this family, and how you know.",
        "support_appropriate",
    ),
    "sufficient_support": National(
        "Support was sufficient",
        f"{FRAMEWORK}: support first",
        "school",
        sufficient_support,
        "school",
        "Say why the help was enough, and did not work or was not taken up.",
    ),
    "safeguarding_checked": _said(
        "The safeguarding lead was asked",
        f"{FRAMEWORK}; keeping children safe in education",
        "Ask the safeguarding lead whether a notice could put the child or a parent at risk, and "
        "state the answer.",
        "safeguarding_checked",
        side="school",
    ),
    "equality_brake": National(
        "Needs, health, language and loss were considered",
        "Equality Act 2010, sections 20 and 149; " + FRAMEWORK,
        "school",
        equality_brake,
    ),
    "improvement_failed": National(
        "A Notice to Improve did not bring enough improvement",
        f"{FRAMEWORK}: notices to improve",
        "school",
        improvement_failed,
    ),
    "two_in_three_years": National(
        "No more than two notices to this parent for this child in three years",
        "2007 regulations as amended in 2024",
        "council",
        two_in_three_years,
    ),
    "border_checked": National(
        "Other councils were asked about their notices",
        f"{FRAMEWORK}: across councils",
        "council",
        border_checked,
    ),
    "authorised_officer": National(
        "An authorised officer decides",
        f"{S444}B; 2007 regulations",
        "either",
        authorised_officer,
    ),
    "framework_questions": _said(
        "The six questions are answered",
        f"{FRAMEWORK}: issuing one",
        "Answer the six questions of the national framework.",
        "framework_questions",
    ),
    "no_proceedings_on_the_same_facts": National(
        "No prosecution, order or withdrawn notice is about the same absence",
        "2007 regulations, regulation 7",
        "council",
        no_proceedings,
    ),
    "leave_refused_or_not_asked": National(
        "Leave was refused or not asked for",
        "2024 regulations, regulation 11",
        "school",
        leave_refused_or_not_asked,
    ),
    "excluded_on_the_day": National(
        "Suspended or excluded on each day, within its first five school days",
        S103,
        "school",
        shown_only(
            "excluded_on_the_day",
            "The suspension or exclusion is not on record for each of these days, or they are not "
            "within its first five school days. Record it under Arrangements, or take the request "
            "back.",
        ),
    ),
    "seen_in_public": National(
        "Seen in a public place in school hours",
        S103,
        "school",
        shown_only(
            "seen_in_public",
            "Write in the request where, when and by whom the pupil was seen.",
        ),
    ),
    "parents_told_of_the_days": _said(
        "The school told this parent of the days in writing",
        "Education and Inspections Act 2006, section 104",
        "State on which day and how the parent was told in writing on which days the pupil must be "
        "in no public place.",
        "parents_told_of_the_days",
        side="school",
    ),
    "no_good_reason": _said(
        "The parent was asked for a reason, and there was no good one",
        S103,
        "State on which day the parent was asked why the pupil was there, what they said, and why "
        "that was no good reason.",
        "no_good_reason",
        side="school",
    ),
    "not_in_care": National(
        "The child is not in care", "Children Act 1989, section 36", "council", not_in_care
    ),
    "contract_explored": _said(
        "A contract was explored",
        "Guidance on attendance contracts",
        "Offer a contract, or write down on its page why none fits.",
        "contract_explored",
        kinds=("contract",),
        side="school",
    ),
    "safeguarding_view": _said(
        "Safeguarding lead and social care share the view",
        "Guidance on education supervision orders",
        "State what the safeguarding lead and social care say about an order.",
        "safeguarding_view",
    ),
    "council_decides": _said(
        "The council decides to go on",
        "Education Act 1996, sections 446 and 447",
        "An officer of the council decides, and states why.",
        "council_decides",
        side="council",
    ),
    "order_considered": _said(
        "A supervision order was considered",
        "Education Act 1996, section 447",
        "Record that an education supervision order was considered, what was decided and why.",
        "order_considered",
        side="council",
    ),
    "inside_six_months": National(
        "The parent can still be charged",
        "Magistrates' Courts Act 1980, section 127",
        "council",
        inside_six_months,
    ),
    "evidential_test": _said(
        "The evidential test is passed",
        "Code for Crown Prosecutors",
        "Make the evidential test, in writing.",
        "evidential_test",
        side="council",
    ),
    "public_interest_test": _said(
        "The public interest test is passed",
        "Code for Crown Prosecutors",
        "Make the public interest test, in writing.",
        "public_interest_test",
        side="council",
    ),
    "caution_stage": _said(
        "The parent was cautioned and asked",
        "Police and Criminal Evidence Act 1984",
        "Send the caution letter with its questions, and record the answer.",
        "caution_stage",
        side="council",
    ),
    "statements_and_certificate": _said(
        "Statements and the head's certificate are on file",
        "Criminal Justice Act 1967, section 9; Education Act 1996, section 566",
        "Put the statements and the headteacher's certificate on file.",
        "statements_and_certificate",
        side="council",
    ),
    "delegated_sign_off": National(
        "The delegated officer signs it off",
        "Education Act 1996, section 446",
        "council",
        delegated_sign_off,
        "council",
        "The officer to whom the council has delegated it signs it off.",
    ),
}
