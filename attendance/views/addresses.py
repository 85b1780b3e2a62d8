"""Addresses of pages, some of which stand in apps above this one and are known by name alone."""

from typing import Any

from django.urls import NoReverseMatch, reverse

from authorities.access import Reach


def href(route: str, reach: Reach, **more: Any) -> str:
    """The address of a page of this authority; empty where there is no such page."""
    try:
        return reverse(route, kwargs={"la": reach.authority.code, **more})
    except NoReverseMatch:
        return ""
