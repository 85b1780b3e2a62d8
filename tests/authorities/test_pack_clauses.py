"""The clauses of the five documents, by hand, against what each pack holds."""

import pytest

from authorities import packs
from authorities.packs import pages

FIVE = ("barking_dagenham", "bcp", "chaucer", "dorset", "pdet")

# pack, section, key, what the document says: lines and lengths in words, or part of a title.
CLAUSES = [
    ("bcp", "bands", "local_persistent", "lt 90"),
    ("bcp", "bands", "local_severe", "lt 50"),
    ("bcp", "triggers", "below_95", "Attendance is below 95%"),
    ("bcp", "triggers", "attention_range", "Attendance is 95% or less and attendance is 85% or"),
    ("bcp", "clocks", "unseen_child", "10 school days"),
    ("bcp", "clocks", "plan", "10 weeks"),
    ("bcp", "clocks", "contract", "10 weeks"),
    ("bcp", "clocks", "improvement_shortest", "3 school weeks"),
    ("bcp", "clocks", "improvement_longest", "6 school weeks"),
    ("bcp", "clocks", "targeting_support", "1 term"),
    ("bcp", "clocks", "drop_in", "2 weeks"),
    ("bcp", "reviews", "plan", "midway"),
    ("bcp", "contracts", "fast_track", "10 to 10 weeks"),
    ("chaucer", "bands", "severe", "lte 50"),
    ("chaucer", "bands", "below_90", "lt 90"),
    ("chaucer", "triggers", "two_lates", "2 late arrivals this week, or more"),
    ("chaucer", "triggers", "three_absences", "3 separate absences in ten weeks, or more"),
    ("chaucer", "triggers", "two_absences_of_six", "6 half days missed in ten weeks, or more"),
    ("chaucer", "triggers", "home_visit", "3 school days of unexplained absence, or more"),
    ("chaucer", "clocks", "home_visit", "3 school days"),
    ("chaucer", "clocks", "part_time_review", "2 weeks"),
    ("chaucer", "clocks", "medical_evidence", "5 school days"),
    ("chaucer", "clocks", "referral_meeting", "2 weeks"),
    ("chaucer", "clocks", "report_to_parents", "10 weeks"),
    ("chaucer", "clocks", "order_review", "3 months"),
    ("chaucer", "contracts", "contract", "4 to 6 weeks"),
    ("chaucer", "letters", "letter_2a", "did not come"),
    ("chaucer", "letters", "letter_3", "attendance panel"),
    ("chaucer", "meetings", "sam", "school attendance meeting"),
    ("chaucer", "meetings", "sap", "school attendance panel"),
    ("pdet", "triggers", "below_96", "Attendance is below 96%"),
    ("pdet", "triggers", "below_90", "Attendance is below 90%"),
    ("pdet", "bands", "persistent", "lte 90"),
    ("pdet", "clocks", "contract", "6 school weeks"),
    ("pdet", "clocks", "register_open", "30 minutes"),
    ("pdet", "clocks", "phased_return", "2 weeks"),
    ("pdet", "contracts", "contract", "6 to 6 school weeks"),
    ("pdet", "expectations", "home_visit_never_alone", "never"),
    ("pdet", "expectations", "group_rewards_only", "not to single pupils"),
    ("dorset", "triggers", "initial_concern", "Attendance is below 95%"),
    ("dorset", "clocks", "review_period", "15 school days"),
    ("dorset", "clocks", "panel_notice", "1 week"),
    ("dorset", "clocks", "monitoring", "1 week"),
    ("dorset", "clocks", "inclusion_meeting_upper", "1 half term"),
    ("dorset", "clocks", "inclusion_meeting_primary", "1 term"),
    ("dorset", "meetings", "inclusion_panel", "goes ahead without the parent"),
    ("dorset", "superseded", "robots", "not marked present"),
    ("dorset", "superseded", "penalty_warning", "Notice to Improve of 3 to 6 weeks"),
    ("barking_dagenham", "bands", "stage_1", "gte 90"),
    ("barking_dagenham", "triggers", "below_90", "the last 12 school weeks is below 90%"),
    ("barking_dagenham", "clocks", "review_period", "4 weeks"),
    ("barking_dagenham", "clocks", "look_back", "12 school weeks"),
    ("barking_dagenham", "clocks", "enquiries", "10 school days"),
    ("barking_dagenham", "meetings", "improvement_meeting", "goes ahead without the parent"),
    ("barking_dagenham", "superseded", "single_justice", "Only section 444(1) can"),
    ("barking_dagenham", "superseded", "parenting_order", "only with a conviction"),
]


@pytest.mark.parametrize(("name", "section", "key", "says"), CLAUSES)
def test_a_pack_says_what_its_document_says(name, section, key, says):
    entries = dict(packs.load(name).sections())[section]
    found = {entry.key: entry for entry in entries}[key]

    assert says in pages.SAYS[section](found).replace("`", "")


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("chaucer", ["letter_1", "letter_2", "letter_2a", "letter_2b", "letter_2c", "letter_3"]),
        ("dorset", ["letter_1", "letter_2", "letter_3", "letter_4", "letter_5", "letter_6"]),
        ("pdet", ["letter_96", "letter_90", "letter_formal"]),
    ],
)
def test_the_letters_stand_in_the_documents_order(name, keys):
    listed = [letter.key for letter in packs.load(name).letters]

    assert listed[: len(keys)] == keys


@pytest.mark.parametrize(
    ("name", "checklist", "items"),
    [
        ("barking_dagenham", "seven_minimums", 7),
        ("barking_dagenham", "prosecution_file", 7),
        ("bcp", "not_engaged", 3),
        ("bcp", "no_lasting_improvement", 4),
        ("bcp", "after_legal_action", 1),
        ("chaucer", "tier_2", 20),
        ("chaucer", "tier_3", 15),
        ("chaucer", "notice_contents", 7),
        ("dorset", "inclusion_panel", 14),
    ],
)
def test_a_checklist_has_each_item_of_its_document(name, checklist, items):
    assert len(packs.load(name).checklist(checklist).items) == items


@pytest.mark.parametrize("name", FIVE)
def test_every_pack_has_the_sections_of_a_process(name):
    held = {section for section, entries in packs.load(name).sections() if entries}

    assert held >= {
        "bands", "triggers", "stages", "letters", "meetings", "reviews", "checklists", "gates",
        "roles", "clocks", "support", "expectations", "superseded", "examples",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["barking_dagenham", "dorset", "pdet"])
def test_old_amounts_stand_only_as_superseded(name):
    """What each of these documents prints, 60 and 120 pounds, is no figure and no example."""
    pack = packs.load(name)

    assert "60 pounds" in {s.key: s for s in pack.superseded}["penalty_amounts"].local
    assert "80 pounds" in {s.key: s for s in pack.superseded}["penalty_amounts"].now
    assert {figure.value for figure in pack.figures} & {60, 120} == set()


@pytest.mark.parametrize("name", FIVE)
def test_only_letters_with_wording_are_in_the_wordings(name):
    pack = packs.load(name)

    assert set(pack.wordings) == {x.key for x in pack.letters if x.wording is not None}


def test_the_page_of_policies_has_every_clause():
    page = pages.as_markdown()

    for pack in packs.available():
        for section, entries in pack.sections():
            for entry in entries:
                assert f"| `{section}.{entry.key}` |" in page


def test_an_example_is_named_beside_what_it_tries():
    pack = packs.load("dorset")

    assert pages.tried_by(pack, "letters", "letter_6") == ["letters_in_order"]
    assert pages.tried_by(pack, "meetings", "inclusion_panel") == ["letters_in_order"]
    assert pages.tried_by(pack, "checklists", "legal_request") == ["penalty_today"]
    assert pages.tried_by(pack, "letters", "no_further_action") == []
