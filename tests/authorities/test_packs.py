"""Policy packs: read, checked, layered, adopted."""

from datetime import date
from pathlib import Path

import pytest

from audit.models import Event
from authorities import packs
from authorities.access import Forbidden
from authorities.packs import PackError, adopting, layering, reading
from rules.errors import InvalidInput, NoValue, RuleNotMet

DAY = date(2026, 11, 17)
GOOD = """
[pack]
name = "northmoor"
title = "Northmoor attendance"
for = "authority"
edition = "1"
valid_from = 2026-09-01
status = "adopted"
document = "Northmoor attendance guide"

[[triggers]]
key = "early"
fact = "attendance_percent"
operator = "lt"
number = 95
proposes = "letter"
letter = "hello"
source = "Section 2"

[[letters]]
key = "hello"
kind = "initial_concern"
title = "Hello"
wording = "letters/hello.md"
source = "Section 3"
"""


@pytest.fixture
def write(tmp_path):
    """Write a pack folder and give its path."""

    def folder(toml: str, wording: str | None = "# Hello\n") -> Path:
        home = tmp_path / "northmoor"
        (home / "letters").mkdir(parents=True, exist_ok=True)
        (home / "pack.toml").write_text(toml, encoding="utf-8")
        if wording is not None:
            (home / "letters/hello.md").write_text(wording, encoding="utf-8")
        return home

    return folder


def test_a_good_pack_reads(write):
    pack = packs.read(write(GOOD))

    assert pack.letter("hello").title == "Hello"
    assert pack.wordings == {"hello": "# Hello\n"}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (('operator = "lt"', 'operator = "below"'), "triggers[1].operator is 'below'"),
        (("number = 95\n", ""), "triggers[1].number is missing"),
        (('letter = "hello"', 'letter = "goodbye"'), "which is no letter of this pack"),
        (("number = 95", 'number = 95\ncolour = "red"'), "triggers[1].colour is not a key"),
        (('edition = "1"\n', ""), "pack.edition is missing"),
        (('wording = "letters/hello.md"', 'wording = "../secret.md"'), "letters[1].wording"),
        (("valid_from = 2026-09-01", "valid_from = 2026-09-01\nvalid_to = 2026-08-01"), "before"),
        (('source = "Section 3"', 'source = ""'), "letters[1].source is ''"),
        (('source = "Section 3"', 'source = "S"\nreview = "r"'), "which is no clock"),
        (('source = "Section 3"', 'source = "S"\nmeeting = "m"'), "which is no meeting"),
        (("number = 95", 'number = 95\non = "improved"'), "stands beside a line"),
        (("number = 95", 'number = 95\nat = "later"'), "triggers[1].at goes with `on` only"),
        (('proposes = "letter"', 'proposes = "stage"'), "triggers[1].stage goes with proposes"),
        (
            ('proposes = "letter"\nletter = "hello"', 'proposes = "case"\nby_itself = true'),
            "triggers[1].by_itself is for letters only",
        ),
        (('fact = "attendance_percent"', 'fact = "shoe_size"'), "triggers[1].fact is 'shoe_size'"),
        (
            (
                "[[letters]]",
                '[[contracts]]\nkey = "c"\nlabel = "C"\nlowest = 6\nhighest = 4\nsource = "S"'
                "\n[[letters]]",
            ),
            "contracts[1].highest is less than lowest",
        ),
        (
            (
                "[[letters]]",
                '[[stages]]\nkey = "s"\nlabel = "S"\nlevel = 4\nwho = []'
                '\nenters = "E"\nleaves = "L"\nsource = "S"\n[[letters]]',
            ),
            "stages[1].level is 4",
        ),
        (
            (
                "[[letters]]",
                '[[roles]]\nkey = "r"\nlabel = "R"\nmembership = "king"\nsource = "S"\n[[letters]]',
            ),
            "roles[1].membership is 'king'",
        ),
        (
            (
                "[[letters]]",
                '[[checklists]]\nkey = "l"\nlabel = "L"\nsource = "S"\nitems = ['
                '{ key = "a", words = "A", evidence = "letter", source = "S" },'
                '{ key = "a", words = "A", evidence = "letter", source = "S" }]\n[[letters]]',
            ),
            "checklists[1] has the item a twice",
        ),
        (('proposes = "letter"', 'proposes = "case"'), "Expected: both or neither"),
        (
            ('proposes = "letter"\nletter = "hello"', 'proposes = "close"'),
            "triggers[1].proposes is 'close', of a case on which something happened.",
        ),
        (
            (
                "[[letters]]",
                '[[reviews]]\nkey = "r"\nlabel = "R"\nof = "plan"\nafter = "c"\nmidway = true'
                '\nsource = "S"\n[[clocks]]\nkey = "c"\nlength = 3\nunit = "weeks"\nsource = "S"'
                "\n[[letters]]",
            ),
            "reviews[1].midway is true. Expected: a clock c_midway that says when.",
        ),
        (
            (
                "[[letters]]",
                '[[gates]]\nkey = "g"\nstep = "referral"\ntests = ["luck"]\nsource = "S"'
                "\n[[letters]]",
            ),
            "gates[1].tests is 'luck', which is no test of the national pack.",
        ),
        (
            (
                "[[letters]]",
                '[[meetings]]\nkey = "m"\nlabel = "M"\nled_by = "r"\ninvites = ["r"]\nsource = "S"'
                '\noutcomes = ["Plain", { words = "Told", means = "sunshine" }]'
                '\n[[roles]]\nkey = "r"\nlabel = "R"\nsource = "S"\n[[letters]]',
            ),
            "meetings[1].outcomes[2].means is 'sunshine'",
        ),
        (("[pack]", "[pack"), "this is not TOML"),
        (
            (
                "[[letters]]",
                '[[bands]]\nkey = "b"\nlabel = "B"\noperator = "lt"\npercent = 950'
                '\nsource = "S"\n[[letters]]',
            ),
            "bands[1].percent is 950",
        ),
    ],
)
def test_a_wrong_pack_is_refused_naming_file_key_and_what_is_expected(write, change, says):
    folder = write(GOOD.replace(*change))

    with pytest.raises(PackError) as refused:
        packs.read(folder)

    assert "northmoor/pack.toml" in str(refused.value)
    assert says in str(refused.value)


def asks(evidence: str, of: str) -> str:
    """A pack with a checklist of one item."""
    return GOOD + (
        '\n[[checklists]]\nkey = "l"\nlabel = "L"\nsource = "S"\n'
        f'items = [{{ key = "a", words = "A", evidence = "{evidence}", of = ["{of}"], '
        'source = "S" }]'
    )


@pytest.mark.parametrize(
    ("evidence", "of", "says"),
    [
        ("letter", "goodbye", "which is no letter of this pack or the national one"),
        ("meeting_held", "tea", "which is no meeting of this pack or the national one"),
        ("minutes_sent", "tea", "which is no meeting of this pack or the national one"),
        ("pupil_voice", "tea", "which is no meeting of this pack or the national one"),
        ("support", "magic", "which is no support of this pack or the national one"),
        ("referral", "other", "which is no form of this pack or the national one"),
        ("register", "sunday", "is no record of 'register'. Expected: one of certificate, opening"),
        ("contract", "kept", "Expected: one of agreed, not_offered, offered, refused"),
        ("notice", "warning", "Expected: one of notice_to_improve, penalty_notice"),
        ("call", "monday", "records of 'call' have no keys. Expected: no `of`."),
    ],
)
def test_what_an_item_asks_for_by_key_must_be_there(write, evidence, of, says):
    with pytest.raises(PackError) as refused:
        packs.read(write(asks(evidence, of)))

    assert "northmoor/pack.toml: checklists[1].items[1].of" in str(refused.value)
    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("evidence", "of"),
    [("letter", "hello"), ("letter", "leave_refused"), ("register", "threshold")],
)
def test_an_item_may_name_this_packs_letters_and_the_national_ones(write, evidence, of):
    pack = packs.read(write(asks(evidence, of)))

    assert pack.checklist("l").items[0].of == (of,)


def test_a_flag_that_no_pupil_can_have_keeps_a_pack_from_being_adopted(write):
    pack = packs.read(
        write(
            GOOD + '\n[[considerations]]\nkey = "c"\nwords = "Is it well?"\n'
            'flags = ["young_carer", "left_handed"]\nsource = "S"\n'
        )
    )

    with pytest.raises(RuleNotMet) as refused:
        packs.refuse_unfit(pack, "authority")

    assert (
        "policies/northmoor: considerations[1].flags is 'left_handed', which is no flag of a "
        "pupil's record. Expected: one of"
    ) in str(refused.value)


def test_what_a_form_asks_for_by_key_must_be_there(write):
    form = (
        '\n[[roles]]\nkey = "r"\nlabel = "R"\nsource = "S"\n'
        '[[forms]]\nkey = "f"\ntitle = "F"\ndecided_by = "r"\nsource = "S"\nasks = ['
        '{ key = "a", words = "A", evidence = "letter", of = ["goodbye"], source = "S" }]'
    )

    with pytest.raises(PackError, match=r"forms\[1\]\.asks\[1\]\.of is 'goodbye'"):
        packs.read(write(GOOD + form))


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('proposes = ["late"]', "examples[1].proposes is 'late', which is no trigger of this pack"),
        (
            'national = ["tea"]',
            "examples[1].national is 'tea', which is no trigger of the national",
        ),
        (
            'happenings = [{ on = "improved", at = "moon", proposes = [] }]',
            "examples[1].happenings[1].at is 'moon', which is no stage of this pack",
        ),
        (
            'happenings = [{ on = "improved", proposes = ["late"] }]',
            "examples[1].happenings[1].proposes is 'late', which is no trigger of this pack",
        ),
        (
            'due = [{ clock = "sun", since = 2026-11-02, by = 2026-11-03 }]',
            "examples[1].due[1].clock is 'sun', which is no clock of this pack",
        ),
        (
            'gates = [{ gate = "pearly" }]',
            "examples[1].gates[1].gate is 'pearly', which is no gate",
        ),
        (
            'gates = [{ gate = "g", shown = ["x"] }]',
            "examples[1].gates[1].shown is 'x', which is no item of gate g. Expected: one of a.",
        ),
        (
            'gates = [{ gate = "g", missing = ["y"] }]',
            "examples[1].gates[1].missing is 'y', which is no item of gate g.",
        ),
    ],
)
def test_what_an_example_names_must_be_there(write, line, says):
    toml = asks("letter", "hello") + (
        '\n[[gates]]\nkey = "g"\nstep = "referral"\nchecklists = ["l"]\nsource = "S"\n'
        f'[[examples]]\nkey = "e"\nstory = "E"\nas_of = 2026-11-02\nsource = "S"\n{line}\n'
    )

    with pytest.raises(PackError) as refused:
        packs.read(write(toml))

    assert says in str(refused.value)


def test_an_outcome_may_tell_the_policy_what_happened():
    chaucer = packs.load("chaucer")
    meeting = {one.key: one for one in chaucer.meetings}["sam"]

    assert [one.words for one in meeting.outcomes][:2] == ["Targets set", "Targets met"]
    assert meeting.means("Targets set") == "targets_agreed"
    assert meeting.means("Something else") == ""
    assert {one.key: one for one in chaucer.meetings}["fair_access_panel"].means(
        "Managed move"
    ) == ""


def test_a_key_used_twice_is_refused(write):
    twice = GOOD + GOOD[GOOD.index("[[letters]]") :]

    with pytest.raises(PackError, match="letters has the key hello twice"):
        packs.read(write(twice))


def test_sections_may_stand_in_files_of_their_own_and_errors_name_them(write):
    folder = write(GOOD)
    clocks = folder / "clocks.toml"
    clocks.write_text('[[clocks]]\nkey = "c"\nlength = 3\nunit = "weeks"\nsource = "S"\n')
    assert packs.read(folder).clock("c").words == "3 weeks"

    clocks.write_text('[[clocks]]\nkey = "c"\nlength = 0\nunit = "weeks"\nsource = "S"\n')
    with pytest.raises(PackError, match=r"northmoor/clocks\.toml: clocks\[1\]\.length is 0"):
        packs.read(folder)

    clocks.write_text('[[letters]]\nkey = "c"\n')
    with pytest.raises(PackError, match=r"letters stands in pack\.toml too"):
        packs.read(folder)

    clocks.write_text("[[clocks]\n")
    with pytest.raises(PackError, match=r"northmoor/clocks\.toml: this is not TOML"):
        packs.read(folder)


def test_a_letter_without_wording_is_listed_and_not_offered(write):
    pack = packs.read(write(GOOD.replace('wording = "letters/hello.md"\n', "")))
    layers = (packs.Layer("authority", pack, date(2026, 9, 1)),)

    assert pack.letter("hello").title == "Hello"
    assert packs.PolicyInForce(DAY, layers).letters() == []


def test_what_happened_proposes_at_its_stage_only():
    dorset = packs.load("dorset")
    policy = packs.PolicyInForce(DAY, (packs.Layer("authority", dorset, date(2026, 9, 1)),))

    at_panel = policy.proposals_on("improved", {"dorset": "panel"})
    nowhere = policy.proposals_on("improved")

    assert [(one.trigger.letter, one.trigger.stage) for one in at_panel] == [
        ("letter_3", None),
        (None, "attendance_meeting"),
    ]
    assert nowhere == []
    assert at_panel[0].why == (
        "The review found improvement "
        "(Dorset school attendance pack: School attendance flow chart, step 7)"
    )


def test_gates_expectations_and_overtaken_text_of_all_layers_are_found(cast):
    adopt(cast, "dorset")
    adopt(cast, "pdet", trust=cast.trust)
    policy = packs.pack_in_force(cast.brook, DAY)

    assert [(layer.place, gate.key) for layer, gate in policy.gates("prosecution")] == [
        ("national", "prosecution"),
        ("authority", "before_prosecution"),
        ("trust", "before_prosecution"),
    ]
    found = policy.expects("home_visit_never_alone")
    assert found is not None
    assert found[0].place == "trust"
    assert policy.expects("tea_break") is None
    assert {text.key for _, text in policy.superseded()} >= {"robots", "penalty_count"}


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("bcp", "authority"),
        ("barking_dagenham", "authority"),
        ("dorset", "authority"),
        ("pdet", "trust"),
        ("chaucer", "school"),
    ],
)
def test_each_shipped_pack_can_be_adopted_where_it_belongs(name, place):
    packs.refuse_unfit(packs.load(name), place)


def test_a_letter_without_its_wording_file_is_refused(write):
    with pytest.raises(PackError, match=r"there is no file letters/hello\.md"):
        packs.read(write(GOOD, wording=None))


def test_a_folder_without_a_pack_is_refused(tmp_path):
    with pytest.raises(PackError, match="there is no such file"):
        packs.read(tmp_path)


@pytest.mark.parametrize(
    ("operator", "number", "relaxes", "why"),
    [
        ("lte", "90", False, "the national line itself"),
        ("lt", "90", True, "exactly 90 would no longer be caught"),
        ("lte", "92", False, "sooner"),
        ("lte", "88", True, "later"),
        ("gte", "90", True, "the other way round"),
    ],
)
def test_a_pack_may_add_but_never_relax(write, operator, number, relaxes, why):
    trigger = (
        '[[triggers]]\nkey = "persistent"\nfact = "attendance_percent"\nproposes = "case"\n'
        f'operator = "{operator}"\nnumber = {number}\nsource = "Section 9"\n'
    )
    pack = packs.read(write(GOOD + trigger))

    assert bool(list(packs.relaxations(pack, packs.load("national")))) is relaxes, why


def test_a_count_threshold_is_relaxed_by_a_greater_number(write):
    trigger = (
        '[[triggers]]\nkey = "ten_in_ten"\nfact = "unauthorised_in_ten_weeks"\nproposes = "case"\n'
        'operator = "gte"\nnumber = 12\nsource = "Section 9"\n'
    )
    pack = packs.read(write(GOOD + trigger))

    (sentence,) = packs.relaxations(pack, packs.load("national"))
    assert "10 unauthorised sessions in ten weeks, or more" in sentence
    assert "triggers[2] (ten_in_ten)" in sentence


@pytest.mark.parametrize(
    "name", ["national", "barking_dagenham", "bcp", "chaucer", "dorset", "pdet"]
)
def test_each_shipped_pack_reads_and_relaxes_nothing(name):
    pack = packs.load(name)

    assert pack.name == name
    assert list(packs.relaxations(pack, packs.load("national"))) == []


def test_available_lists_each_folder():
    assert [pack.name for pack in packs.available()] == [
        "barking_dagenham",
        "bcp",
        "chaucer",
        "dorset",
        "national",
        "pdet",
    ]


def test_an_edition_that_was_never_there_is_refused():
    with pytest.raises(PackError, match="there is no edition 1999"):
        packs.load("dorset", "1999")


def test_an_earlier_edition_is_read_from_its_folder(write, settings, tmp_path):
    home = write(GOOD.replace('edition = "1"', 'edition = "2"'))
    earlier = home / "editions" / "1"
    (earlier / "letters").mkdir(parents=True)
    (earlier / "pack.toml").write_text(GOOD, encoding="utf-8")
    (earlier / "letters/hello.md").write_text("# Old hello\n", encoding="utf-8")

    assert reading.load_from(tmp_path, "northmoor", "1").wordings == {"hello": "# Old hello\n"}
    assert reading.load_from(tmp_path, "northmoor", None).edition == "2"


def adopt(cast, pack, **place):
    return packs.adopt(
        authority=cast.northmoor, pack=pack, starts_on=date(2026, 9, 1), reach=None, **place
    )


def test_layers_go_from_national_to_local_and_name_their_sources(cast):
    adopt(cast, "dorset")
    adopt(cast, "pdet", trust=cast.trust)

    answer = packs.pack_in_force(cast.brook, DAY)

    assert [(layer.place, layer.pack.name) for layer in answer.layers] == [
        ("national", "national"),
        ("authority", "dorset"),
        ("trust", "pdet"),
    ]
    assert answer.sources()[1] == (
        "Dorset school attendance pack, edition 2022 (authority, from 1 September 2026)"
    )


def test_a_school_outside_the_trust_does_not_get_the_trusts_pack(cast):
    adopt(cast, "pdet", trust=cast.trust)

    assert [x.place for x in packs.pack_in_force(cast.hillside, DAY).layers] == ["national"]


def test_another_authority_and_a_later_start_change_nothing(cast):
    adopt(cast, "dorset")

    before = packs.pack_in_force(cast.hillside, date(2026, 8, 31))

    assert [layer.place for layer in before.layers] == ["national"]
    assert [x.place for x in packs.pack_in_force(cast.coast, DAY).layers] == ["national"]


@pytest.mark.parametrize(
    ("percent", "proposed"),
    [
        ("96", []),
        ("95.99", ["pdet"]),
        ("95", ["pdet"]),
        ("94.99", ["pdet", "dorset"]),
        ("90", ["pdet", "dorset", "national"]),
    ],
)
def test_the_most_local_letter_is_proposed_first_with_literal_edges(cast, percent, proposed):
    adopt(cast, "dorset")
    adopt(cast, "pdet", trust=cast.trust)

    found = packs.pack_in_force(cast.brook, DAY).proposals({"attendance_percent": percent})

    assert [proposal.layer.pack.name for proposal in found] == proposed


def test_a_proposal_says_which_line_and_where_it_is_written(cast):
    adopt(cast, "dorset")

    (found,) = packs.pack_in_force(cast.hillside, DAY).proposals({"attendance_percent": "94"})

    assert found.why == (
        "Attendance is below 95% "
        "(Dorset school attendance pack: School attendance flow chart, step 5)"
    )


def test_what_is_not_known_proposes_nothing(cast):
    assert packs.pack_in_force(cast.hillside, DAY).proposals({"attendance_percent": None}) == []


def test_a_letter_not_in_force_cannot_be_chosen(cast):
    with pytest.raises(InvalidInput, match="letters that this school uses"):
        packs.pack_in_force(cast.hillside, DAY).letter("dorset", "letter_2")


def test_what_is_frozen_names_each_edition_and_its_digest(cast):
    adopt(cast, "dorset")

    frozen = packs.pack_in_force(cast.hillside, DAY).frozen()

    assert frozen["day"] == "2026-11-17"
    assert [(row["pack"], row["edition"]) for row in frozen["layers"]] == [
        ("national", "2024-08"),
        ("dorset", "2022"),
    ]
    assert all(len(row["digest"]) == 64 for row in frozen["layers"])


def test_no_pack_is_guessed_for_a_day_before_the_first(cast):
    with pytest.raises(NoValue, match="18 August 2024"):
        packs.pack_in_force(cast.hillside, date(2024, 8, 18))


def test_adopting_is_written_down(cast):
    row = adopt(cast, "dorset")

    event = Event.objects.get(subject=f"authorities.PackAdoption:{row.pk}")
    assert event.facts == {"pack": "dorset", "edition": "2022"}


def test_a_pack_made_for_a_trust_cannot_be_adopted_for_an_authority(cast):
    with pytest.raises(RuleNotMet, match="is for: trust"):
        adopt(cast, "pdet")


def test_a_draft_and_a_relaxing_pack_are_refused(write, monkeypatch):
    draft = packs.read(write(GOOD.replace('"adopted"', '"draft"')))
    with pytest.raises(RuleNotMet, match="is a draft"):
        packs.refuse_unfit(draft, "authority")

    monkeypatch.setattr(adopting, "CHECKS", [lambda pack: iter(["letters/hello.md: too long."])])
    with pytest.raises(RuleNotMet, match="too long"):
        packs.refuse_unfit(packs.read(write(GOOD)), "authority")


def test_only_an_administrator_adopts(cast):
    with pytest.raises(Forbidden, match="adopt policy packs"):
        packs.adopt(
            authority=cast.northmoor,
            pack="dorset",
            starts_on=DAY,
            reach=cast.reach(cast.officer),
        )


@pytest.mark.parametrize(
    ("change", "relaxes"),
    [
        (("number = 10", "number = 8"), False),
        (("number = 10", "number = 10"), False),
        (('operator = "gte"', 'operator = "gt"'), True),
        (('fact = "unauthorised_in_ten_weeks"', 'fact = "absent_sessions"'), True),
    ],
)
def test_a_national_key_keeps_its_fact_and_its_edge(write, change, relaxes):
    trigger = (
        '[[triggers]]\nkey = "ten_in_ten"\nfact = "unauthorised_in_ten_weeks"\nproposes = "case"\n'
        'operator = "gte"\nnumber = 10\nsource = "Section 9"\n'
    ).replace(*change)
    pack = packs.read(write(GOOD + trigger))

    assert bool(list(packs.relaxations(pack, packs.load("national")))) is relaxes


def test_a_school_may_have_a_pack_of_its_own(cast, write, monkeypatch):
    own = packs.read(write(GOOD.replace('for = "authority"', 'for = "school"')))

    def load(name, edition=None):
        return own if name == "northmoor" else packs.load(name)

    monkeypatch.setattr(adopting, "load", load)
    monkeypatch.setattr(layering, "load", load)

    monkeypatch.setattr(adopting, "CHECKS", [])
    adopt(cast, "northmoor", school=cast.hillside)

    assert [x.place for x in packs.pack_in_force(cast.hillside, DAY).layers][-1] == "school"
    assert [x.place for x in packs.pack_in_force(cast.brook, DAY).layers] == ["national"]


def test_a_pack_that_relaxes_is_not_adopted_and_the_clause_is_named(write):
    trigger = (
        '[[triggers]]\nkey = "severe"\nfact = "attendance_percent"\nproposes = "case"\n'
        'operator = "lte"\nnumber = 40\nsource = "Section 9"\n'
    )

    with pytest.raises(RuleNotMet, match=r"triggers\[2\] \(severe\) relaxes the national rule"):
        packs.refuse_unfit(packs.read(write(GOOD + trigger)), "authority")


def test_clocks_are_said_in_words():
    assert packs.load("dorset").clock("review_period").words == "15 school days"
    one = packs.Clock(key="a", source="b", length=1, unit="months")
    assert one.words == "1 month"


def test_the_most_local_clock_holds(write):
    """A school's own home visit clock goes before the national one; the others stay."""
    home = 'length = 2\nunit = "school days"\nsource = "Section 4"\n'
    local = packs.read(write(GOOD + f'[[clocks]]\nkey = "home_visit"\n{home}'))
    national = packs.load("national")
    since = date(2026, 9, 1)
    layers = (packs.Layer("national", national, since), packs.Layer("school", local, since))
    policy = packs.PolicyInForce(DAY, layers)

    layer, clock = policy.clock("home_visit")
    assert (layer.place, clock.words) == ("school", "2 school days")
    layer, clock = policy.clock("unseen_child")
    assert (layer.place, clock.words) == ("national", "10 school days")
    with pytest.raises(NoValue, match="No policy in force sets “tea_break”"):
        policy.clock("tea_break")
