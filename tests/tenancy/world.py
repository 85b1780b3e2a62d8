"""One of each thing in both authorities, with sentinels in every text a page could show."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from attendance.models import (
    AdultLink,
    Calendar,
    CalendarDay,
    ImportBatch,
    LeaveRequest,
    MarkChange,
    PupilFlag,
    Term,
)
from attendance.selectors.imports import unknown_pupils
from attendance.services import leave
from attendance.services.amending import Wanted, amend_one
from attendance.services.imports import import_file, receive
from attendance.services.registers import amend_mark
from authorities import packs
from authorities.models import Job, Membership
from authorities.permissions import Role
from cases.models import Proposal, Recheck
from cases.services import casework, concern_letters, rechecks
from rules.leave import Purpose
from rules.marks import DatedSession, Session
from tests import factories
from tests.attendance import agreed, moved, registers, returned, scenes
from tests.cases import contracts, lens, logged, meeting_scenes, planned, work_scenes
from tests.cast import TODAY, Cast
from tests.legal import (
    bundle_scenes,
    correction_scenes,
    gate_scenes,
    improvement_scenes,
    order_scenes,
    payment_scenes,
    penalty_scenes,
    prosecution_scenes,
    request_scenes,
    return_scenes,
)

NOW = scenes.NOW

# What a route needs → the keyword of its address and the attribute that fills it.
ARGUMENTS = {
    "membership": ("membership", "pk"),
    "job": ("reference", "reference"),
    "pupil": ("reference", "reference"),
    "school": ("urn", "urn"),
    "adult": ("adult", "reference"),
    "flag": ("flag", "pk"),
    "term": ("term", "pk"),
    "own_term": ("term", "pk"),
    "day": ("day", "pk"),
    "own_day": ("day", "pk"),
    "crossing": ("crossing", "pk"),
    "penalty": ("reference", "reference"),
    "improvement": ("reference", "reference"),
    "order": ("reference", "reference"),
    "prosecution": ("reference", "reference"),
    "penalty_letter": ("reference", "reference"),
    "legal_recheck": ("reference", "reference"),
    "noticed": ("adult", "reference"),
    "external": ("external", "pk"),
    "case": ("reference", "reference"),
    "letter": ("reference", "reference"),
    "logged": ("letter", "reference"),
    "meeting": ("reference", "reference"),
    "held": ("reference", "reference"),
    "held_case": ("case", "reference"),
    "agreed_action": ("action", "pk"),
    "recheck": ("reference", "reference"),
    "bundled": ("reference", "reference"),
    "bundle": ("reference", "reference"),
    "bundle_part": ("part", "part"),
    "contract": ("reference", "reference"),
    "signer": ("adult", "reference"),
    "referral": ("reference", "reference"),
    "draft_referral": ("reference", "reference"),
    "sibling": ("sibling", "key"),
    "question": ("reference", "reference"),
    "deadline": ("pk", "pk"),
    "notice_request": ("reference", "reference"),
    "draft_request": ("reference", "reference"),
    "request_file": ("pk", "pk"),
    "override": ("reference", "reference"),
    "officer": ("pk", "pk"),
    "saved_view": ("pk", "pk"),
    "payment": ("payment", "payment"),
    "payment_question": ("pk", "pk"),
    "refund": ("pk", "pk"),
    "payment_file": ("reference", "reference"),
    "barrier": ("barrier", "pk"),
    "support": ("support", "pk"),
    "cycle": ("number", "number"),
    "action": ("action", "pk"),
    "proposal": ("proposal", "reference"),
    "noted": ("reference", "reference"),
    "replay": ("reference", "reference"),
    "batch": ("reference", "reference"),
    "correction": ("reference", "reference"),
    "quarantine": ("reference", "reference"),
    "unknown": ("key", "key"),
    "chosen": ("pupil", "reference"),
    "arrangement": ("reference", "reference"),
    "leave": ("reference", "reference"),
    "to_answer": ("reference", "reference"),
    "timetable": ("reference", "reference"),
    "evidence": ("reference", "reference"),
    "twin": ("reference", "reference"),
    "return": ("reference", "reference"),
    "legal_return": ("reference", "reference"),
    "gone": ("reference", "reference"),
    "leaving": ("leaving", "reference"),
    "history": ("history", "reference"),
    "roll_over": ("reference", "reference"),
    "roll_row": ("row", "pk"),
}
PLAIN = {
    "year": {"year": 2026},
    "session": {"day": "2026-10-05", "half": "am"},
    "chart": {"chart": "year"},
    "kind": {"kind": "religious"},
    "happened": {"event": "breach"},
    "group": {"group": "-"},
    "due": {"kind": "sickness", "day": "2026-11-12"},
    "person": {"person": 1},
    "gate_step": {"step": "notice_to_improve"},
    "improvement_event": {"event": "tell"},
    "order_step": {"step": "review"},
    "gate_test": {"step": "notice_to_improve", "test": "safeguarding_checked"},
    "grant": {"grant": "NOSUCHGRNT"},
    "bucket": {"bucket": "outstanding"},
    "return_cell": {"cell": "pn_issued"},
}


@dataclass
class World:
    """Northmoor's things by name."""

    cast: Cast
    things: dict[str, Any] = field(default_factory=dict)

    def arguments(self, name: str, needs: tuple[str, ...]) -> dict[str, Any]:
        """The keyword arguments of a route's address."""
        found: dict[str, Any] = {"la": "990"}
        for need in needs:
            if need in PLAIN:
                found |= PLAIN[need]
            else:
                keyword, attribute = ARGUMENTS[need]
                found[keyword] = getattr(self.things[need], attribute)
        return found


def a_batch(cast: Cast) -> ImportBatch:
    """A file of marks that was uploaded and stopped at its columns."""
    content = b"UPN,Date,Session,Mark\nA123456789012,2026-11-16,AM,/\n"
    return receive(
        school=cast.hillside,
        layout="long",
        file_name="marks.csv",
        content=content,
        by=cast.reach(cast.officer),
        now=NOW,
    )


def a_quarantine(cast: Cast) -> ImportBatch:
    """A file of marks that was checked and names a pupil whom nobody knows."""
    content = b"MISID,Date,Session,Mark\r\nnobody,2026-11-16,AM,/\r\n"
    return import_file(
        school=cast.hillside,
        layout="long",
        file_name="marks.csv",
        content=content,
        by=cast.reach(cast.officer),
        now=NOW,
        today=TODAY,
        dry_run=True,
    ).batch


def a_recheck(cast: Cast) -> Recheck:
    """A mark that the case rested on was corrected."""
    later = NOW + timedelta(hours=1)
    amend_mark(
        school=cast.hillside,
        enrolment_id=cast.enrolment.pk,
        when=DatedSession(date(2026, 10, 5), Session.AM),
        expected="O",
        code="I",
        reason="A letter came",
        by=cast.officer,
        now=later,
    )
    rechecks.look_again(cast.northmoor.pk, now=later)
    return Recheck.objects.get(case__isnull=False)  # the letter has one of its own


def a_noted_proposal(cast: Cast) -> Proposal:
    """A policy asks somebody to look at the pupil."""
    return Proposal.objects.create(
        authority=cast.northmoor,
        school=cast.hillside,
        enrolment=cast.enrolment,
        pack="chaucer",
        edition="2024-09",
        trigger="two_lates",
        proposes="warning",
        why="2 late arrivals this week, or more",
        facts={"as_of": "2026-11-16", "lates_this_week": 2, "unresolved": 0},
        since=date(2026, 11, 16),
        found_at=NOW,
    )


def a_replay(cast: Cast) -> Job:
    """Hillside tried another policy, and looks at what it came to."""
    row = {
        "proposes": "letter",
        "pack": "dorset",
        "target": "letter_2",
        "words": "Send a letter: Concern",
        "policy": "Dorset school attendance pack",
        "now": {"pupils": 1, "who": [cast.enrolment.pk], "post": 1, "held": 0},
        "draft": {"pupils": 0, "who": [], "post": 0, "held": 0},
    }
    return Job.objects.create(
        authority=cast.northmoor,
        school=cast.hillside,
        kind="cases.what_if",
        state="done",
        asked_by=cast.officer,
        asked_at=NOW,
        arguments={
            "pack": "bcp",
            "edition": packs.load("bcp").edition,
            "first": "2026-09-02",
            "last": "2026-11-16",
        },
        result={
            "rows": [row],
            "weeks": [{"monday": "2026-10-05", "now": 1, "draft": 0}],
            "pupils": 1,
            "schools": 1,
        },
    )


def a_waiting_correction(cast: Cast) -> MarkChange:
    """The officer asked for the change of a mark that is six weeks old."""
    change = amend_one(
        reach=cast.reach(cast.officer),
        enrolment=cast.enrolment,
        when=DatedSession(date(2026, 10, 6), Session.AM),
        expected="O",
        wanted=Wanted("M", "The letter came late"),
        now=NOW,
    )
    assert change is not None
    return change


def a_refusal(cast: Cast) -> LeaveRequest:
    """A request that the headteacher refused: its answer may be written."""
    asked = agreed.a_request(
        cast, purpose=Purpose.HOLIDAY, first_day=date(2026, 12, 14), last_day=date(2026, 12, 18)
    )
    return leave.refuse(asked, reach=agreed.head(cast), reason="It is a holiday", now=NOW)


def build(cast: Cast) -> World:
    """Fill both authorities and return the world as Northmoor has it."""
    for authority, word in ((cast.northmoor, "Northsecret"), (cast.southvale, "Southsecret")):
        school = cast.hillside if authority == cast.northmoor else cast.coast
        pupil = factories.pupil(authority, surname=word, forenames=word)
        factories.enrolment(pupil, school)
        factories.adult(pupil, surname=word, address=f"1 {word} Lane", protected_address="unknown")
    adult = factories.adult(cast.pupil)
    scenes.calendar(cast)
    scenes.a_year_of_marks(cast, absences=scenes.TEN)
    crossing = scenes.crossing(cast)
    office = cast.reach(cast.officer)
    cast.hillside.attendance_contact = "Sam Example"
    cast.hillside.phone = "01632 960001"
    cast.hillside.save()
    packs.adopt(
        authority=cast.northmoor,
        pack="dorset",
        starts_on=date(2026, 9, 1),
        reach=cast.reach(cast.person(Role.AUTHORITY_ADMINISTRATOR)),
    )
    case = casework.open_case(
        reach=office, enrolment=cast.enrolment, crossing=crossing, now=NOW, today=TODAY
    )
    (letter,) = concern_letters.prepare(
        reach=office,
        case=case,
        pack="dorset",
        letter="letter_2",
        adults=[adult.reference],
        now=NOW,
        today=TODAY,
    )
    own = Calendar.objects.create(authority=cast.northmoor, year=2026, sessions=bytes(742))
    Calendar.objects.create(authority=cast.southvale, year=2026, sessions=bytes(742))
    hillside = Calendar.objects.get(school=cast.hillside, year=2026)
    first, last = registers.TERMS[2026][0]
    terms, days = {}, {}
    for name, calendar in (("own_", own), ("", hillside)):
        terms[name] = Term.objects.create(
            authority=cast.northmoor,
            calendar=calendar,
            name="Autumn",
            starts_on=first,
            ends_on=last,
        )
        days[name] = CalendarDay.objects.create(
            authority=cast.northmoor, calendar=calendar, day=date(2026, 11, 2), kind="inset"
        )
    quarantine = a_quarantine(cast)
    gone, rolled = moved.a_leaving(cast), moved.a_roll_over(cast)
    sibling, question = lens.a_question(cast, case, adult, NOW)
    return World(
        cast,
        {
            "pupil": cast.pupil,
            "school": cast.hillside,
            "adult": AdultLink.objects.get(pupil=cast.pupil).adult,
            "flag": PupilFlag.objects.create(
                authority=cast.northmoor,
                pupil=cast.pupil,
                kind="young carer",
                starts_on=date(2026, 9, 1),
            ),
            "term": terms[""],
            "own_term": terms["own_"],
            "day": days[""],
            "own_day": days["own_"],
            "crossing": crossing,
            "case": case,
            "letter": letter.letter,
            **logged.of_the_world(cast, case, adult),
            **meeting_scenes.of_the_world(cast, case, adult),
            "recheck": a_recheck(cast),
            "referral": lens.a_sent_one(cast, case, NOW),
            "draft_referral": lens.a_draft(cast, case, NOW),
            "sibling": sibling,
            "question": question,
            **work_scenes.of_the_world(cast, case),
            **gate_scenes.of_the_world(cast, case),
            **improvement_scenes.of_the_world(cast, case),
            **order_scenes.of_the_world(cast, case),
            **prosecution_scenes.of_the_world(cast, case, adult),
            **contracts.of_the_world(cast, case, adult),
            **(noticed := penalty_scenes.of_the_world(cast, adult)),
            **payment_scenes.of_the_world(cast, noticed["penalty"]),
            **correction_scenes.of_the_world(cast, noticed["penalty"]),
            **request_scenes.of_the_world(cast, case),
            **bundle_scenes.of_the_world(cast, noticed["noticed"]),
            **return_scenes.of_the_world(cast),
            **planned.things(cast, case),
            "proposal": Proposal.objects.create(
                authority=cast.northmoor,
                school=cast.hillside,
                enrolment=cast.enrolment,
                case=case,
                pack="dorset",
                edition="2025",
                trigger="step_to_meeting",
                proposes="stage",
                target="attendance_meeting",
                why="The review found no improvement",
                since=TODAY,
                found_at=NOW,
            ),
            "noted": a_noted_proposal(cast),
            "replay": a_replay(cast),
            "batch": a_batch(cast),
            "correction": a_waiting_correction(cast),
            "quarantine": quarantine,
            "arrangement": agreed.agree(cast, agreed.told())[0],
            "leave": agreed.a_request(cast),
            "to_answer": a_refusal(cast),
            "timetable": agreed.a_timetable(cast),
            "evidence": agreed.evidence(cast),
            "twin": agreed.twins(cast)[0].pupil,
            "return": returned.a_return(cast),
            "gone": gone.enrolment.pupil,
            "leaving": gone,
            "history": moved.a_history(cast),
            "roll_over": rolled,
            "roll_row": rolled.rows.get(enrolment=cast.enrolment),
            "unknown": unknown_pupils(quarantine)[0],
            "chosen": cast.pupil,
            "membership": Membership.objects.get(user=cast.person(Role.TUTOR, "hillside")),
            "job": Job.objects.create(
                authority=cast.northmoor,
                school=cast.hillside,
                kind="authorities.nothing",
                asked_at=timezone.now(),
            ),
        },
    )
