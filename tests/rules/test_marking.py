"""Which codes may be entered, and what lateness is."""

from dataclasses import replace
from datetime import date, time

import pytest

from rules.errors import UnknownCode
from rules.marking import Circumstances, arrival_code, minutes_late, opening_refusal, refusal
from rules.marks import Session

DAY = date(2026, 11, 17)
PLAIN = Circumstances(DAY, Session.AM, compulsory_age=True)
YOUNGER = replace(PLAIN, compulsory_age=False)
AFTERNOON = replace(PLAIN, session=Session.PM)
CLOSED = replace(PLAIN, school_open=False)


@pytest.mark.rule("MARK-1")
@pytest.mark.parametrize(
    ("code", "found", "says"),
    [
        ("/", PLAIN, ""),
        ("\\", PLAIN, "other half"),
        ("\\", AFTERNOON, ""),
        ("/", AFTERNOON, "Use \\ for the afternoon"),
        ("/", CLOSED, "no session then"),
        ("#", CLOSED, ""),
        ("#", PLAIN, "planned closure"),
        ("X", PLAIN, "not for a pupil of compulsory school age"),
        ("X", YOUNGER, ""),
        ("C2", PLAIN, "no agreed part-time timetable"),
        ("C2", replace(PLAIN, agreed=frozenset({"C2"})), ""),
        ("C2", replace(YOUNGER, agreed=frozenset({"C2"})), "Use X"),
        ("B", PLAIN, "what the activity is"),
        ("B", replace(PLAIN, nature="  "), "what the activity is"),
        ("B", replace(PLAIN, nature="College taster day"), ""),
        ("V", PLAIN, "trip or visit"),
        ("P", PLAIN, "sporting activity"),
        ("W", PLAIN, "work experience"),
        ("K", PLAIN, "provision"),
        ("C", PLAIN, "exceptional circumstance"),
        ("C1", PLAIN, "licence"),
        ("Y2", PLAIN, "emergency"),
        ("Y7", PLAIN, "unavoidable cause"),
        ("Y7", replace(PLAIN, nature="A burst main at home"), ""),
        ("Y4", PLAIN, ""),
        ("D", PLAIN, "at which other school"),
        ("D", replace(PLAIN, nature="Elm Road"), "at which other school"),
        ("D", replace(PLAIN, other_school="Elm Road School"), ""),
        ("I", PLAIN, ""),
        ("N", PLAIN, ""),
        ("U", PLAIN, ""),
    ],
)
def test_a_code_is_refused_with_a_sentence_or_taken(
    code: str, found: Circumstances, says: str
) -> None:
    """Each code's own conditions, both sides."""
    sentence = refusal(code, found)
    assert says in sentence
    assert bool(sentence) is bool(says)


@pytest.mark.rule("MARK-1")
def test_a_retired_code_is_unknown() -> None:
    """H ended with the old regulations."""
    with pytest.raises(UnknownCode):
        refusal("H", PLAIN)


@pytest.mark.rule("MARK-2")
@pytest.mark.parametrize(
    ("arrived", "session", "code"),
    [
        (time(8, 29), Session.AM, "/"),
        (time(8, 30), Session.AM, "/"),
        (time(8, 31), Session.AM, "L"),
        (time(9, 0), Session.AM, "L"),
        (time(9, 1), Session.AM, "U"),
        (time(8, 30), Session.PM, "\\"),
    ],
)
def test_lateness_has_exact_edges(arrived: time, session: Session, code: str) -> None:
    """Open at 08:30, closed at 09:00."""
    assert arrival_code(arrived, time(8, 30), time(9, 0), session) == code


@pytest.mark.rule("MARK-3")
@pytest.mark.parametrize(
    ("arrived", "minutes"), [(time(8, 29), 0), (time(8, 30), 0), (time(8, 31), 1), (time(9, 5), 35)]
)
def test_minutes_late_count_from_the_opening(arrived: time, minutes: int) -> None:
    """Never under nought."""
    assert minutes_late(arrived, time(8, 30)) == minutes


@pytest.mark.rule("MARK-4")
@pytest.mark.parametrize(
    ("closes", "says"),
    [
        (time(8, 30), "after it opens"),
        (time(8, 31), ""),
        (time(9, 0), ""),
        (time(9, 1), "30 minutes at most"),
    ],
)
def test_a_register_stays_open_for_half_an_hour_at_most(closes: time, says: str) -> None:
    """Thirty minutes are allowed, thirty-one are not."""
    sentence = opening_refusal(time(8, 30), closes, 30)
    assert says in sentence
    assert bool(sentence) is bool(says)
