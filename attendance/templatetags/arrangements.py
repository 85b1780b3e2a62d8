"""Filters for the boxes of a week."""

from typing import Any

from django import template

register = template.Library()

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri")
HALVES = ("Morning", "Afternoon")


@register.filter
def weekday_names(field: Any) -> tuple[str, ...]:
    """The heads of the columns."""
    return DAYS


@register.filter
def week_rows(field: Any) -> list[dict[str, Any]]:
    """The boxes of a `week_field`, mornings first, as rows of a table."""
    cells = [
        {"input": box.tag(), "id": box.id_for_label, "label": box.choice_label}
        for box in field.subwidgets
    ]
    half = len(DAYS)
    return [
        {"half": name, "cells": cells[at * half : (at + 1) * half]}
        for at, name in enumerate(HALVES)
    ]
