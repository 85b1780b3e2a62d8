from datetime import date
from xml.etree import ElementTree

import pytest

from frontend import charts, gallery

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("example", gallery.example_charts(), ids=lambda e: e["title"])
def test_a_picture_is_whole_tells_what_it_shows_and_fetches_nothing(example):
    picture = charts.svg(example["spec"])

    root = ElementTree.fromstring(picture)  # noqa: S314  our own drawing
    assert root.find(f"{SVG}title").text == example["spec"]["usermeta"]["title"]
    assert root.find(f"{SVG}desc").text == example["alt"]
    assert "href" not in picture
    assert "url(" not in picture.replace("url(#", "")
    assert "Liberation Sans" in picture
    assert len(picture) < 150_000


def test_a_picture_is_drawn_once(monkeypatch):
    spec = charts.bands([charts.BandCount("", "95% and over", 3)], title="Drawn once")
    first = charts.svg(spec)
    monkeypatch.setattr(charts.vl_convert, "vegalite_to_svg", None)

    assert charts.svg(spec) == first


def test_the_calendar_gives_absences_their_letter_and_presence_none():
    cells = [
        charts.SessionCell(date(2026, 9, 7), "AM", "present", "/"),
        charts.SessionCell(date(2026, 9, 7), "PM", "unauthorised", "O"),
        charts.SessionCell(date(2026, 9, 12), "AM", "unauthorised", "O"),  # a Saturday
    ]

    rows = charts.year_calendar(cells)["data"]["values"]

    assert [(row["slot"], row["code"]) for row in rows] == [("Mon AM", ""), ("Mon PM", "O")]


def test_the_calendars_table_counts_by_month():
    cells = [
        charts.SessionCell(date(2026, 9, 30), "AM", "late", "L"),
        charts.SessionCell(date(2026, 10, 1), "AM", "unauthorised", "O"),
        charts.SessionCell(date(2026, 10, 1), "PM", "unauthorised", "O"),
    ]

    table = charts.year_calendar_table(cells)

    assert table.headings == ["Month", "Late", "Absent, unauthorised"]
    assert table.rows == [["September 2026", "1", "0"], ["October 2026", "0", "2"]]


def test_the_threshold_counts_only_inside_the_window():
    weeks = [
        charts.WeekCount(date(2026, 9, 7), 4),
        charts.WeekCount(date(2026, 9, 14), 6),
        charts.WeekCount(date(2026, 9, 21), 3),
    ]
    window = {"window_start": date(2026, 9, 14), "window_end": date(2026, 9, 21)}

    spec = charts.threshold_weeks(weeks, limit=10, **window)
    table = charts.threshold_weeks_table(weeks, **window)

    assert "9 unauthorised sessions, which is under the limit of 10" in spec["usermeta"]["desc"]
    assert [row[2] for row in table.rows] == ["\u2013", "6", "9"]


def test_a_share_is_rounded_down():
    counts = [charts.WeekdayCount(0, "AM", 2, 3)]

    assert charts.weekday_pattern_table(counts).rows == [["Monday morning", "2", "3", "66.6%"]]


def test_more_bands_than_colours_are_refused():
    six = [charts.BandCount("", f"Band {n}", n) for n in range(6)]

    with pytest.raises(ValueError, match="up to 5 bands"):
        charts.bands(six)


@pytest.mark.parametrize(
    "spec",
    [
        charts.year_calendar([]),
        charts.weekday_pattern([]),
        charts.attendance_trend([]),
        charts.bands([]),
        charts.threshold_weeks(
            [], window_start=date(2026, 9, 7), window_end=date(2026, 11, 9), limit=10
        ),
    ],
    ids=["calendar", "weekdays", "trend", "bands", "threshold"],
)
def test_nothing_to_draw_is_still_a_picture(spec):
    assert charts.svg(spec).startswith("<svg")
