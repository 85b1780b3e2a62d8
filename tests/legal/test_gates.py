"""The gate from the records to the decision: what opens it, what shuts it, and who is refused."""

from tests.legal.gate_scenes import (
    gate,
    shut,
)

STEP = "notice_to_improve"
LEAVE = "penalty_notice_for_leave"


def test_a_fresh_case_lists_what_is_met_and_what_to_do(family):
    family.open_case()

    answer = gate(family, STEP)

    by_key = {one.key: one for one in answer.requirements}
    assert by_key["compulsory_age"].met
    assert by_key["threshold_met_or_reason"].met
    assert by_key["threshold_met_or_reason"].records[0].route == "attendance:pupil_proof"
    assert shut(answer) == [
        "support_appropriate",
        "sufficient_support",
        "safeguarding_checked",
        "equality_brake",
    ]
    assert not answer.open
    assert all(one.why.endswith(".") for one in answer.requirements)
    assert [group.title for group in answer.groups] == ["The law", "Dorset school attendance pack"]
