"""Headings that name a session, read without trying every part of a long cell."""

import pytest

from attendance.imports.layouts import SessionTitle, session_title


@pytest.mark.parametrize(
    ("title", "text", "session"),
    [
        ("2026-09-02 AM", "2026-09-02", 0),
        ("02/09/2026 (PM)", "02/09/2026", 1),
        ("Wed 2 September 2026 - afternoon", "Wed 2 September 2026", 1),
    ],
)
def test_a_heading_names_its_session(title, text, session):
    assert session_title(title) == SessionTitle(text, session)


def test_a_cell_too_long_for_a_date_names_no_session():
    assert session_title("1 " * 50_000 + "AM") is None
