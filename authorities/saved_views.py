"""Saved views: filters of a list that a person keeps under a name, to open with one press.

A list takes part with two lines in its view:

    if opening := opening_view(request, "cases:work"):
        return redirect(opening)
    page.shown(request, rows, saved=saved_views(request, page, "cases:work", form_options=options))

Only choices are kept (filters, tab, order, rows a page): never a search or anything else typed.
The address to keep travels signed through the page, so nobody can keep another.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.core import signing
from django.db import transaction
from django.db.models import Max, QuerySet
from django.middleware.csrf import get_token
from django.urls import reverse

from authorities.access import NotFound, Reach
from authorities.http import AuthorityRequest
from authorities.models import SavedView
from frontend.lists import KeptView, KeptViews, ListPage
from rules.errors import Conflict, InvalidInput
from rules.plain_text import hidden_character

SALT = "saved view"
MOST = 12
LONGEST_NAME, LONGEST_QUERY = 40, 600
NONE = "saved=none"  # the list without the view that it opens with


def views_of(reach: Reach, route: str = "") -> QuerySet[SavedView]:
    """The person's own views here, of one list or of all."""
    rows = SavedView.objects.filter(authority=reach.authority, user=reach.user)
    rows = rows.filter(route=route) if route else rows
    return rows.order_by("route", "place", "pk")


def address_of(view: SavedView, la: str) -> str:
    """Where a view leads."""
    return f"{reverse(view.route, kwargs={'la': la})}?{view.query or NONE}"


def opening_view(request: AuthorityRequest, route: str) -> str:
    """The address of the view that the list opens with; "" when it asks for something already."""
    if request.GET or request.method == "POST":
        return ""
    view = views_of(request.reach, route).filter(is_default=True).first()
    return address_of(view, request.authority.code) if view else ""


def saved_views(
    request: AuthorityRequest,
    page: ListPage,
    route: str,
    *,
    form_options: Mapping[str, Any] | None = None,
    also: Sequence[str] = ("tab",),
) -> KeptViews:
    """The person's views of a list, with what keeps the one that is open. One query.

    also  keys of the address, besides filters and order, whose values are choices
    """
    la = request.authority.code
    query = page.choices_in(request, form_options=form_options, also=also)
    rows = list(views_of(request.reach, route))
    return KeptViews(
        items=[
            KeptView(row.name, address_of(row, la), current=bool(query) and row.query == query)
            for row in rows
        ],
        token=signing.dumps({"route": route, "query": query}, salt=SALT) if query else "",
        keep=reverse("authorities:view_keep", kwargs={"la": la}),
        manage=reverse("authorities:views", kwargs={"la": la}),
        csrf=get_token(request),
        has_default=any(row.is_default for row in rows),
    )


@transaction.atomic
def keep(*, reach: Reach, token: str, name: str) -> SavedView:
    """Keep the filters that a page was signed for. The same name again replaces what it held.

    Raises InvalidInput for a name or an address that will not do, and Conflict for too many.
    """
    try:
        asked = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        raise InvalidInput("Open the list again, choose the filters, then keep them.") from None
    name = _name(name)
    query = str(asked["query"])
    if len(query) > LONGEST_QUERY:
        raise InvalidInput("These are too many filters for one view. Choose fewer.")
    rows = views_of(reach, asked["route"]).select_for_update()
    there = rows.filter(name=name).first()
    if there is not None:
        there.query = query
        there.save(update_fields=["query"])
        return there
    if len(rows) >= MOST:
        raise Conflict(f"You keep {MOST} views of this list. Delete one first.")
    last = views_of(reach, asked["route"]).aggregate(last=Max("place"))["last"] or 0
    return SavedView.objects.create(
        authority=reach.authority,
        user=reach.user,
        route=asked["route"],
        name=name,
        query=query,
        place=last + 1,
    )


def _name(typed: str) -> str:
    """A name that was typed. Raises InvalidInput."""
    name = " ".join(typed.split())
    if not name:
        raise InvalidInput("Enter a name for this view.")
    if len(name) > LONGEST_NAME or hidden_character(name):
        raise InvalidInput(f"The name must be {LONGEST_NAME} characters or fewer, on one line.")
    return name


def view_for(reach: Reach, pk: int) -> SavedView:
    """One of the person's own views. Raises NotFound, for somebody else's too."""
    found = views_of(reach).filter(pk=pk).first()
    if found is None:
        raise NotFound("We cannot find that view. You may have deleted it.")
    return found


@transaction.atomic
def rename(*, reach: Reach, pk: int, name: str) -> SavedView:
    """Give a view another name. Raises NotFound, InvalidInput, and Conflict for a name in use."""
    view = view_for(reach, pk)
    name = _name(name)
    if views_of(reach, view.route).filter(name=name).exclude(pk=pk).exists():
        raise Conflict("You have a view of that name already. Choose another name.")
    view.name = name
    view.save(update_fields=["name"])
    return view


@transaction.atomic
def delete(*, reach: Reach, pk: int) -> None:
    """Delete a view. Raises NotFound."""
    view_for(reach, pk).delete()


@transaction.atomic
def open_with(*, reach: Reach, pk: int, yes: bool) -> None:
    """Let the list open with a view, or not. Raises NotFound."""
    view = view_for(reach, pk)
    views_of(reach, view.route).filter(is_default=True).update(is_default=False)
    SavedView.objects.filter(pk=view.pk).update(is_default=yes)


@transaction.atomic
def move_up(*, reach: Reach, pk: int) -> None:
    """Show a view before the one that stands before it. Raises NotFound."""
    view = view_for(reach, pk)
    rows = list(views_of(reach, view.route).select_for_update())
    at = next(n for n, row in enumerate(rows) if row.pk == pk)
    if at:
        rows[at - 1], rows[at] = rows[at], rows[at - 1]
    for place, row in enumerate(rows, start=1):
        row.place = place
    SavedView.objects.bulk_update(rows, ["place"])
