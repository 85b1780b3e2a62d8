from datetime import date
from xml.etree import ElementTree

import pytest

from frontend import gallery
from frontend.charts import (
    attendance_trend,
    bands,
    beside,
    drawing,
    threshold_weeks,
    weekday_pattern,
    year_calendar,
)

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("example", gallery.example_charts(), ids=lambda e: e["title"])
def test_a_picture_is_whole_tells_what_it_shows_and_fetches_nothing(example):
    picture = drawing.svg(example["spec"])

    root = ElementTree.fromstring(picture)  # noqa: S314  our own drawing
    assert root.find(f"{SVG}title").text == example["spec"]["usermeta"]["title"]
    assert root.find(f"{SVG}desc").text == example["alt"]
    assert "href" not in picture
    assert "url(" not in picture.replace("url(#", "")
    assert "Liberation Sans" in picture
    assert len(picture) < 150_000


def test_a_picture_is_drawn_once(monkeypatch):
    spec = bands.spec([bands.BandCount("", "95% and over", 3)], title="Drawn once")
    first = drawing.svg(spec)
    monkeypatch.setattr(drawing.vl_convert, "vegalite_to_svg", None)

    assert drawing.svg(spec) == first


def test_the_calendar_gives_absences_their_letter_and_presence_none():
    cells = [
        year_calendar.SessionCell(date(2026, 9, 7), "AM", "present", "/"),
        year_calendar.SessionCell(date(2026, 9, 7), "PM", "unauthorised", "O"),
        year_calendar.SessionCell(date(2026, 9, 12), "AM", "unauthorised", "O"),  # a Saturday
    ]

    rows = year_calendar.spec(cells)["data"]["values"]

    assert [(row["slot"], row["code"]) for row in rows] == [("Mon AM", ""), ("Mon PM", "O")]


def test_the_calendars_table_counts_by_month():
    cells = [
        year_calendar.SessionCell(date(2026, 9, 30), "AM", "late", "L"),
        year_calendar.SessionCell(date(2026, 10, 1), "AM", "unauthorised", "O"),
        year_calendar.SessionCell(date(2026, 10, 1), "PM", "unauthorised", "O"),
    ]

    table = year_calendar.table(cells)

    assert table.headings == ["Month", "Late", "Absent, unauthorised"]
    assert table.rows == [["September 2026", "1", "0"], ["October 2026", "0", "2"]]


def test_the_threshold_counts_only_inside_the_window():
    weeks = [
        threshold_weeks.WeekCount(date(2026, 9, 7), 4),
        threshold_weeks.WeekCount(date(2026, 9, 14), 6),
        threshold_weeks.WeekCount(date(2026, 9, 21), 3),
    ]
    window = {"window_start": date(2026, 9, 14), "window_end": date(2026, 9, 21)}

    spec = threshold_weeks.spec(weeks, limit=10, **window)
    table = threshold_weeks.table(weeks, **window)

    assert "9 unauthorised sessions, which is under the limit of 10" in spec["usermeta"]["desc"]
    assert [row[2] for row in table.rows] == ["\u2013", "6", "9"]


def test_a_share_is_rounded_down():
    counts = [weekday_pattern.WeekdayCount(0, "AM", 2, 3)]

    assert weekday_pattern.table(counts).rows == [["Monday morning", "2", "3", "66.6%"]]


def test_more_bands_than_colours_are_refused():
    six = [bands.BandCount("", f"Band {n}", n) for n in range(6)]

    with pytest.raises(ValueError, match="up to 5 bands"):
        bands.spec(six)


@pytest.mark.parametrize(
    "spec",
    [
        year_calendar.spec([]),
        weekday_pattern.spec([]),
        attendance_trend.spec([]),
        bands.spec([]),
        threshold_weeks.spec(
            [], window_start=date(2026, 9, 7), window_end=date(2026, 11, 9), limit=10
        ),
    ],
    ids=["calendar", "weekdays", "trend", "bands", "threshold"],
)
def test_nothing_to_draw_is_still_a_picture(spec):
    assert drawing.svg(spec).startswith("<svg")


@pytest.mark.parametrize(
    ("now", "then", "says"),
    [
        (3, 8, "The largest difference: Stage 2, 3 pupils under In force and 8 under Tried."),
        (3, 3, "No difference: In force and Tried come to the same."),
    ],
)
def test_two_counts_side_by_side_say_the_largest_difference(now, then, says):
    things = [beside.Beside("Stage 1", 5, 5), beside.Beside("Stage 2", now, then)]

    drawn = beside.spec(things, now="In force", then="Tried", title="Side by side")

    assert drawn["usermeta"]["desc"] == says
    assert "<svg" in drawing.svg(drawn)
    assert beside.table(things, now="In force", then="Tried").rows[1] == [
        "Stage 2",
        str(now),
        str(then),
    ]


def test_nothing_side_by_side_is_said():
    assert beside.spec([], now="A", then="B", title="T")["usermeta"]["desc"] == (
        "Nothing to compare."
    )
