import csv
from io import StringIO

import pytest
from django import forms
from django.test import RequestFactory

from frontend.lists import Column, KeptViews, ListPage, safe_cell


class Filters(forms.Form):
    year = forms.MultipleChoiceField(
        label="Year group",
        required=False,
        choices=[("7", "Year 7"), ("8", "Year 8")],
        widget=forms.CheckboxSelectMultiple,
    )


PUPILS = ListPage(
    name="pupils",
    noun="pupil",
    columns=[
        Column("name", "Pupil", lambda row: row["name"], order_by=("name",)),
        Column("year", "Year", lambda row: row["year"], order_by=("year",), numeric=True),
        Column("rate", "Rate", lambda row: row["rate"], order_by=("rate",), numeric=True),
    ],
    sort="name",
    filter_form=Filters,
    filters={"year": lambda rows, years: [row for row in rows if str(row["year"]) in years]},
    search=lambda rows, typed: [row for row in rows if typed.lower() in row["name"].lower()],
    search_label="Name",
)
ROWS = [
    {"name": "Cleo", "year": 8, "rate": 90},
    {"name": "Ada", "year": 7, "rate": None},
    {"name": "Bram", "year": 7, "rate": 95},
]


def shown(address: str = "/", rows=ROWS):
    return PUPILS.shown(RequestFactory().get(address), rows)


def names(page) -> list[str]:
    return [row[0].text for row in page.rows]


def test_a_list_starts_in_its_own_order_and_counts_itself():
    page = shown()

    assert names(page) == ["Ada", "Bram", "Cleo"]
    assert page.counted == "3 pupils"


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("-name", ["Cleo", "Bram", "Ada"]),
        ("rate", ["Cleo", "Bram", "Ada"]),  # no figure: last, both ways
        ("-rate", ["Bram", "Cleo", "Ada"]),
        ("password", ["Ada", "Bram", "Cleo"]),  # not a column: its own order
    ],
)
def test_a_list_sorts_by_its_columns_only(sort, order):
    assert names(shown(f"/?sort={sort}")) == order


def test_the_sorted_heading_says_so_and_links_the_other_way_round():
    name, year, _ = shown("/?sort=name").headings

    assert (name.sorted, name.href) == ("ascending", "?sort=-name")
    assert (year.sorted, year.href) == (None, "?sort=year")


def test_filters_and_search_narrow_and_show_as_tags_that_can_be_removed():
    page = shown("/?year=7&q=br&sort=-name")

    assert names(page) == ["Bram"]
    assert [(tag.label, tag.value, tag.remove) for tag in page.selected] == [
        ("Name", "br", "?year=7&sort=-name"),
        ("Year group", "Year 7", "?q=br&sort=-name"),
    ]
    assert page.clear == "?sort=-name"


def test_a_filter_that_makes_no_sense_is_left_out():
    assert names(shown("/?year=99")) == ["Ada", "Bram", "Cleo"]


def test_pages_hold_every_row_once():
    rows = [{"name": "Same", "year": 7, "rate": n} for n in range(120)]

    seen = [row[2].value for page in (1, 2, 3) for row in shown(f"/?page={page}", rows).rows]

    assert sorted(seen) == list(range(120))


def test_page_numbers_from_outside_are_brought_inside():
    rows = [{"name": str(n), "year": 7, "rate": n} for n in range(120)]

    assert shown("/?page=999", rows).first == 101
    assert shown("/?page=-3", rows).first == 1
    assert shown("/?page=abc&size=7", rows).last == 50


def test_gaps_stand_between_far_pages():
    rows = [{"name": str(n), "year": 7, "rate": n} for n in range(500)]

    items = shown("/?page=5", rows).pages.items

    assert [item.get("number", "gap") for item in items] == [1, "gap", 4, 5, 6, "gap", 10]


def test_the_csv_holds_the_filtered_rows_and_no_formula():
    rows = [*ROWS, {"name": "=cmd()", "year": 7, "rate": -5}]
    counted = []

    answer = PUPILS.respond(
        RequestFactory().get("/?year=7&export=csv"), rows, on_export=counted.append
    )
    text = answer.content.decode("utf-8-sig")

    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert answer["Content-Disposition"] == 'attachment; filename="pupils.csv"'
    assert list(csv.reader(StringIO(text))) == [
        ["Pupil", "Year", "Rate"],
        ["'=cmd()", "7", "-5"],
        ["Ada", "7", ""],
        ["Bram", "7", "95"],
    ]
    assert counted == [3]


@pytest.mark.parametrize(
    "text",
    ["=1", "+1", "-1", "@x", "\tx", "\rx", "\0x", "\uff1d1", "  =1", '"=1', "'=1", "\u00a0+1"],
)
def test_a_cell_that_could_run_gets_an_apostrophe(text):
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize("value", ["O'Hara", "a=b", "7-8", "", -5, 2.5])
def test_a_harmless_cell_stays_as_it_is(value):
    assert safe_cell(value) == value


def test_a_list_of_database_rows_asks_twice_and_breaks_ties(cast, django_assert_num_queries):
    from authorities.models import User

    people = ListPage(
        name="people",
        noun="person",
        plural="people",
        columns=[Column("active", "Active", lambda user: user.is_active, ("is_active",))],
        sort="active",
    )
    request = RequestFactory().get("/?sort=-active&size=25")

    with django_assert_num_queries(2) as asked:
        page = people.shown(request, User.objects.all())

    assert page.total == User.objects.count()
    assert '"is_active" DESC' in asked[1]["sql"]
    assert '"id" DESC LIMIT 25' in asked[1]["sql"]


def test_a_page_and_a_file_are_prepared_before_they_are_drawn():
    seen = []
    people = ListPage(
        name="people",
        noun="person",
        columns=[Column("name", "Name", lambda row: row["said"], order_by=("name",))],
        sort="name",
        prepare=lambda rows: (
            [row.update(said=row["name"].upper()) for row in rows] and seen.append(len(rows))
        ),
    )
    request = RequestFactory()

    page = people.shown(request.get("/?size=25"), [{"name": "ada"}, {"name": "bram"}])
    text = people.respond(request.get("/?export=csv"), [{"name": "ada"}]).content.decode()

    assert [row[0].value for row in page.rows] == ["ADA", "BRAM"]
    assert "ADA" in text
    assert seen == [2, 1]


def test_a_count_that_is_known_is_not_asked_for_again(cast, django_assert_num_queries):
    from authorities.models import User

    people = ListPage(
        name="people",
        noun="person",
        columns=[Column("name", "Name", lambda user: user.name, ("name",))],
        sort="name",
    )

    with django_assert_num_queries(1):
        page = people.shown(RequestFactory().get("/"), User.objects.all(), total=7)

    assert page.total == 7


def test_only_what_was_chosen_is_kept_of_an_address():
    class Filters(forms.Form):
        year = forms.MultipleChoiceField(required=False, choices=[("7", "7"), ("8", "8")])
        named = forms.CharField(required=False)

    people = ListPage(
        name="people",
        noun="person",
        columns=[Column("name", "Name", lambda row: row)],
        sort="name",
        filter_form=Filters,
    )
    request = RequestFactory().get(
        "/?year=8&year=7&named=Robin&q=Robin&page=3&sort=name&tab=late&export=csv&other=1"
    )

    assert people.choices_in(request, also=("tab",)) == "sort=name&tab=late&year=7&year=8"
    nonsense = RequestFactory().get("/?year=99")
    assert people.choices_in(nonsense) == ""


def test_clearing_the_filters_does_not_open_the_view_that_the_list_opens_with():
    views = KeptViews([], token="", keep="", manage="", has_default=True)
    people = ListPage(
        name="people", noun="person", columns=[Column("name", "Name", str)], sort="name"
    )

    request = RequestFactory().get("/?sort=name&tab=late")

    assert people.shown(request, [], saved=views).clear == "?sort=name&saved=none"
    assert people.shown(request, []).clear == "?sort=name"
