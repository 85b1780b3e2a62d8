from datetime import date

import pytest
from django import forms
from django.template.loader import render_to_string

from frontend.fields import DateField


class Visit(forms.Form):
    looks = {"seen": {"hints": {"no": "Nobody came to the door"}}}

    day = DateField(
        label="When was the visit?", what="the date of the visit", help_text="3 11 2026"
    )
    seen = forms.ChoiceField(
        label="Was the pupil seen?",
        widget=forms.RadioSelect,
        choices=[("yes", "Yes"), ("no", "No")],
    )
    name = forms.CharField(label="Your name", error_messages={"required": "Enter your name"})
    upn = forms.CharField(label="UPN")


def errors_of(**typed):
    return Visit(typed).errors.get("day", [])


def test_a_date_is_three_boxes_and_one_date():
    form = Visit(
        {
            "day_day": "3",
            "day_month": "11",
            "day_year": "2026",
            "seen": "no",
            "name": "A",
            "upn": "B",
        }
    )

    assert form.is_valid(), form.errors
    assert form.cleaned_data["day"] == date(2026, 11, 3)


@pytest.mark.parametrize("month", ["Nov", "november", "11", "NOV"])
def test_a_month_may_be_a_name(month):
    form = Visit({"day_day": "3", "day_month": month, "day_year": "2026"})

    form.is_valid()

    assert form.cleaned_data["day"] == date(2026, 11, 3)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (("", "", ""), "Enter the date of the visit"),
        (("3", "", "2026"), "The date of the visit must include a month"),
        (("3", "", ""), "The date of the visit must include a month and a year"),
        (("30", "2", "2026"), "The date of the visit must be a real date"),
        (("3", "Frimaire", "2026"), "The date of the visit must be a real date"),
        (("3", "11", "26"), "The date of the visit must have a year with 4 numbers, such as 2026"),
    ],
)
def test_a_wrong_date_says_what_is_missing(typed, sentence):
    day, month, year = typed

    assert errors_of(day_day=day, day_month=month, day_year=year) == [sentence]


def test_a_date_outside_its_limits_says_which_and_why():
    field = DateField(
        what="date served", not_before=date(2025, 1, 6), because="the day it was issued"
    )

    with pytest.raises(forms.ValidationError) as wrong:
        field.clean(["5", "1", "2025"])

    assert wrong.value.messages == [
        "Date served must be on or after 6 January 2025, the day it was issued"
    ]


def test_only_the_wrong_box_of_a_date_is_red_and_the_summary_goes_to_it():
    form = Visit({"day_day": "3", "day_month": "", "day_year": "2026"})

    html = str(form)

    assert form["day"].first_id == "id_day_1"
    assert html.count("govuk-date-input__input govuk-input--width-2 govuk-input--error") == 1
    assert 'aria-describedby="id_day-hint id_day-error"' in html


def test_radios_come_out_as_govuk_radios_with_hints():
    html = str(Visit())

    assert html.count('class="govuk-radios__input"') == 2
    assert '<div id="id_seen_1-hint" class="govuk-hint govuk-radios__hint">Nobody came' in html
    assert " required" not in html


def test_the_error_summary_links_to_the_first_box_or_choice():
    html = render_to_string("components/error_summary.html", {"form": Visit({})})

    assert '<a href="#id_day_0">Enter the date of the visit</a>' in html
    assert '<a href="#id_seen_0">Answer the question: Was the pupil seen?</a>' in html
    assert '<a href="#id_name">Enter your name</a>' in html


def test_a_field_without_its_own_words_still_says_what_to_do():
    form = Visit({})

    assert form["upn"].sentences == ["Enter UPN"]
    assert "This field is required" not in str(form)
