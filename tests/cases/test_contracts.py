"""Contracts: who may make one, who must be there, what each move starts, and what is refused."""

from dataclasses import replace
from datetime import date, timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.db.utils import DatabaseError

from attendance.models import AdultLink
from audit.models import Event
from authorities import packs
from authorities.access import Forbidden, NotFound
from authorities.models import SchoolKind
from authorities.permissions import Permission, Role
from authorities.tenancy import scope
from cases.access import contract_for
from cases.models import Contract, ContractEvent, Deadline, Promise, Proposal
from cases.selectors.chronology import chronology
from cases.selectors.contracts import (
    adults_who_may,
    copy_for,
    present_at,
    progress_of,
    promises_of,
    refusal_of_party,
    school_ideas,
    signers,
    terms_choices,
)
from cases.selectors.evidence import evidence_of
from cases.services import contracts
from cases.services.contracts import Met, Wording
from rules.contract_stages import ContractMoveNotAllowed
from rules.errors import Conflict, InvalidInput, RuleNotMet
from tests import factories
from tests.cases.contracts import STARTS, WORDING, in_force, may, meet, offer, tell
from tests.cases.family import ADOPTED, NOW, Family
from tests.cast import TODAY


def clocks(case) -> dict[str, str]:
    """The clocks that run, by kind."""
    return {
        row.kind: row.due_on.isoformat() for row in Deadline.objects.filter(case=case, done_on=None)
    }


def adopt(family, pack):
    place = {"school": family.cast.hillside} if pack == "chaucer" else {}
    packs.adopt(authority=family.cast.northmoor, pack=pack, starts_on=ADOPTED, reach=None, **place)


# Offering


def test_an_offer_keeps_the_promises_the_period_and_the_figures(family):
    made = offer(family)

    assert (made.state, made.edition, made.agreed) == ("offered", 1, 0)
    assert (made.starts_on, made.ends_on) == (STARTS, date(2027, 1, 31))
    assert made.reviews == ["2027-01-31"]
    assert promises_of(made)["parent"] == [
        "Bring Robin to school by 8.40 each day",
        "Ring the school on a first day away",
    ]
    assert made.facts["unauthorised"] == 10
    assert [row.adult for row in made.parties.order_by("pk")] == [family.mother, family.father]
    assert Event.objects.filter(kind="contract.offered").count() == 1
    assert clocks(made.case) == {}


def test_the_terms_of_the_policy_are_kept_as_they_stood(family):
    adopt(family, "chaucer")

    made = offer(family, terms="chaucer:contract", length=6)

    assert made.terms["highest"] == 6
    assert made.terms["source"] == "Section 7.1; appendix 3; appendix 6"
    assert made.terms["edition"] == packs.load("chaucer").edition
    assert len(made.reviews) == 3


def test_a_half_way_review_comes_from_the_policy(family):
    adopt(family, "bcp")

    made = offer(family, terms="bcp:fast_track", length=10)

    assert made.reviews == ["2026-12-27", "2027-01-31"]


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        ({"length": 7, "terms": "chaucer:contract"}, RuleNotMet, "4 to 6 weeks"),
        ({"length": 3, "terms": "chaucer:contract"}, RuleNotMet, "4 to 6 weeks"),
        ({"terms": ""}, InvalidInput, "Choose which policy"),
        ({"terms": "chaucer:none", "length": 5}, InvalidInput, "Choose which policy"),
        (
            {"terms": "chaucer:contract", "length": 5, "starts_on": date(2026, 11, 16)},
            InvalidInput,
            "cannot start in the past",
        ),
        (
            {"terms": "chaucer:contract", "length": 5, "adults": []},
            InvalidInput,
            "Select the parent",
        ),
        (
            {"terms": "chaucer:contract", "length": 5, "adults": ["ZZZZZZ"]},
            InvalidInput,
            "from this pupil's record",
        ),
        (
            {
                "terms": "chaucer:contract",
                "length": 5,
                "wording": replace(WORDING, promises={"school": ["A mentor"]}),
            },
            InvalidInput,
            "what the parent promises",
        ),
        (
            {
                "terms": "chaucer:contract",
                "length": 5,
                "wording": replace(WORDING, promises={"parent": ["Ring"], "school": [" "]}),
            },
            InvalidInput,
            "what the school or the council promises",
        ),
        (
            {
                "terms": "chaucer:contract",
                "length": 5,
                "wording": replace(WORDING, target_percent=101),
            },
            InvalidInput,
            "1 to 100",
        ),
    ],
)
def test_a_wrong_offer_is_refused_in_words_and_nothing_is_saved(family, changes, error, says):
    adopt(family, "chaucer")

    with pytest.raises(error, match=says):
        offer(family, **changes)

    assert not Contract.objects.exists()


def test_no_contract_is_offered_to_somebody_who_is_no_parent(family):
    aunt = factories.adult(family.cast.pupil, forenames="Ida", surname="Wren")
    AdultLink.objects.filter(adult=aunt).update(parental_responsibility="no", has_care="no")
    family.open_case()
    may(family, family.mother)

    with pytest.raises(RuleNotMet, match="neither parental responsibility nor care"):
        contracts.offer(
            reach=family.reach,
            case=family.case,
            offer=contracts.Offer([aunt.reference], "", STARTS, 10, WORDING),
            today=TODAY,
            now=NOW,
        )


def test_who_may_be_asked_says_why_not(family):
    family.open_case()
    AdultLink.objects.filter(adult=family.mother).update(
        parental_responsibility="unknown", has_care="unknown"
    )
    AdultLink.objects.filter(adult=family.father).update(
        parental_responsibility="unknown", has_care="yes", care_to=date(2026, 11, 16)
    )

    first, second = adults_who_may(family.case, TODAY)

    assert "Nobody has said" in first.refusal
    assert "Nobody has said" in second.refusal
    assert not adults_who_may(family.case, date(2026, 11, 16))[1].refusal


def test_an_adult_who_must_not_be_told_gets_no_contract_and_no_copy(family):
    made = offer(family, family.mother)
    AdultLink.objects.filter(adult=family.mother).update(court_order="no information")

    assert "court order" in refusal_of_party(made.case, family.mother, TODAY)
    AdultLink.objects.filter(adult=family.mother).delete()
    assert "no longer" in refusal_of_party(made.case, family.mother, TODAY)


@pytest.mark.parametrize("kind", [SchoolKind.INDEPENDENT, SchoolKind.NMSS])
def test_some_schools_make_no_contracts(family, kind):
    family.open_case()
    family.case.school.kind = kind
    family.case.school.save()

    with pytest.raises(RuleNotMet, match="not open to a pupil of this"):
        offer(family)


def test_a_parent_has_one_open_contract_and_each_parent_may_have_their_own(family):
    first = offer(family, family.mother)
    second = offer(family, family.father)

    with pytest.raises(Conflict, match="has a contract already"):
        offer(family)

    assert first.pk != second.pk
    assert Contract.objects.count() == 2


def test_two_people_offering_at_once_make_one_contract(live_family: Family):
    family = live_family
    with scope(family.cast.ids):
        may(family)
        family.open_case()
    answers: list[object] = []
    gate = Barrier(2)

    def press() -> None:
        try:
            with scope(family.cast.ids):
                gate.wait(timeout=30)
                answers.append(offer(family, family.mother))
        except Conflict as refused:
            answers.append(refused)
        finally:
            connection.close()

    threads = [Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with scope(family.cast.ids):
        assert Contract.objects.count() == 1
    assert sum(isinstance(answer, Conflict) for answer in answers) == 1


def test_where_none_is_offered_the_reason_is_kept(family):
    case = family.open_case()

    made = contracts.not_offered(
        reach=family.reach, case=case, why="Early help is working", today=TODAY, now=NOW
    )

    assert (made.state, made.words) == ("not offered", "Early help is working")
    with pytest.raises(InvalidInput, match="Say why"):
        contracts.not_offered(reach=family.reach, case=case, why=" ", today=TODAY, now=NOW)
    with pytest.raises(InvalidInput, match="600"):
        contracts.not_offered(reach=family.reach, case=case, why="x" * 601, today=TODAY, now=NOW)
    with pytest.raises(RuleNotMet, match="nothing to measure"):
        progress_of(made, TODAY)


# Agreeing


def test_a_meeting_with_a_parent_and_both_signatures_put_it_in_force(family):
    made = meet(family, offer(family))

    assert (made.state, made.agreed, made.agreed_on) == ("in force", 1, TODAY)
    assert [row.event for row in made.events.order_by("pk")] == ["offer", "meet", "agree"]
    assert present_at(made) == {family.mother.reference}
    assert {(row.side, row.way) for row in made.signatures.all()} == {
        ("parent", "paper"),
        ("school", "paper"),
    }
    assert clocks(made.case) == {"contract end": "2027-01-31"}


def test_nothing_is_agreed_in_a_parents_absence(family):
    made = offer(family)

    with pytest.raises(RuleNotMet, match="in a parent's absence"):
        meet(family, made, present=[], signed=[])
    with pytest.raises(RuleNotMet, match="in a parent's absence"):
        meet(family, made, signed=[family.father.reference])

    made.refresh_from_db()
    assert made.state == "offered"
    assert not made.signatures.exists()


def test_nobody_signs_who_is_no_parent_of_the_contract(family):
    made = offer(family, family.mother)

    with pytest.raises(RuleNotMet, match="Only a parent with whom"):
        meet(family, made, signed=[family.father.reference])
    with pytest.raises(RuleNotMet, match="Only somebody who works on cases"):
        meet(family, made, staff=family.cast.person(Role.TUTOR, "hillside"))
    with pytest.raises(RuleNotMet, match="Only somebody who works on cases"):
        meet(family, made, staff=family.cast.stranger)

    assert not made.signatures.exists()


def test_it_waits_for_the_signature_of_the_other_side(family):
    made = meet(family, offer(family), staff=None)
    assert made.state == "talked through"

    made = contracts.sign(
        reach=family.reach,
        contract=made,
        version=made.version,
        who=family.cast.person(Role.SUPPORT_WORKER),
        on=TODAY,
        today=TODAY,
        now=NOW,
    )

    assert made.state == "in force"
    assert made.signatures.get(user__isnull=False).side == "authority"


def test_a_second_parent_signs_after_a_meeting_of_their_own_only(family):
    made = in_force(family)
    asked = {"reach": family.reach, "contract": made, "on": TODAY, "today": TODAY, "now": NOW}

    with pytest.raises(RuleNotMet, match="in a parent's absence"):
        contracts.sign(**asked, version=made.version, who=family.father.reference)
    with pytest.raises(Conflict, match="signed already"):
        contracts.sign(**asked, version=made.version, who=family.mother.reference)
    signed = contracts.sign(**asked, version=made.version, who="pupil")

    assert signed.signatures.filter(side="pupil").count() == 1


def test_a_pupil_signs_on_paper_too(family):
    made = meet(family, offer(family), pupil_signed=True)

    assert made.signatures.filter(side="pupil", adult=None, user=None).count() == 1


def test_a_parent_who_was_there_signs_in_their_own_pages(family):
    made = meet(family, offer(family), signed=[])
    assert made.state == "talked through"

    with pytest.raises(RuleNotMet, match="absence"):
        contracts.sign_as_parent(contract=made, adult=family.father, on=TODAY, now=NOW)
    made = contracts.sign_as_parent(contract=made, adult=family.mother, on=TODAY, now=NOW)

    assert made.state == "in force"
    signature = made.signatures.get(side="parent")
    assert (signature.way, signature.recorded_by) == ("portal", None)


def test_what_is_signed_stays_as_it_was_signed(family):
    made = in_force(family)
    signature = made.signatures.first()

    with pytest.raises(DatabaseError, match="permission denied"):
        signature.delete()


# Running


def test_a_refusal_is_kept_with_its_reason_and_told_to_the_policy(family):
    adopt(family, "chaucer")
    made = offer(family, terms="chaucer:contract", length=6)

    made = tell(family, made, "refuse", words="They would rather go on as we are")

    assert (made.state, made.over_on) == ("refused", TODAY)
    assert made.events.get(event="refuse").words == "They would rather go on as we are"
    expected = {
        trigger.key
        for trigger in packs.load("chaucer").triggers
        if trigger.on == "contract_refused" and trigger.at is None
    }
    assert set(Proposal.objects.values_list("trigger", flat=True)) == expected


@pytest.mark.parametrize("judged", ["reasonable", "unreasonable"])
def test_a_breach_is_asked_about_explained_and_judged(family, judged):
    made = in_force(family)

    made = tell(family, made, "breach", later=7, words="Late four times")
    made = tell(family, made, "ask", later=8, by_day=date(2026, 12, 2))
    assert clocks(made.case)["contract answer"] == "2026-12-02"
    made = tell(family, made, "answer", later=9, words="The car broke down")
    assert "contract answer" not in clocks(made.case)
    made = tell(family, made, judged, later=9)

    assert made.state == {"reasonable": "in force", "unreasonable": "no good reason"}[judged]


def test_a_question_needs_a_day_for_its_answer(family):
    made = tell(family, in_force(family), "breach")

    with pytest.raises(InvalidInput, match="by which you ask"):
        tell(family, made, "ask")
    with pytest.raises(InvalidInput, match="by which you ask"):
        tell(family, made, "ask", by_day=TODAY - timedelta(days=1))

    made.refresh_from_db()
    assert made.state == "breached"


def test_without_an_answer_it_is_decided_and_warned_of(family):
    made = tell(family, in_force(family), "breach")
    made = tell(family, made, "ask", by_day=TODAY)
    made = tell(family, made, "unreasonable", later=1)
    made = tell(family, made, "warn", later=1)

    assert made.state == "warned"
    assert tell(family, made, "go_on", later=3).state == "in force"


def test_changed_promises_hold_only_once_they_are_signed_again(family):
    made = tell(family, in_force(family), "amend")
    assert (made.state, made.edition, made.agreed) == ("changing", 2, 1)
    assert promises_of(made) == promises_of(made, 1)

    made = contracts.reword(
        reach=family.reach,
        contract=made,
        version=made.version,
        wording=replace(WORDING, promises={"parent": ["Ring at eight"], "school": ["A mentor"]}),
        today=TODAY,
        now=NOW,
    )
    assert (made.state, made.edition) == ("changing", 3)
    made = meet(family, made)

    assert (made.state, made.agreed, made.agreed_on) == ("in force", 3, TODAY)
    assert promises_of(made)["parent"] == ["Ring at eight"]
    assert Promise.objects.filter(contract=made, edition=1).count() == 4


def test_a_change_that_is_not_wanted_leaves_what_was_agreed(family):
    made = tell(family, in_force(family), "amend")
    made = meet(family, made, signed=[], staff=None)
    with pytest.raises(RuleNotMet, match="agreed before"):
        tell(family, made, "refuse")
    with pytest.raises(RuleNotMet, match="agreed before"):
        tell(family, made, "end")
    made.refresh_from_db()

    made = tell(family, made, "keep")
    again = tell(family, made, "amend")

    assert (made.state, again.state, again.edition) == ("in force", "changing", 3)


def test_nothing_is_kept_where_nothing_was_agreed(family):
    made = meet(family, offer(family), signed=[], staff=None)

    with pytest.raises(RuleNotMet, match="Nothing was agreed before"):
        tell(family, made, "keep")


def test_reviews_follow_one_another_and_say_how_far_it_came(family):
    adopt(family, "chaucer")
    made = offer(family, terms="chaucer:contract", length=6)
    assert made.reviews == ["2026-12-06", "2026-12-20", "2027-01-03"]
    made = meet(family, made)
    assert clocks(made.case)["contract review"] == "2026-12-06"

    made = tell(family, made, "review", later=20, words="Better in the mornings")

    assert clocks(made.case)["contract review"] == "2026-12-20"
    kept = made.events.get(event="review").facts
    assert set(kept) == {"possible", "attended", "missed", "left_by_target"}


@pytest.mark.parametrize(
    ("event", "state", "told"),
    [
        ("complete", "completed", {"targets_met"}),
        ("fail", "ended", {"contract_failed", "targets_missed"}),
        ("end", "ended", set()),
    ],
)
def test_each_end_stops_the_clocks_and_tells_the_policy(family, monkeypatch, event, state, told):
    agreed, heard = in_force(family), []
    monkeypatch.setattr(contracts, "happened", lambda **asked: heard.append(asked["happening"]))
    made = tell(family, agreed, event, later=80)

    assert (made.state, made.over_on) == (state, date(2027, 2, 5))
    assert clocks(made.case) == {}
    assert set(heard) == told


# What is refused


def test_a_stale_form_is_refused(family):
    made = offer(family)
    meet(family, made)

    with pytest.raises(ContractMoveNotAllowed, match="in force"):
        meet(family, made)
    made = Contract.objects.get()
    made.version -= 1
    with pytest.raises(Conflict, match="Somebody changed this contract"):
        tell(family, made, "breach")


def test_a_move_has_words_and_a_day_that_has_come(family):
    made = in_force(family)

    with pytest.raises(InvalidInput, match="Say what happened"):
        tell(family, made, "breach", words=" ")
    with pytest.raises(InvalidInput, match="in the future"):
        tell(family, made, "breach", on=TODAY + timedelta(days=1))
    with pytest.raises(InvalidInput, match="was offered on 17 November 2026"):
        tell(family, made, "breach", on=TODAY - timedelta(days=1))
    with pytest.raises(InvalidInput, match="page of its own"):
        tell(family, made, "sign")


def test_nothing_moves_on_a_closed_case(family):
    made = in_force(family)
    case = made.case
    case.stage, case.closed_on = "closed", TODAY
    case.save()

    with pytest.raises(Conflict, match="This case is closed"):
        tell(family, made, "breach")
    with pytest.raises(Conflict, match="This case is closed"):
        offer(family)
    with pytest.raises(Conflict, match="This case is closed"):
        contracts.sign_as_parent(contract=made, adult=family.mother, on=TODAY, now=NOW)


@pytest.mark.parametrize("role", [Role.LEGAL_OFFICER, Role.NOTICE_CLERK])
def test_those_who_only_look_change_nothing(family, role):
    made = in_force(family)
    reach = family.cast.reach(family.cast.person(role))

    with pytest.raises(Forbidden):
        contracts.not_offered(reach=reach, case=made.case, why="No", today=TODAY, now=NOW)
    with pytest.raises(Forbidden):
        contracts.meet(
            reach=reach,
            contract=made,
            version=made.version,
            met=Met(TODAY, [family.mother.reference]),
            today=TODAY,
            now=NOW,
        )
    with pytest.raises(Forbidden):
        contract_for(reach, made.reference, Permission.CHANGE_CASE)
    assert contract_for(reach, made.reference, Permission.VIEW_CASE) == made


def test_strangers_do_not_learn_that_a_contract_exists(family):
    made = in_force(family)
    elsewhere = family.cast.reach(family.cast.person(Role.ATTENDANCE_OFFICER, "brook"))

    for reference in (made.reference, "ZZZZZZ"):
        with pytest.raises(NotFound, match="cannot find that contract"):
            contract_for(elsewhere, reference, Permission.VIEW_CASE)


# What it shows


def test_progress_counts_in_half_days_against_what_the_target_leaves(family):
    made = in_force(family)

    found = progress_of(made, TODAY)

    # 23 November to 31 January, without the holiday: 4 weeks before it and 4 after, an INSET day
    assert (found.possible, found.missed, found.left) == (0, 0, found.allowed)
    assert found.whole == 78
    assert found.allowed == 3
    assert all(week.missed is None for week in found.weeks)


def test_a_copy_names_its_own_parent_alone(family):
    made = meet(
        family,
        offer(family),
        present=[family.mother.reference, family.father.reference],
        signed=[family.mother.reference, family.father.reference],
    )

    copy = copy_for(made, family.mother, TODAY)

    assert {row.adult for row in copy.signatures} == {family.mother, None}
    assert copy.unsigned == ("Pupil",)
    assert copy.relationship == "mother"


def test_the_history_and_the_evidence_hold_it(family):
    made = in_force(family)
    tell(family, made, "breach", words="Late on Monday")

    told = [entry.title for entry in chronology(made.case, family.reach)]
    clerk = family.cast.reach(family.cast.person(Role.NOTICE_CLERK))
    seen = [entry.text for entry in chronology(made.case, clerk)]

    assert "Contract agreed" in told
    assert "Contract: a promise was not kept" in told
    assert "Late on Monday" not in seen
    assert [(shown.kind, shown.key) for shown in evidence_of(made.case)].count(
        ("contract", "agreed")
    ) == 1


def test_a_refusal_and_a_reason_are_evidence_too(family):
    tell(family, offer(family), "refuse")
    contracts.not_offered(
        reach=family.reach, case=family.case, why="They moved", today=TODAY, now=NOW
    )

    keys = [shown.key for shown in evidence_of(family.case) if shown.kind == "contract"]

    assert sorted(keys) == ["not_offered", "offered", "refused"]


def test_ideas_come_from_the_policies(family):
    family.open_case()

    ideas = school_ideas(contracts.pack_in_force(family.case.school, TODAY), 3)

    assert ideas == list(dict.fromkeys(ideas))
    assert terms_choices(contracts.pack_in_force(family.case.school, TODAY)) == []


def test_those_who_work_on_cases_may_sign_and_each_for_their_side(family):
    family.open_case()

    sides = {signer.user.email: signer.side for signer in signers(family.case, TODAY)}

    assert sides["headteacher.hillside@example.org"] == "school"
    assert sides["support.worker.northmoor@example.org"] == "authority"
    assert "tutor.hillside@example.org" not in sides
    assert "headteacher.brook@example.org" not in sides


def test_events_are_never_changed(family):
    in_force(family)

    with pytest.raises(DatabaseError, match="permission denied"):
        ContractEvent.objects.update(words="Otherwise")


def test_a_wording_needs_both_sides():
    with pytest.raises(InvalidInput):
        contracts._says(Wording(promises={}, target_percent=95))
