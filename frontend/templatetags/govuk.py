"""Template tags and filters: GOV.UK components, dates in words, attendance figures."""

from datetime import date, datetime
from typing import Any

from django import template
from django.utils import timezone
from django.utils.safestring import SafeString

from frontend.govuk import component, nested

register = template.Library()

NOTHING = "\u2013"  # an en dash, where there is no figure


@register.simple_tag
def govuk(name: str, options: dict[str, Any] | None = None, **flat: Any) -> SafeString:
    """One GOV.UK component: `{% govuk "button" text="Save" %}`.

    Options come as a dictionary from the view, as keywords, or both; keywords win. In keywords a
    double underscore nests and a single one is camel case: `title__text`, `heading_level`.
    """
    return component(name, {**(options or {}), **nested(flat)})


def _local_day(value: date | datetime) -> date:
    if isinstance(value, datetime):
        return timezone.localtime(value).date() if timezone.is_aware(value) else value.date()
    return value


@register.filter
def words(value: date | datetime | None) -> str:
    """A date in words: 23 November 2026. Nothing for nothing."""
    if not value:
        return ""
    day = _local_day(value)
    return f"{day.day} {day:%B %Y}"


@register.filter
def short_date(value: date | datetime | None) -> str:
    """A date for a narrow column, where the year is plain from the page: Mon 23 Nov."""
    if not value:
        return ""
    day = _local_day(value)
    return f"{day:%a} {day.day} {day:%b}"


@register.filter
def words_and_time(value: datetime | None) -> str:
    """A moment in words, in local time: 23 November 2026 at 4:05pm."""
    if not value:
        return ""
    moment = timezone.localtime(value) if timezone.is_aware(value) else value
    half = "am" if moment.hour < 12 else "pm"
    return f"{words(moment)} at {moment.hour % 12 or 12}:{moment:%M}{half}"


@register.filter
def percent_bp(basis_points: int | None) -> str:
    """Basis points as a percentage to one place, rounded down: 9245 → 92.4%.

    Down, because a figure that reads 95.0% must never be one that is under 95%.
    """
    if basis_points is None:
        return NOTHING
    tenths = int(basis_points) // 10
    return f"{tenths // 10}.{tenths % 10}%"


@register.filter
def sessions_as_days(sessions: int | None) -> str:
    """Half-day sessions as days: 10 → 5 days, 11 → 5½ days, 1 → ½ day."""
    if sessions is None:
        return NOTHING
    whole, half = divmod(int(sessions), 2)
    figure = f"{whole or ''}{'½' if half else ''}" or "0"
    return f"{figure} day" if sessions in (1, 2) else f"{figure} days"


@register.filter
def count_of(number: int, noun: str) -> str:
    """A number with its noun: `312|count_of:"pupil"` → 312 pupils; "child,children" for others."""
    one, _, many = noun.partition(",")
    return f"{number:,} {one if number == 1 else (many or f'{one}s')}"
