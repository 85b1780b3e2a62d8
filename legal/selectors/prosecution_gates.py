"""The gate before a charge, for one prosecution: what its own papers show, and no other's."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from attendance.models import AdultLink
from cases.selectors.shown import Shown
from legal.models import Prosecution
from legal.selectors.gate_loading import Loaded, is_parent, load
from legal.selectors.gates import GateAnswer, at_step
from legal.selectors.prosecutions import OWN_TESTS, marks_in, shown_by

STEP = "prosecution"
# How the lists of policies name the letter, wherever its wording comes from.
CAUTION_LETTER = "caution_letter"
SIGN_OFF = "delegated_sign_off"


def gate_for(prosecution: Prosecution, today: date) -> GateAnswer:
    """The gate as it stands before this prosecution goes to court.

    Where another parent is prosecuted too, or this one again, their papers open nothing here. What
    was stated by hand on the case counts for none of the tests that this product keeps papers of.
    """
    loaded = load(
        enrolment=prosecution.enrolment,
        today=today,
        case=prosecution.case,
        adult=prosecution.adult,
        sessions=marks_in(prosecution.sessions),
    )
    return at_step(_own(loaded, prosecution), STEP)


def _own(loaded: Loaded, prosecution: Prosecution) -> Loaded:
    """The facts with this prosecution's papers in place of anybody's."""
    by_test = {
        test: records for test, records in loaded.facts.by_test.items() if test not in OWN_TESTS
    }
    for test, shown in shown_by(prosecution):
        by_test[test] = (*by_test.get(test, ()), shown)
    said = [one for one in loaded.facts.said if one.test not in OWN_TESTS]
    evidence = [*loaded.facts.evidence, *_letter(by_test.get("caution_stage", ()))]
    return replace(
        loaded, facts=replace(loaded.facts, by_test=by_test, said=said, evidence=evidence)
    )


def _letter(cautioned: Sequence[Shown]) -> Iterator[Shown]:
    """The caution letter as the record that an item of a policy's list may ask for."""
    for one in cautioned:
        yield replace(one, kind="letter", key=CAUTION_LETTER)


def parents_of(pupil_id: int, today: date) -> list[AdultLink]:
    """Who may be a parent of a child in law, on a day or on days before it; with the adults.

    Who had care in the past answers for the days on which they had it: the service asks.
    """
    rows = AdultLink.objects.filter(pupil=pupil_id).select_related("adult")
    return [
        link
        for link in rows.order_by("priority", "pk")
        if is_parent(link, today) or link.has_care == "yes"
    ]
