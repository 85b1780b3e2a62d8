"""Medical evidence: asked for on genuine and reasonable doubt, not as a routine."""

import pytest

from rules.medical_evidence import may_become_unauthorised, refusal


@pytest.mark.rule("EVID-1")
@pytest.mark.parametrize(
    ("ground", "doubt", "known", "says"),
    [
        ("doubt", "Seen at the fair that day", False, ""),
        ("doubt", "  ", False, "what gives rise to the doubt"),
        ("doubt", "Seen at the fair that day", True, "there is no doubt"),
        ("support", "The nurse can plan with it", False, ""),
        ("support", "The nurse can plan with it", True, ""),
        ("support", "", False, "how it would help"),
        ("length", "Six days", False, "Length alone is no doubt"),
        ("always", "In the contract", False, "asking routinely"),
        ("low attendance", "88%", False, "Low attendance alone"),
        ("a whim", "", False, "Choose why"),
    ],
)
def test_a_policy_cannot_widen_when_evidence_is_asked_for(ground, doubt, known, says):
    sentence = refusal(ground, doubt, known_at_school=known)

    assert says in sentence
    assert bool(sentence) is bool(says)


@pytest.mark.rule("EVID-2")
def test_only_where_there_was_doubt_may_the_absence_become_unauthorised():
    assert may_become_unauthorised("doubt")
    assert not may_become_unauthorised("support")
