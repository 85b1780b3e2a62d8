"""Absences coded G: where each begins, what ends it, and what does not."""

from datetime import date

import pytest

from rules.leave_absences import leave_absences
from rules.marks import Mark, Session


def marks(text: str) -> list[Mark]:
    """A day for each pair of codes, from Monday 9 November 2026; - is a session without a mark."""
    return [
        Mark(date(2026, 11, 9 + at // 2), Session(at % 2), code)
        for at, code in enumerate(text.split())
        if code != "-"
    ]


@pytest.mark.parametrize(
    ("text", "found", "why"),
    [
        ("/ \\ / \\", [], "no leave"),
        ("/ G G G / \\", [(9, 10, 3, 11)], "the first attended session ends it"),
        ("G G", [(9, 9, 2, None)], "not back"),
        ("G G # # G G / \\", [(9, 11, 4, 12)], "a closed day between"),
        ("G G I I G G L \\", [(9, 11, 4, 12)], "an illness between; late is back"),
        ("G G - - G G / \\", [(9, 11, 4, 12)], "a session nobody marked between"),
        ("G \\ G G / \\", [(9, 9, 1, 9), (10, 10, 2, 11)], "a session attended makes two of it"),
        ("O O U U / \\", [], "other absence without leave is not leave"),
        ("G G B B / \\", [(9, 9, 2, 10)], "education elsewhere is attendance"),
    ],
)
def test_an_absence_runs_from_its_first_session_to_the_return(text, found, why):
    got = [
        (one.first.day, one.last.day, len(one.marks), one.back.day if one.back else None)
        for one in leave_absences(marks(text))
    ]

    assert got == found, why
