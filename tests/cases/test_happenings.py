"""What happened on a case, told to the policy: targets agreed, all else tried, a review's end."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.urls import reverse

from authorities import packs
from authorities.access import Forbidden
from authorities.permissions import Role
from cases.models import Case, CaseNote, Deadline, DeadlineKind, Proposal
from cases.selectors.evidence import evidence_of
from cases.selectors.happenings import sayable
from cases.services import deadlines, happenings, letter_reviews, meetings, minutes, proposals
from cases.services.letter_reviews import Found
from letters.models import WhyWithdrawn
from rules.errors import Conflict, InvalidInput
from tests.cases import contracts, meeting_scenes, planned
from tests.cases.family import NOW
from tests.cases.test_stages_moves import close, move
from tests.cast import TODAY, sign_in

LATER = NOW + timedelta(hours=1)
REVIEW_DAY = date(2026, 12, 8)


def proposed(case, happening):
    """What was proposed for something that happened: what it is and which."""
    rows = Proposal.objects.filter(case=case, happening=happening).order_by("pk")
    return [(row.proposes, row.target) for row in rows]


# Targets are agreed


@pytest.fixture
def at_sam(family):
    """A case at Chaucer's level 2, where the school attendance meeting sets targets."""
    packs.adopt(
        authority=family.cast.northmoor,
        pack="chaucer",
        starts_on=date(2026, 9, 1),
        reach=None,
        school=family.cast.hillside,
    )
    family.open_case()
    move(family, "chaucer:level_2")
    return family.case


def sam(family, outcome, **changes):
    """The meeting was held, and its minutes say what was decided."""
    row = meeting_scenes.held(family, kind="chaucer:sam", **changes)
    return minutes.write(
        reach=family.reach,
        row=row,
        number=0,
        said=meeting_scenes.Said(outcome=outcome, parent="We will try."),
        now=meeting_scenes.AFTER,
    )


def test_minutes_that_set_targets_propose_the_letter_that_confirms_them(family, at_sam):
    sam(family, "Targets set")

    assert proposed(at_sam, "targets_agreed") == [("letter", "letter_2b")]


def test_at_the_panel_it_is_the_panels_letter(family, at_sam):
    move(family, "chaucer:level_3")
    sam(family, "Targets set")

    assert proposed(at_sam, "targets_agreed") == [("letter", "letter_3b")]


@pytest.mark.parametrize(
    ("outcome", "happening", "what"),
    [
        ("Targets met", "targets_met", [("letter", "letter_2c"), ("stage", "level_1")]),
        (
            "Targets not met: school attendance panel",
            "targets_missed",
            [("letter", "letter_3"), ("stage", "level_3")],
        ),
        ("We talked again", "targets_agreed", []),
    ],
)
def test_each_outcome_of_the_policy_tells_it_what_it_means(
    family, at_sam, outcome, happening, what
):
    sam(family, outcome)

    assert proposed(at_sam, happening) == what


def test_the_first_target_of_a_plan_tells_it_too_and_once(family, at_sam):
    plan = planned.start(family.reach, at_sam)
    planned.target(family.reach, plan)
    row = Proposal.objects.get(happening="targets_agreed")
    proposals.leave(proposal=row, reach=family.reach, reason="The plan says it", now=NOW)

    planned.target(family.reach, plan, what="On time", measure="other", unit="days")

    assert proposed(at_sam, "targets_agreed") == [("letter", "letter_2b")]


def test_a_contract_that_both_sides_signed_tells_it(family, at_sam):
    contracts.offer(family, terms="chaucer:contract", length=6)
    assert proposed(at_sam, "targets_agreed") == []

    contracts.meet(family, at_sam.contracts.get())

    assert proposed(at_sam, "targets_agreed") == [("letter", "letter_2b")]


def test_one_agreement_in_minutes_and_contract_is_told_once(family, at_sam):
    meeting = meeting_scenes.told(family, meeting_scenes.arranged(family, kind="chaucer:sam"))
    contracts.offer(family, terms="chaucer:contract", length=6)
    contracts.meet(family, at_sam.contracts.get())
    row = Proposal.objects.get(happening="targets_agreed")
    proposals.leave(proposal=row, reach=family.reach, reason="In the contract", now=LATER)

    about = meeting_scenes.settled(family, meeting).about.get()
    meeting_scenes.written(family, about, meeting_scenes.Said(outcome="Targets set", pupil="Fine"))

    assert proposed(at_sam, "targets_agreed") == [("letter", "letter_2b")]


def test_a_second_meeting_that_sets_new_targets_tells_it_again(family, at_sam):
    sam(family, "Targets set")
    row = Proposal.objects.get(happening="targets_agreed")
    proposals.leave(proposal=row, reach=family.reach, reason="By hand", now=meeting_scenes.AFTER)
    again = datetime(2026, 12, 10, 14, tzinfo=UTC)
    made = meetings.arrange(
        reach=family.reach,
        case=at_sam,
        plan=meeting_scenes.plan(family, kind="chaucer:sam", when=meeting_scenes.when(again)),
        now=datetime(2026, 12, 1, 9, tzinfo=UTC),
    )
    about = meeting_scenes.settled(family, made, now=again + timedelta(hours=1)).about.get()
    minutes.write(
        reach=family.reach,
        row=about,
        number=0,
        said=meeting_scenes.Said(outcome="Targets set", pupil="Fine"),
        now=again + timedelta(hours=1),
    )

    assert len(proposed(at_sam, "targets_agreed")) == 2


# What only a person knows


@pytest.fixture
def at_stage_2(family):
    """A case at stage 2 of a staged approach, where all else may have been tried."""
    packs.adopt(
        authority=family.cast.northmoor,
        pack="barking_dagenham",
        starts_on=date(2026, 9, 2),
        reach=None,
    )
    family.open_case()
    move(family, "barking_dagenham:stage_2")
    return family.case


def say(family, happening="support_exhausted", **changes):
    asked = {
        "reach": family.reach,
        "case": family.case,
        "happening": happening,
        "words": "Two plans, a contract and early help",
        "now": LATER,
        "today": TODAY,
    }
    return happenings.say(**(asked | changes))


def test_a_person_says_that_all_else_was_tried_and_the_policy_answers(family, at_stage_2):
    say(family)

    assert proposed(at_stage_2, "support_exhausted") == [
        ("meeting", "hot_clinic"),
        ("stage", "stage_3"),
    ]
    assert CaseNote.objects.get().text == (
        "Every other way to help has been tried. Two plans, a contract and early help"
    )


def test_the_review_meeting_that_sends_it_on_says_the_same(family, at_stage_2):
    row = meeting_scenes.held(family, kind="barking_dagenham:review_meeting")
    said = meeting_scenes.Said(outcome="Hot clinic, then Stage 3", parent="No.")
    meeting_scenes.written(family, row, said)

    assert ("meeting", "hot_clinic") in proposed(at_stage_2, "support_exhausted")


def test_a_safeguarding_concern_is_said_at_any_stage(family, at_stage_2):
    say(family, "safeguarding_concern", words="I told the safeguarding lead at 10")

    assert proposed(at_stage_2, "safeguarding_concern") == [("warning", "")]


def test_only_what_a_policy_answers_to_here_can_be_said(family):
    case = family.open_case()  # Dorset answers to neither
    policy = packs.pack_in_force(case.school, TODAY)

    assert sayable(case, policy) == []
    with pytest.raises(InvalidInput, match="Choose what happened"):
        say(family)


@pytest.mark.parametrize("words", ["", "   ", "x" * 601])
def test_it_needs_words_and_not_too_many(family, at_stage_2, words):
    with pytest.raises(InvalidInput):
        say(family, words=words)

    assert not Proposal.objects.filter(happening="support_exhausted").exists()


def test_a_tutor_and_a_closed_case_are_refused(family, at_stage_2):
    tutor = family.cast.reach(family.cast.person(Role.TUTOR, "hillside"))
    with pytest.raises(Forbidden):
        say(family, reach=tutor)
    close(family)
    with pytest.raises(Conflict, match="This case was closed on 17 November 2026"):
        say(family)


def test_the_page_says_what_follows_and_writes_it_down(client, family, at_stage_2):
    sign_in(client, family.cast.officer)
    address = reverse("cases:case_happened", args=["990", at_stage_2.reference])
    first = client.get(reverse("cases:case", args=["990", at_stage_2.reference]))
    assert address in first.content.decode()

    page = client.get(address).content.decode()
    assert "Then proposed: Hold: Vulnerable Pupils Hot Clinic; Move to Stage 3" in page
    assert "Select what happened" in client.post(address, {}).content.decode()
    done = client.post(
        address, {"happening": "support_exhausted", "words": "Two plans"}, follow=True
    )

    assert "See what the policy proposes now" in done.content.decode()
    assert "Hold: Vulnerable Pupils Hot Clinic" in done.content.decode()


def test_where_no_policy_asks_the_page_says_so(client, family):
    case = family.open_case()
    sign_in(client, family.cast.officer)
    address = reverse("cases:case_happened", args=["990", case.reference])

    assert "No policy in force asks for anything here" in client.get(address).content.decode()
    first = client.get(reverse("cases:case", args=["990", case.reference]))
    assert address not in first.content.decode()


# Closing is proposed


@pytest.fixture
def done(family):
    """A case at Dorset's first step, whose review found improvement."""
    case = family.open_case()
    proposals.happened(case=case, happening="improved", today=TODAY, now=NOW)
    return case


def test_improvement_at_the_lowest_step_proposes_to_close(client, family, done):
    assert proposed(done, "improved") == [("letter", "letter_3"), ("close", "")]
    row = Proposal.objects.get(proposes="close")
    sign_in(client, family.cast.officer)
    address = reverse("cases:case_proposal", args=["990", done.reference, row.reference])
    assert "Do it: go on to closing the case" in client.get(address).content.decode()

    to = client.post(address, {"decision": "take"})

    assert to.headers["Location"].endswith(f"/cases/{done.reference}/close/?why=restored")
    close(family)
    row.refresh_from_db()
    assert row.state == "taken"


def test_from_the_panel_improvement_proposes_one_step_back(family):
    family.open_case()
    move(family, "dorset:panel")

    proposals.happened(case=family.case, happening="improved", today=TODAY, now=LATER)

    assert proposed(family.case, "improved") == [
        ("letter", "letter_3"),
        ("stage", "attendance_meeting"),
    ]


# The review after a letter


@pytest.fixture
def sent(family):
    """Letter 2 to the mother was approved today."""
    (row,) = family.prepare(family.mother)
    letter_reviews.approve(reach=family.reach, case_letter=row, now=NOW, today=TODAY)
    return family.case


def review(family, outcome="improved", **changes):
    clock = Deadline.objects.filter(kind=DeadlineKind.LETTER_REVIEW).get()
    asked = {
        "reach": family.reach,
        "case": family.case,
        "found": Found(outcome, "In every day since"),
        "version": clock.version,
        "now": datetime(2026, 12, 8, 9, tzinfo=UTC),
        "today": REVIEW_DAY,
    }
    return letter_reviews.hold(**(asked | changes))


def test_letter_2_starts_the_clock_of_its_review(family, sent):
    clock = Deadline.objects.get(kind=DeadlineKind.LETTER_REVIEW)

    assert clock.due_on == REVIEW_DAY  # fifteen school days
    assert clock.words == "Review after letter 2: has attendance improved?"
    assert clock.clock["source"].startswith("School attendance flow chart, steps 5 and 6")


def test_the_letter_to_the_other_parent_starts_no_second(family, sent):
    (row,) = family.prepare(family.father)
    letter_reviews.approve(reach=family.reach, case_letter=row, now=NOW, today=TODAY)

    assert Deadline.objects.filter(kind=DeadlineKind.LETTER_REVIEW).count() == 1


def test_with_the_last_letter_that_was_on_its_way_the_clock_ends(family, sent):
    (other,) = family.prepare(family.father)
    letter_reviews.approve(reach=family.reach, case_letter=other, now=NOW, today=TODAY)
    first = sent.letters.exclude(pk=other.pk).get()

    def withdraw(row):
        letter_reviews.withdraw(
            reach=family.reach, case_letter=row, why=WhyWithdrawn.values[0], now=LATER, today=TODAY
        )

    withdraw(first)
    assert Deadline.objects.get(kind=DeadlineKind.LETTER_REVIEW).done_on is None
    withdraw(other)
    clock = Deadline.objects.get(kind=DeadlineKind.LETTER_REVIEW)
    assert (clock.done_on, clock.dropped_because) == (
        TODAY,
        "The letter was withdrawn before it went.",
    )


def test_a_letter_that_invites_to_a_meeting_starts_none(family):
    case = family.open_case()

    assert letter_reviews.start(case=case, pack="dorset", letter="letter_4", today=TODAY) is None
    assert letter_reviews.start(case=case, pack="dorset", letter="letter_3", today=TODAY) is None


def test_where_the_calendar_ends_first_there_is_no_clock(family):
    case = family.open_case()

    made = letter_reviews.start(
        case=case, pack="dorset", letter="letter_2", today=date(2027, 7, 20)
    )

    assert made is None


def test_a_plan_takes_its_place(family, sent):
    planned.start(family.reach, sent)

    clock = Deadline.objects.get(kind=DeadlineKind.LETTER_REVIEW)
    assert clock.dropped_because == "A plan was started. Its review takes the place of this one."
    assert letter_reviews.start(case=sent, pack="dorset", letter="letter_2", today=TODAY) is None


@pytest.mark.parametrize(
    ("outcome", "what"),
    [
        ("improved", [("letter", "letter_3"), ("close", "")]),
        ("not_improved", [("letter", "letter_4"), ("stage", "attendance_meeting")]),
    ],
)
def test_what_the_review_found_goes_to_the_policy(family, sent, outcome, what):
    clock = review(family, outcome)

    assert proposed(sent, outcome) == what
    assert (clock.done_on, clock.done_by) == (REVIEW_DAY, family.cast.officer)
    shown = [one for one in evidence_of(sent) if one.kind == "review"]
    assert [one.on for one in shown] == [REVIEW_DAY]


def test_a_review_that_waits_no_more_or_moved_is_refused(family, sent):
    with pytest.raises(Conflict, match="Somebody wrote this review or changed its day"):
        review(family, version=9)
    review(family)
    with pytest.raises(Conflict, match="Somebody wrote this review"):
        review(family)


@pytest.mark.parametrize("found", [Found("sunshine", "Well"), Found("improved", "  ")])
def test_a_review_says_what_it_found(family, sent, found):
    with pytest.raises(InvalidInput):
        review(family, found=found)


def test_it_is_not_ticked_off_elsewhere(family, sent):
    clock = Deadline.objects.get(kind=DeadlineKind.LETTER_REVIEW)

    with pytest.raises(InvalidInput, match="Write the review on its own page"):
        deadlines.mark_done(
            reach=family.reach,
            pk=clock.pk,
            version=clock.version,
            note="Done",
            today=TODAY,
            now=LATER,
        )


def test_the_page_shows_attendance_since_and_writes_the_review(client, family, sent):
    sign_in(client, family.cast.officer)
    address = reverse("cases:case_letter_review", args=["990", sent.reference])
    first = client.get(reverse("cases:case", args=["990", sent.reference]))
    assert address in first.content.decode()

    page = client.get(address).content.decode()
    assert "Improvement: letter 3" in page
    assert "No improvement: attendance meeting" in page
    assert "Since 17 November 2026" in page
    assert "In as many school days before" in page
    clock = Deadline.objects.get(kind=DeadlineKind.LETTER_REVIEW)
    refused = client.post(address, {"outcome": "improved", "words": "Well", "version": 9})
    assert "Somebody wrote this review" in refused.content.decode()
    done = client.post(
        address,
        {"outcome": "not_improved", "words": "Away on Mondays", "version": clock.version},
        follow=True,
    )

    assert "Send: Letter 4: attendance meeting" in done.content.decode()
    assert "No review after a letter waits on this case" in client.get(address).content.decode()


def test_a_policy_without_such_a_review_gets_our_two_answers(family):
    packs.adopt(
        authority=family.cast.northmoor,
        pack="barking_dagenham",
        starts_on=date(2026, 9, 2),
        reach=None,
    )
    from_ours = letter_reviews.outcomes(family.open_case(), TODAY)

    assert [(one.value, one.words) for one in from_ours] == [
        ("improved", "The review found improvement"),
        ("not_improved", "The review found no improvement"),
    ]
    assert Case.objects.count() == 1
