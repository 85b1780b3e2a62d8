"""`record()`: the only way to write an event. The kinds are a closed list with their sentences."""

from enum import StrEnum
from typing import Any

from django.db import models
from django.utils import timezone

from audit.models import Event


class Kind(StrEnum):
    """What can be written down. Add a kind with its sentence; never reuse one."""

    # people and access
    PERSON_INVITED = "person.invited"
    ROLE_GIVEN = "role.given"
    ROLE_ENDED = "role.ended"
    SIGNED_IN = "person.signed_in"
    PACK_ADOPTED = "pack.adopted"
    EXPORTED = "list.exported"
    # pupils and registers
    PUPIL_READ = "pupil.read"
    PUPILS_LISTED = "pupils.listed"
    PUPIL_CHANGED = "pupil.changed"
    ADULT_READ = "adult.read"
    ADULT_REVEALED = "adult.revealed"
    NUMBERS_SHOWN = "adult.numbers_shown"
    REGISTER_READ = "register.read"
    REGISTER_TAKEN = "register.taken"
    REGISTER_TIMES_SET = "register.times_set"
    GROUP_TUTOR_SET = "register.tutor_set"
    CERTIFICATE_MADE = "certificate.made"
    MARK_AMENDED = "mark.amended"
    MARKS_CHANGED = "marks.changed"
    CHANGE_ASKED = "marks.change_asked"
    CHANGE_DECLINED = "marks.change_declined"
    CHANGE_WITHDRAWN = "marks.change_withdrawn"
    CHANGE_UNDONE = "marks.change_undone"
    CONTACT_LOGGED = "contact.logged"
    WORKER_TOLD = "worker.told"
    RETURN_MADE = "return.made"
    SICKNESS_EXPECTED = "return.sickness_expected"
    SIGHTING_LOGGED = "sighting.logged"
    PUPIL_LEFT = "roll.left"
    PUPIL_LEFT_UNDONE = "roll.left_undone"
    PUPIL_JOINED = "roll.joined"
    ROLL_OVER_DONE = "roll.over_done"
    ROLL_OVER_UNDONE = "roll.over_undone"
    HISTORY_SENT = "history.sent"
    HISTORY_TAKEN = "history.taken"
    CALENDAR_CHANGED = "calendar.changed"
    IMPORT_CHECKED = "import.checked"
    IMPORT_TAKEN = "import.taken"
    IMPORT_REFUSED = "import.refused"
    IMPORT_HELD = "import.held"
    IMPORT_RELEASED = "import.released"
    IMPORT_UNDONE = "import.undone"
    IMPORT_DISCARDED = "import.discarded"
    CODE_MAPPED = "import.code_mapped"
    PUPIL_NAMED = "import.pupil_named"
    PUPIL_UNNAMED = "import.pupil_unnamed"
    SWEPT = "sweep.done"
    CROSSING_SEEN = "crossing.seen"
    CROSSING_UNSEEN = "crossing.unseen"
    # what is agreed before a register
    ARRANGEMENT_AGREED = "arrangement.agreed"
    ARRANGEMENT_ENDED = "arrangement.ended"
    LEAVE_RECORDED = "leave.recorded"
    LEAVE_CHANGED = "leave.changed"
    LEAVE_DECIDED = "leave.decided"
    LEAVE_DECIDED_OWN = "leave.decided_own"
    LEAVE_WITHDRAWN = "leave.withdrawn"
    LEAVE_RETURN_CHECKED = "leave.return_checked"
    PART_TIME_AGREED = "part_time.agreed"
    PART_TIME_REVIEWED = "part_time.reviewed"
    PART_TIME_COUNCIL_TOLD = "part_time.council_told"
    EVIDENCE_ASKED = "evidence.asked"
    EVIDENCE_ANSWERED = "evidence.answered"
    # cases and letters
    CASE_OPENED = "case.opened"
    CASE_READ = "case.read"
    CASE_NOTED = "case.noted"
    CASE_MOVED = "case.moved"
    CASE_CLOSED = "case.closed"
    CASE_FOLLOWED = "case.followed"
    CASE_RESTRICTED = "case.restricted"
    CASE_UNRESTRICTED = "case.unrestricted"
    CASE_NAMED = "case.person_named"
    CASE_UNNAMED = "case.person_removed"
    CASE_TAKEN_OVER = "case.taken_over"
    CASE_SHARED = "case.shared"
    CASE_SHARE_ENDED = "case.share_ended"
    CASE_SHARED_READ = "case.shared_read"
    SAFEGUARDING_NOTED = "safeguarding.noted"
    SAFEGUARDING_READ = "safeguarding.read"
    CASE_GIVEN = "case.given"
    DEADLINE_CHANGED = "deadline.changed"
    WORK_TAKEN_BACK = "work.taken_back"
    CONTRACT_OFFERED = "contract.offered"
    CONTRACT_NOT_OFFERED = "contract.not_offered"
    CONTRACT_MOVED = "contract.moved"
    CONTRACT_SIGNED = "contract.signed"
    CONTRACT_COPIED = "contract.copied"
    CHECKLIST_READ = "checklist.read"
    CHECKLIST_ANSWERED = "checklist.answered"
    WHAT_IF_ASKED = "what_if.asked"
    PROPOSALS_FOUND = "proposals.found"
    PROPOSAL_TAKEN = "proposal.taken"
    PROPOSAL_LEFT = "proposal.left"
    PROPOSAL_HELD_BACK = "proposal.held_back"
    REFERRAL_BEGUN = "referral.begun"
    REFERRAL_SAVED = "referral.saved"
    REFERRAL_MOVED = "referral.moved"
    REFERRAL_READ = "referral.read"
    REFERRAL_COPIED = "referral.copied"
    FAMILY_READ = "family.read"
    SIBLING_ASKED = "sibling.asked"
    SIBLING_ANSWERED = "sibling.answered"
    SIBLING_TAKEN_BACK = "sibling.taken_back"
    MEETING_ARRANGED = "meeting.arranged"
    MEETING_READ = "meeting.read"
    MEETING_INVITED = "meeting.invited"
    MEETING_SETTLED = "meeting.settled"
    MEETING_MOVED = "meeting.moved"
    MEETING_PRINTED = "meeting.printed"
    MINUTES_WRITTEN = "minutes.written"
    MINUTES_GIVEN = "minutes.given"
    ACTION_AGREED = "action.agreed"
    ACTION_DONE = "action.done"
    FEED_MADE = "calendar_feed.made"
    FEED_REVOKED = "calendar_feed.revoked"
    BARRIER_FOUND = "barrier.found"
    BARRIER_RESOLVED = "barrier.resolved"
    CONSIDERATION_ANSWERED = "consideration.answered"
    SUPPORT_GIVEN = "support.given"
    SUPPORT_REVIEWED = "support.reviewed"
    SUPPORT_ENDED = "support.ended"
    PLAN_STARTED = "plan.started"
    PLAN_ASSESSED = "plan.assessed"
    TARGET_SET = "plan.target_set"
    PLAN_ACTION_AGREED = "plan.action_agreed"
    PLAN_ACTION_DONE = "plan.action_done"
    PLAN_ACTION_DROPPED = "plan.action_dropped"
    PLAN_LOGGED = "plan.logged"
    PLAN_REVIEWED = "plan.reviewed"
    PLAN_ENDED = "plan.ended"
    PLAN_LEFT = "plan.left"
    PLAN_PRINTED = "plan.printed"
    RECHECK_FOUND = "recheck.found"
    RECHECK_DECIDED = "recheck.decided"
    LETTER_PREPARED = "letter.prepared"
    LETTER_PREVIEWED = "letter.previewed"
    LETTER_APPROVED = "letter.approved"
    LETTER_HELD = "letter.held"
    LETTER_WITHDRAWN = "letter.withdrawn"
    LETTER_RENDERED = "letter.rendered"
    LETTER_HANDED_OVER = "letter.handed_over"
    LETTER_READ = "letter.read"
    LETTER_RELEASED = "letter.released"
    LETTER_FAILED = "letter.failed"
    LETTER_TRIED_AGAIN = "letter.tried_again"
    LETTER_LOGGED = "letter.logged"
    LETTER_LOG_TAKEN_BACK = "letter.log_taken_back"
    # legal steps
    LEGAL_READ = "legal.read"
    GATE_READ = "gate.read"
    GATE_ANSWERED = "gate.answered"
    GATE_OVERRIDE_ASKED = "gate.override_asked"
    GATE_OVERRIDE_SETTLED = "gate.override_settled"
    OFFICER_NAMED = "officer.named"
    OFFICER_ENDED = "officer.ended"
    IMPROVEMENT_BEGUN = "improvement.begun"
    IMPROVEMENT_MOVED = "improvement.moved"
    REQUEST_BEGUN = "notice_request.begun"
    REQUEST_SAVED = "notice_request.saved"
    REQUEST_MOVED = "notice_request.moved"
    NOTICE_OFFICE = "notice_office.changed"
    PENALTY_ISSUED = "penalty.issued"
    PENALTY_SERVED = "penalty.served"
    PENALTY_MOVED = "penalty.moved"
    EXTERNAL_NOTICE = "penalty.external_recorded"
    BORDER_CHECKED = "penalty.border_checked"
    REPRESENTATION = "representation.received"
    REPRESENTATION_ANSWERED = "representation.answered"
    PAYMENT_RECORDED = "payment.recorded"
    PAYMENTS_IMPORTED = "payments.imported"
    PAYMENT_MATCHED = "payment.matched"
    PAYMENT_REFUNDED = "payment.refunded"
    PROSECUTION_BEGUN = "prosecution.begun"
    PROSECUTION_MOVED = "prosecution.moved"
    ORDER_BEGUN = "order.begun"
    ORDER_MOVED = "order.moved"
    BUNDLE_ASKED = "bundle.asked"
    BUNDLE_READ = "bundle.read"
    LEGAL_RECHECKED = "legal.rechecked"
    LEGAL_RETURN_MADE = "legal_return.made"


SENTENCES: dict[Kind, str] = {
    Kind.PERSON_INVITED: "{by} invited a person as {role}",
    Kind.ROLE_GIVEN: "{by} gave the role {role}",
    Kind.ROLE_ENDED: "{by} ended the role {role}",
    Kind.SIGNED_IN: "{by} signed in",
    Kind.PACK_ADOPTED: "{by} adopted the policy pack {pack}, edition {edition}",
    Kind.EXPORTED: "{by} exported {count} rows of {what}",
    Kind.PUPIL_READ: "{by} looked at a pupil",
    Kind.PUPILS_LISTED: "{by} looked at a list of {count} pupils",
    Kind.PUPIL_CHANGED: "{by} changed a pupil's record: {fields}",
    Kind.ADULT_READ: "{by} looked at a parent's details",
    Kind.ADULT_REVEALED: "{by} was shown details that are kept from others: {why}",
    Kind.NUMBERS_SHOWN: "{by} was shown a phone and email nobody has answered for: {why}",
    Kind.REGISTER_READ: "{by} looked at a register",
    Kind.REGISTER_TAKEN: "{by} saved a register ({group}, {session}): {new} new, {changed} changed",
    Kind.REGISTER_TIMES_SET: "{by} set the times of the registers: {times}",
    Kind.GROUP_TUTOR_SET: "{by} changed who takes a group's register: {change}",
    Kind.CERTIFICATE_MADE: "{by} made a registration certificate",
    Kind.MARK_AMENDED: "{by} changed the mark of {day}, {half}",
    Kind.MARKS_CHANGED: "{by} changed {marks} marks by correction {reference}",
    Kind.CHANGE_ASKED: "{by} asked a second person for correction {reference}: {marks} old marks",
    Kind.CHANGE_DECLINED: "{by} declined correction {reference}",
    Kind.CHANGE_WITHDRAWN: "{by} withdrew the request for correction {reference}",
    Kind.CHANGE_UNDONE: "{by} undid correction {reference}: {marks} marks put back, {kept} kept",
    Kind.CONTACT_LOGGED: "{by} logged a contact about an absence: {way}",
    Kind.WORKER_TOLD: "{by} logged that the {worker} was told of an absence",
    Kind.RETURN_MADE: "{by} made a return to the council ({what}): {reference}",
    Kind.SICKNESS_EXPECTED: "{by} wrote that fifteen school days of sickness are to be expected",
    Kind.SIGHTING_LOGGED: "{by} logged that a pupil was seen: {way}",
    Kind.PUPIL_LEFT: "{by} took a name off the roll ({ground}): {reference}",
    Kind.PUPIL_LEFT_UNDONE: "{by} put a name back on the roll: {reference}",
    Kind.PUPIL_JOINED: "{by} put a pupil on the roll",
    Kind.ROLL_OVER_DONE: "{by} moved a school into {year}: {up} up, {left} left ({reference})",
    Kind.ROLL_OVER_UNDONE: "{by} undid roll-over {reference}: {why}",
    Kind.HISTORY_SENT: "{by} sent a pupil's attendance to another authority: {sha256:.12}…",
    Kind.HISTORY_TAKEN: "{by} took a file of a pupil's earlier attendance: {sha256:.12}…",
    Kind.CALENDAR_CHANGED: "{by} changed a school calendar: {change}",
    Kind.IMPORT_CHECKED: "{by} checked a file (layout {layout}): {rows} rows",
    Kind.IMPORT_TAKEN: "{by} imported a file (layout {layout}): {new} new, {changed} changed",
    Kind.IMPORT_REFUSED: "a file (layout {layout}) was refused: {refused} rows cannot be read",
    Kind.IMPORT_HELD: "a file (layout {layout}) was held for a person: {reason}",
    Kind.IMPORT_RELEASED: "{by} released a held file: {reason}",
    Kind.IMPORT_UNDONE: "{by} undid an import: {reason}",
    Kind.IMPORT_DISCARDED: "{by} chose not to import a file (layout {layout})",
    Kind.CODE_MAPPED: "{by} mapped the mark {mark} to the code {code}",
    Kind.PUPIL_NAMED: "{by} said that a file means pupil {pupil}: {reason}",
    Kind.PUPIL_UNNAMED: "{by} took back that a file means pupil {pupil}",
    Kind.SWEPT: "the sweep looked at {pupils} pupils: {crossings} crossings",
    Kind.CROSSING_SEEN: "{by} marked a crossing as seen",
    Kind.CROSSING_UNSEEN: "{by} took back that a crossing was seen",
    Kind.ARRANGEMENT_AGREED: "{by} agreed arrangement {reference}",
    Kind.ARRANGEMENT_ENDED: "{by} ended arrangement {reference} early",
    Kind.LEAVE_RECORDED: "{by} recorded leave request {reference}",
    Kind.LEAVE_CHANGED: "{by} corrected leave request {reference}",
    Kind.LEAVE_DECIDED: "{by} decided leave request {reference}: {decision}",
    Kind.LEAVE_DECIDED_OWN: (
        "{by} decided leave request {reference}, which they had recorded themselves: {decision}"
    ),
    Kind.LEAVE_WITHDRAWN: "{by} withdrew leave request {reference} for the parent",
    Kind.LEAVE_RETURN_CHECKED: "{by} checked the return from leave {reference}: {outcome}",
    Kind.PART_TIME_AGREED: "{by} agreed part-time timetable {reference}",
    Kind.PART_TIME_REVIEWED: "{by} recorded a review of part-time timetable {reference}",
    Kind.PART_TIME_COUNCIL_TOLD: "{by} told the council of part-time timetable {reference}",
    Kind.EVIDENCE_ASKED: "{by} asked for medical evidence: {reference}",
    Kind.EVIDENCE_ANSWERED: "{by} recorded what came of asking for evidence: {reference}",
    Kind.CASE_OPENED: "{by} opened case {reference}",
    Kind.CASE_READ: "{by} looked at case {reference}",
    Kind.CASE_NOTED: "{by} added a note to case {reference}",
    Kind.CASE_MOVED: "{by} moved case {reference} to: {stage}. Reason: {why}",
    Kind.CASE_CLOSED: "{by} closed case {reference}. Reason: {why}",
    Kind.CASE_FOLLOWED: "{by} carried case {before} on at a new school as {reference}",
    Kind.CASE_RESTRICTED: "{by} restricted case {reference} to named people",
    Kind.CASE_UNRESTRICTED: "{by} opened case {reference} to all who work on cases",
    Kind.CASE_NAMED: "{by} named person {person} on restricted case {reference}",
    Kind.CASE_UNNAMED: "{by} took person {person} off restricted case {reference}",
    Kind.CASE_TAKEN_OVER: "{by} TOOK OVER restricted case {reference}, which nobody could open",
    Kind.CASE_SHARED: "{by} shared case {reference} with an outside professional until {until}",
    Kind.CASE_SHARE_ENDED: "{by} ended the view of an outside professional of case {reference}",
    Kind.CASE_SHARED_READ: "{by} looked at the shared pages of case {reference}",
    Kind.SAFEGUARDING_NOTED: "{by} added a safeguarding note to case {reference}",
    Kind.SAFEGUARDING_READ: "{by} read the safeguarding notes of case {reference}",
    Kind.CONTRACT_OFFERED: "{by} offered contract {reference}",
    Kind.CONTRACT_NOT_OFFERED: "{by} wrote down why no contract is offered: {reference}",
    Kind.CONTRACT_MOVED: "{by} recorded on contract {reference}: {what}",
    Kind.CONTRACT_SIGNED: "the {side} signed contract {reference} {way}, recorded by {by}",
    Kind.CONTRACT_COPIED: "{by} made a parent's copy of contract {reference}",
    Kind.CHECKLIST_READ: "{by} took away the checklists of case {reference}",
    Kind.CHECKLIST_ANSWERED: "{by} made a statement on a checklist of case {reference}: {item}",
    Kind.WHAT_IF_ASKED: "{by} tried the policy pack {pack}, edition {edition}, on past registers",
    Kind.PROPOSALS_FOUND: "the policies proposed {found} things, and {gone} are no longer so",
    Kind.PROPOSAL_TAKEN: "{by} took up what the policy proposes: {what}",
    Kind.PROPOSAL_LEFT: "{by} left what the policy proposes: {what}",
    Kind.PROPOSAL_HELD_BACK: "{by} held back a letter that would have gone by itself",
    Kind.REFERRAL_BEGUN: "{by} began referral {reference}",
    Kind.REFERRAL_SAVED: "{by} saved referral {reference}",
    Kind.REFERRAL_MOVED: "{by} moved referral {reference}: {event}",
    Kind.REFERRAL_READ: "{by} looked at referral {reference}",
    Kind.REFERRAL_COPIED: "{by} made a PDF of referral {reference} for {whom}",
    Kind.FAMILY_READ: "{by} looked at the family of case {reference}: {shown} shown, {masked} not",
    Kind.SIBLING_ASKED: "{by} asked another school about a brother or sister: {reference}",
    Kind.SIBLING_ANSWERED: "{by} answered another school: {answer} ({reference})",
    Kind.SIBLING_TAKEN_BACK: "{by} took back a question to another school ({reference})",
    Kind.MEETING_ARRANGED: "{by} arranged meeting {reference} for {day}",
    Kind.MEETING_READ: "{by} looked at meeting {reference}",
    Kind.MEETING_INVITED: "{by} recorded an invitation to meeting {reference}: {way}",
    Kind.MEETING_SETTLED: "{by} recorded what became of meeting {reference}: {outcome}",
    Kind.MEETING_MOVED: "{by} moved meeting {reference} to {day}, as meeting {new}",
    Kind.MEETING_PRINTED: "{by} printed the record of meeting {reference}, copy for {copy}",
    Kind.MINUTES_WRITTEN: "{by} wrote the minutes of meeting {reference}, number {number}",
    Kind.MINUTES_GIVEN: "{by} recorded {copies} copies of the minutes of meeting {reference}",
    Kind.ACTION_AGREED: "{by} recorded an action agreed at meeting {reference}, by {day}",
    Kind.ACTION_DONE: "{by} recorded that an action of meeting {reference} was done",
    Kind.FEED_MADE: "{by} made a private address for the calendar of their meetings",
    Kind.FEED_REVOKED: "{by} ended the private address for the calendar of their meetings",
    Kind.BARRIER_FOUND: "{by} wrote down a barrier on case {reference}",
    Kind.BARRIER_RESOLVED: "{by} wrote that a barrier is gone on case {reference}",
    Kind.CONSIDERATION_ANSWERED: "{by} answered a question of the policy on case {reference}",
    Kind.SUPPORT_GIVEN: "{by} gave support on case {reference}",
    Kind.SUPPORT_REVIEWED: "{by} looked at support on case {reference}",
    Kind.SUPPORT_ENDED: "{by} ended support on case {reference}",
    Kind.PLAN_STARTED: "{by} started plan {number} on case {reference}",
    Kind.PLAN_ASSESSED: "{by} added an assessment to plan {number} on case {reference}",
    Kind.TARGET_SET: "{by} set a target in plan {number} on case {reference}",
    Kind.PLAN_ACTION_AGREED: "{by} agreed an action in plan {number} on case {reference}",
    Kind.PLAN_ACTION_DONE: "{by} wrote that an action is done in plan {number} on case {reference}",
    Kind.PLAN_ACTION_DROPPED: "{by} dropped an action of plan {number} on case {reference}",
    Kind.PLAN_LOGGED: "{by} wrote what was done in plan {number} on case {reference}",
    Kind.PLAN_REVIEWED: "{by} reviewed plan {number} midway on case {reference}",
    Kind.PLAN_ENDED: "{by} reviewed and ended plan {number} on case {reference}: {outcome}",
    Kind.PLAN_LEFT: "{by} closed case {reference}, and plan {number} ended without its review",
    Kind.PLAN_PRINTED: "{by} printed plan {number} of case {reference}",
    Kind.CASE_GIVEN: "{by} said who carries case {reference}",
    Kind.DEADLINE_CHANGED: "{by} changed a deadline of case {reference}: {what}",
    Kind.WORK_TAKEN_BACK: "{by} took back what was done to {count} rows of the work list",
    Kind.LEGAL_READ: "{by} looked at {what} {reference}",
    Kind.GATE_READ: "{by} looked at what {step} needs: {shut} not shown",
    Kind.GATE_ANSWERED: "{by} made a statement on {test} before {step}",
    Kind.GATE_OVERRIDE_ASKED: "{by} asked to go on with {step} although its gate is shut",
    Kind.GATE_OVERRIDE_SETTLED: "{by} {answer} that {step} goes on although its gate is shut",
    Kind.OFFICER_NAMED: "{by} named an officer who may issue notices",
    Kind.OFFICER_ENDED: "{by} ended the naming of an officer who may issue notices",
    Kind.IMPROVEMENT_BEGUN: "{by} began Notice to Improve {reference}",
    Kind.IMPROVEMENT_MOVED: "{by} recorded on Notice to Improve {reference}: {what}",
    Kind.REQUEST_BEGUN: "{by} began request {reference} for a penalty notice",
    Kind.REQUEST_SAVED: "{by} saved request {reference} for a penalty notice",
    Kind.REQUEST_MOVED: "{by} moved request {reference} for a penalty notice: {what}",
    Kind.NOTICE_OFFICE: "{by} changed what penalty notices say of the council",
    Kind.PENALTY_ISSUED: "{by} issued penalty notice {reference}",
    Kind.PENALTY_SERVED: "{by} recorded how penalty notice {reference} was served",
    Kind.PENALTY_MOVED: "{by} recorded on penalty notice {reference}: {what}",
    Kind.EXTERNAL_NOTICE: "{by} recorded a penalty notice of another council",
    Kind.BORDER_CHECKED: "{by} recorded the answer of another council about penalty notices",
    Kind.REPRESENTATION: "{by} recorded a representation against penalty notice {reference}",
    Kind.REPRESENTATION_ANSWERED: "{by} answered a representation against {reference}: {answer}",
    Kind.PAYMENT_RECORDED: "{by} recorded a payment",
    Kind.PAYMENTS_IMPORTED: "{by} imported {count} payments",
    Kind.PAYMENT_MATCHED: "{by} matched a payment to penalty notice {reference}",
    Kind.PAYMENT_REFUNDED: "{by} refunded a payment of penalty notice {reference}",
    Kind.PROSECUTION_BEGUN: "{by} began prosecution file {reference}",
    Kind.PROSECUTION_MOVED: "{by} recorded on prosecution file {reference}: {what}",
    Kind.ORDER_BEGUN: "{by} began education supervision order {reference}",
    Kind.ORDER_MOVED: "{by} recorded on education supervision order {reference}: {what}",
    Kind.BUNDLE_ASKED: "{by} asked for the court bundle of {reference}",
    Kind.BUNDLE_READ: "{by} took the court bundle of {reference}",
    Kind.LEGAL_RECHECKED: "{by} decided after a correction that {what} {decision}",
    Kind.LEGAL_RETURN_MADE: "{by} made the return of parental responsibility measures of {year}",
    Kind.RECHECK_FOUND: "Corrected marks differ from what a {what} relied on: {reference}",
    Kind.RECHECK_DECIDED: "{by} decided that a {what} {decision} after a correction: {reference}",
    Kind.LETTER_PREPARED: "{by} prepared letter {reference}",
    Kind.LETTER_PREVIEWED: "{by} previewed letter {reference}",
    Kind.LETTER_APPROVED: "{by} approved letter {reference}",
    Kind.LETTER_HELD: "letter {reference} was held: {reason}",
    Kind.LETTER_WITHDRAWN: "{by} withdrew letter {reference}: {reason}",
    Kind.LETTER_RENDERED: "letter {reference} was made: {sha256:.12}…",
    Kind.LETTER_HANDED_OVER: "letter {reference} was handed over to {channel}",
    Kind.LETTER_READ: "{by} opened letter {reference}",
    Kind.LETTER_RELEASED: "{by} released letter {reference}, to go {route}",
    Kind.LETTER_FAILED: "letter {reference} failed: {reason}",
    Kind.LETTER_TRIED_AGAIN: "{by} asked for letter {reference} to be tried again",
    Kind.LETTER_LOGGED: "{by} logged that the school's own letter {reference} went {way}, {day}",
    Kind.LETTER_LOG_TAKEN_BACK: "{by} took back that the school's own letter {reference} went",
}


def record(
    kind: Kind,
    *,
    by: Any,
    authority: Any,
    on: models.Model | str,
    school: Any = None,
    **facts: object,
) -> Event:
    """Write one event in the caller's transaction: if the change rolls back, so does this.

    by      the user, or None for the nightly sweep and other machines
    on      the row it is about, or a plain subject such as "attendance.Pupil:list"
    facts   what the sentence needs and what a reader will ask for; never a name or address

    Raises KeyError when a fact that the sentence names is missing.
    """
    # The row's own reference says which one it was, to whoever asks later.
    if getattr(on, "reference", None):
        facts.setdefault("reference", on.reference)  # type: ignore[union-attr]
    SENTENCES[kind].format(by="", **facts)  # a missing fact fails here, not when someone reads it
    subject = on if isinstance(on, str) else f"{on._meta.label}:{on.pk}"
    return Event.objects.create(
        kind=kind,
        by=by,
        authority=authority,
        school=school,
        subject=subject,
        facts=facts,
        at=timezone.now(),
    )


def sentence(event: Event) -> str:
    """The event as a person reads it. `by` must have been fetched with the event."""
    who = event.by.name if event.by is not None else "Onroll"
    said = SENTENCES[Kind(event.kind)].format(by=who, **event.facts)
    return said[:1].upper() + said[1:]
