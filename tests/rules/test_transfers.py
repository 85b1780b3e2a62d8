"""A file from another authority: what is let through, and every way that it is refused."""

import json

import pytest

from rules.errors import InvalidInput
from rules.transfers import checked, digest_of, marks_in
from tests.attendance.moved import content

OTHER_FILE = "This is not a file of a pupil's attendance. Choose another."
CHANGED = "This file was changed after it was made. Ask for a new one."
UNSOUND = "This file does not hold what it should. Ask for a new one."
ENROLMENT = content()["enrolments"][0]


def text(**changes):
    return json.dumps(content(**changes))


def test_a_sound_file_gives_its_marks_in_order():
    found = checked(text())

    assert [(str(m.day), int(m.session), m.code) for m in marks_in(found)] == [
        ("2026-10-05", 0, "/"),
        ("2026-10-05", 1, "\\"),
        ("2026-10-06", 0, "O"),
        ("2026-10-06", 1, "I"),
    ]


def test_the_digest_does_not_depend_on_the_order_of_keys():
    # sha256sum of {"a":1,"b":"é"}
    expected = "09ad9fd2fb648cb2f62141215828ea00a62c299db05d20aa9ade2f527a301cc6"

    assert digest_of({"b": "é", "a": 1, "digest": "anything"}) == expected


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("", OTHER_FILE),
        ("[]", OTHER_FILE),
        ("[" * 100_000, OTHER_FILE),
        (text(schema="something else"), OTHER_FILE),
        (text(version=2), "This file is of another version. Ask for one of version 1."),
        (text(digest="0" * 64), CHANGED),
        (text(adults=["Somebody"]), CHANGED),
        (text().replace('"O"', '"I"', 1), CHANGED),
        (text(pupil={"upn": "G990000126001", "born_on": "May"}), UNSOUND),
        (text(pupil={"upn": "nobody", "born_on": "2016-05-04"}), UNSOUND),
        (text(pupil={"upn": "G990000126001", "born_on": "2016-05-04", "address": "x"}), UNSOUND),
        (text(origin={"authority": "A" * 121, "school": "B", "urn": "1"}), UNSOUND),
        (text(origin={"authority": 1, "school": "B", "urn": "1"}), UNSOUND),
        (text(enrolments=[]), UNSOUND),
        (text(enrolments=[ENROLMENT | {"parent": "x"}]), UNSOUND),
        (text(enrolments=[ENROLMENT | {"to": "never"}]), UNSOUND),
        (text(enrolments=[ENROLMENT | {"marks": [["2026-10-05", 0, "??"]]}]), UNSOUND),
        (text(enrolments=[ENROLMENT | {"marks": [["2026-10-05", 2, "/"]]}]), UNSOUND),
        (text(enrolments=[ENROLMENT | {"amendments": [["2026-10-05", 0, "/"]]}]), UNSOUND),
        (text(enrolments=[ENROLMENT | {"marks": [["2026-10-05", 0, "/"]] * 20_001}]), UNSOUND),
    ],
)  # fmt: skip
def test_an_unsound_file_is_refused_whole(given, says):
    with pytest.raises(InvalidInput) as problem:
        checked(given)
    assert problem.value.sentence == says


def test_a_pupil_still_on_roll_there_has_no_last_day():
    found = checked(text(enrolments=[ENROLMENT | {"to": None, "amendments": []}]))
    assert found["enrolments"][0]["to"] is None
