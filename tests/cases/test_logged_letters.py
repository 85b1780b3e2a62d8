"""Letters that the school sent itself: logged, counted as sent, refused and taken back."""

from datetime import UTC, date, datetime, timedelta

import pytest

from attendance.models import AdultLink
from audit.models import Event
from audit.record import sentence
from authorities import packs
from authorities.access import Forbidden
from authorities.packs import Layer, PolicyInForce, pack_in_force
from authorities.permissions import Role
from cases.models import DeadlineKind, LoggedLetter, Meeting, Proposal
from cases.selectors.checklists import gate_state, statements_of
from cases.selectors.chronology import chronology
from cases.selectors.evidence import evidence_of
from cases.selectors.family import clashes
from cases.selectors.logged_letters import loggable
from cases.services import casework, logged_letters, moves
from rules.errors import Conflict, InvalidInput, RuleNotMet
from tests.cases.family import NOW
from tests.cases.logged import LETTER_4, log, sent
from tests.cases.meeting_scenes import arranged
from tests.cases.test_family_lens import SECRET, sibling
from tests.cases.test_stages_moves import close, propose
from tests.cast import TODAY


def letters_shown(case) -> list[tuple[str, date, str]]:
    return [(one.key, one.on, one.words) for one in evidence_of(case) if one.kind == "letter"]


def test_a_letter_to_two_adults_is_two_and_each_counts_as_sent(family):
    rows = log(family, family.mother, family.father, sent_on=date(2026, 11, 10))

    assert [row.adult for row in rows] == [family.mother, family.father]
    assert {row.title for row in rows} == {"Letter 4: attendance meeting"}
    assert rows[0].edition == packs.load("dorset").edition
    words = "Sent by the school, by post: Letter 4: attendance meeting"
    assert letters_shown(family.case) == [("letter_4", date(2026, 11, 10), words)] * 2


def test_the_proposal_to_send_it_is_taken_up_and_no_other(family):
    family.open_case()
    wanted = propose(family.case, "letter_4", proposes="letter")
    other = propose(family.case, "letter_5", proposes="letter")

    log(family, family.mother)

    wanted.refresh_from_db()
    other.refresh_from_db()
    assert (wanted.state, wanted.decided_by) == ("taken", family.cast.officer)
    assert other.state == "open"


def test_a_gate_that_asks_for_the_letter_opens_and_shuts_with_it(family):
    family.open_case()
    authority = family.cast.northmoor
    packs.adopt(authority=authority, pack="barking_dagenham", starts_on=TODAY, reach=None)

    def warned() -> bool:
        policy = pack_in_force(family.cast.hillside, TODAY)
        case = family.case
        gates = gate_state(policy, "prosecution", evidence_of(case), statements_of(case))
        (gate,) = [gate for gate in gates if gate.gate.key == "seven_minimums"]
        return "warning_letter" not in {one.item.key for one in gate.missing}

    log(family, family.mother, letter="barking_dagenham:falling")
    assert not warned(), "another letter does not show it"
    (row,) = log(family, family.mother, letter="barking_dagenham:warning", way="by hand")
    assert warned()
    logged_letters.take_back(reach=family.reach, letter=row, because="Not sent", now=NOW)
    assert not warned()


def test_the_history_says_what_went_and_names_nobody_to_who_may_not_see_contacts(family):
    log(family, family.mother, sent_on=date(2026, 11, 10), note="She rang about it")
    tutor = family.cast.reach(family.cast.person(Role.TUTOR, "hillside"))

    def said(reach):
        return [
            (one.title, one.text) for one in chronology(family.case, reach) if one.tag == "Letter"
        ]

    assert said(family.reach) == [
        (
            "Letter 4: attendance meeting to Ms Ada Larkfield: sent by the school by post, on "
            "10 November 2026",
            "She rang about it",
        )
    ]
    assert said(tutor) == [
        ("Letter 4: attendance meeting: sent by the school by post, on 10 November 2026", "")
    ]


def test_the_audit_names_the_letter_and_nobody(family):
    log(family, family.mother, sent_on=date(2026, 11, 10), note="She rang about it")

    event = Event.objects.get(kind="letter.logged")
    row = LoggedLetter.objects.get()
    assert sentence(event) == (
        f"{family.cast.officer.name} logged that the school's own letter {row.reference} went by "
        "post, 10 November 2026"
    )
    assert "Larkfield" not in str(event.facts)
    assert "rang" not in str(event.facts)
    assert str(row) == row.reference


@pytest.mark.parametrize(
    ("day", "warned"), [(date(2026, 11, 10), True), (date(2026, 11, 9), False)]
)
def test_a_letter_about_a_brother_or_sister_near_this_one_is_warned_of(family, day, warned):
    case, there = family.open_case(), sibling(family, family.cast.hillside)
    other = casework.open_case(
        reach=family.reach, enrolment=there, crossing=None, now=NOW, today=TODAY
    )
    (row,) = log(family, family.mother, sent_on=day)
    LoggedLetter.objects.filter(pk=row.pk).update(case=other)

    said = clashes(case, family.reach, TODAY)

    assert bool(said) is warned
    if warned:
        assert said[0].startswith(f"A letter about Wren {SECRET} went to this family on 10 Nov")


def test_the_review_that_the_policy_sets_starts_with_the_day_it_went(family):
    """Fifteen school days from 10 November 2026."""
    log(family, family.mother, letter="dorset:letter_2", sent_on=date(2026, 11, 10))

    (row,) = family.case.deadlines.filter(kind=DeadlineKind.LETTER_REVIEW, done_on=None)
    assert (row.since, row.due_on) == (date(2026, 11, 10), date(2026, 12, 1))


def test_with_a_meeting_it_is_the_invitation_too(family):
    meeting = arranged(family)

    (row,) = log(family, family.mother, meeting=meeting.reference)

    asked = meeting.invited.get(part="adult")
    assert (asked.way, asked.told_on, asked.told_by) == ("letter", TODAY, family.cast.officer)
    assert row.meeting == meeting
    offered = [one for one in evidence_of(family.case) if one.kind == "meeting_offered"]
    assert len(offered) == 1


@pytest.mark.parametrize(
    ("way", "told"),
    [("by hand", "by hand"), ("email", "email"), ("own system", "own system")],
)
def test_the_invitation_went_the_way_the_letter_did(family, way, told):
    meeting = arranged(family)

    log(family, family.mother, way=way, meeting=meeting.reference)

    assert meeting.invited.get(part="adult").way == told


def test_an_invitation_to_somebody_who_was_not_asked_is_refused_whole(family):
    meeting = arranged(family)

    with pytest.raises(InvalidInput, match="not asked to that meeting"):
        log(family, family.mother, family.father, meeting=meeting.reference)
    with pytest.raises(InvalidInput, match="planned meetings of this case"):
        log(family, family.mother, meeting="NOSUCHONE1")
    with pytest.raises(RuleNotMet, match="before the meeting was arranged"):
        log(family, family.mother, meeting=meeting.reference, sent_on=date(2026, 11, 10))
    assert not LoggedLetter.objects.exists()
    assert not Meeting.objects.get().invited.get(part="adult").way


@pytest.mark.parametrize("way", ["post", "by hand", "email", "own system"])
@pytest.mark.parametrize(
    ("link", "because"),
    [
        ({"may_contact": "no"}, "The record says not to contact this adult"),
        ({"may_contact": "unknown"}, "Nobody has said whether this adult may be contacted"),
        ({"parental_responsibility": "no", "has_care": "no"}, "neither parental responsibility"),
    ],
)
def test_nothing_is_logged_to_who_may_not_be_written_to_whatever_the_way(
    family, way, link, because
):
    family.open_case()
    AdultLink.objects.filter(adult=family.father).update(**link)

    with pytest.raises(RuleNotMet, match=because) as refused:
        log(family, family.mother, family.father, way=way)

    assert "tell the safeguarding lead" in refused.value.message
    assert not LoggedLetter.objects.exists()


@pytest.mark.parametrize(
    ("way", "allowed"),
    [("post", False), ("own system", False), ("by hand", True), ("email", True)],
)
@pytest.mark.parametrize(
    "change", [{"protected_address": "yes"}, {"protected_address": "unknown"}, {"address": ""}]
)
def test_nothing_is_logged_by_post_to_an_address_that_is_kept_or_in_doubt(
    family, change, way, allowed
):
    family.open_case()
    for name, value in change.items():
        setattr(family.mother, name, value)
    family.mother.save()

    if allowed:
        assert log(family, family.mother, way=way)
    else:
        with pytest.raises(RuleNotMet, match="Nothing may go to Ms Ada Larkfield by post"):
            log(family, family.mother, way=way)
        assert not LoggedLetter.objects.exists()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"letter": "dorset:letter_9"}, "Choose one of the letters"),
        ({"letter": "chaucer:letter_1"}, "Choose one of the letters"),
        ({"letter": "national:leave_refused"}, "Choose one of the letters"),
        ({"letter": "national:penalty_notice"}, "Choose one of the letters"),
        ({"way": "pigeon"}, "Say how the letter went"),
        ({"adults": ()}, "Select who the letter went to"),
        ({"adults": ("NOBODY0001",)}, "adults from this pupil's record"),
        ({"sent_on": TODAY + timedelta(days=1)}, "That day has not been yet"),
        ({"sent_on": TODAY - timedelta(days=367)}, "more than a year ago"),
    ],
)
def test_what_cannot_be_is_refused_in_words(family, changes, says):
    with pytest.raises((InvalidInput, RuleNotMet), match=says):
        log(family, family.mother, **changes)

    assert not LoggedLetter.objects.exists()


def test_the_same_letter_of_a_day_is_logged_once(family):
    (row,) = log(family, family.mother)

    with pytest.raises(Conflict, match="logged already"):
        log(family, family.mother)
    log(family, family.mother, sent_on=date(2026, 11, 16))  # another day is another letter
    logged_letters.take_back(reach=family.reach, letter=row, because="Not sent", now=NOW)
    log(family, family.mother)

    assert LoggedLetter.objects.count() == 3


def test_what_waits_here_is_not_logged_as_sent(family):
    family.prepare(family.mother)

    with pytest.raises(Conflict, match="waits on the case to be approved"):
        log(family, family.mother, letter="dorset:letter_2")
    assert log(family, family.father, letter="dorset:letter_2")


def test_a_closed_case_takes_no_letter_and_gives_none_back(family):
    (row,) = log(family, family.mother)
    close(family, why="restored")

    for change in (
        lambda: log(family, family.father),
        lambda: logged_letters.take_back(reach=family.reach, letter=row, because="x", now=NOW),
    ):
        with pytest.raises(Conflict, match="closed"):
            change()


def test_taking_back_needs_a_reason_is_done_once_and_stays_in_the_history(family):
    (row,) = log(family, family.mother)
    at = datetime(2026, 11, 17, 10, tzinfo=UTC)

    with pytest.raises(InvalidInput, match="Say why"):
        logged_letters.take_back(reach=family.reach, letter=row, because=" ", now=at)
    logged_letters.take_back(reach=family.reach, letter=row, because="The wrong pupil", now=at)
    with pytest.raises(Conflict, match="taken this back already"):
        logged_letters.take_back(reach=family.reach, letter=row, because="Again", now=at)

    assert letters_shown(family.case) == []
    newest = chronology(family.case, family.reach)[0]
    assert newest.title.endswith("taken back, it was not sent")
    assert newest.text == "The wrong pupil"
    assert Event.objects.filter(kind="letter.log_taken_back").count() == 1


def test_who_may_not_change_cases_logs_nothing(family):
    family.open_case()
    tutor = family.cast.reach(family.cast.person(Role.TUTOR, "hillside"))

    with pytest.raises(Forbidden):
        logged_letters.log(
            reach=tutor, case=family.case, sent=sent(family.mother), now=NOW, today=TODAY
        )


def test_letters_without_wording_come_first_and_those_with_a_place_of_their_own_not_at_all(family):
    found = [one.value for one in loggable(pack_in_force(family.cast.hillside, TODAY))]

    assert found[0] == "dorset:letter_1"
    assert found[-1] == "dorset:letter_2"  # it can be prepared here
    assert LETTER_4 in found
    assert not [value for value in found if value.startswith("national:")]


@pytest.mark.parametrize(
    ("pack", "never"),
    [
        ("bcp", {"notice_to_improve", "improvement_outcome", "penalty_before_end"}),
        ("chaucer", {"notice_to_improve", "supervision_order"}),
        ("barking_dagenham", {"outcome_to_school"}),
    ],
)
def test_what_belongs_to_a_notice_or_to_no_family_is_never_logged_here(pack, never):
    layer = Layer("authority", packs.load(pack), TODAY)

    found = {one.letter.key for one in loggable(PolicyInForce(TODAY, (layer,)))}

    assert found == {letter.key for letter in layer.pack.letters} - never


def test_a_case_that_moves_keeps_its_letters(family):
    log(family, family.mother)
    case = family.case
    moves.move(
        reach=family.reach,
        case=case,
        to="dorset:attendance_meeting",
        why="not_improved",
        reason="No better",
        version=case.version,
        now=NOW,
        today=TODAY,
    )

    assert len(letters_shown(case)) == 1
    assert Proposal.objects.filter(state="open", target="letter_4").exists()
