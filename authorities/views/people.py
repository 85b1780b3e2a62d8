"""Who has access here: the list, inviting, ending a role."""

from datetime import date

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from authorities import selectors, services
from authorities.access import NotFound, school_for
from authorities.exports import written_down
from authorities.forms.people import EndRoleForm, InviteForm
from authorities.http import AuthorityRequest
from authorities.models import Membership
from authorities.permissions import ROLES, Permission, Role
from frontend.lists import Column, ListPage
from frontend.templatetags.govuk import words
from rules.errors import DomainError


class PeopleFilters(forms.Form):
    """Which people to show."""

    role = forms.MultipleChoiceField(
        label="Role", required=False, choices=Role.choices, widget=forms.CheckboxSelectMultiple
    )
    when = forms.ChoiceField(
        label="Access",
        required=False,
        choices=[("", "Everybody"), ("now", "Has access now"), ("ended", "Access has ended")],
    )


def place_of(membership: Membership) -> str:
    """The place of the role, by name."""
    if membership.school is not None:
        return membership.school.name
    if membership.trust is not None:
        return membership.trust.name
    return "The whole authority"


def list_of_people(today: date) -> ListPage:
    """The list, with the filters that depend on today."""
    return ListPage(
        name="people",
        noun="role",
        columns=[
            Column("name", "Person", lambda m: m.user.name, order_by=("user__name",)),
            Column("email", "Email", lambda m: m.user.email, order_by=("user__email",)),
            Column("role", "Role", lambda m: Role(m.role).label, order_by=("role",)),
            Column("place", "Place", place_of, order_by=("school__name",)),
            Column("from", "From", lambda m: m.starts_on, order_by=("starts_on",), show=words),
            Column("to", "Until", lambda m: m.ends_on, order_by=("ends_on",), show=words),
            Column(
                "change",
                "Change",
                lambda m: m.pk,
                template="authorities/people_change_cell.html",
                export=False,
            ),
        ],
        filter_form=PeopleFilters,
        filters={
            "role": lambda rows, roles: rows.filter(role__in=roles),
            "when": lambda rows, when: (
                rows.filter(Q(ends_on=None) | Q(ends_on__gte=today))
                if when == "now"
                else rows.filter(ends_on__lt=today)
            ),
        },
        search=lambda rows, typed: rows.filter(
            Q(user__name__icontains=typed) | Q(user__email__icontains=typed)
        ),
        search_label="Name or email",
        sort="name",
    )


@require_safe
def people(request: AuthorityRequest, la: str) -> HttpResponse:
    """Everybody with a role here."""
    reach = request.reach
    reach.require(Permission.MANAGE_PEOPLE)
    return list_of_people(reach.today).respond(
        request,
        selectors.memberships_for(reach),
        {
            "title": "People",
            "lead": "Everybody who can see something here, and as what.",
            "actions": [
                {
                    "text": "Invite a person",
                    "href": reverse("authorities:people_invite", args=[la]),
                    "primary": True,
                }
            ],
        },
        on_export=written_down(reach, on="authorities.Membership:list", what="people"),
    )


@require_http_methods(["GET", "POST"])
def invite(request: AuthorityRequest, la: str) -> HttpResponse:
    """Invite a person, or give another role to one who is here already."""
    reach = request.reach
    reach.require(Permission.MANAGE_PEOPLE)
    form = InviteForm(
        request.POST if request.method == "POST" else None, places=services.places_to_manage(reach)
    )
    if form.is_valid():
        place = form.cleaned_data["place"]
        try:
            services.invite(
                reach=reach,
                email=form.cleaned_data["email"],
                name=form.cleaned_data["name"],
                role=form.cleaned_data["role"],
                school=None
                if place == "authority"
                else school_for(reach, place, Permission.MANAGE_PEOPLE),
                starts_on=reach.today,
            )
        except DomainError as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, "Access given. A new person gets an email with the way in.")
            return redirect("authorities:people", la=la)
    return render(
        request,
        "authorities/invite.html",
        {"form": form, "back": {"href": reverse("authorities:people", args=[la])}},
    )


def membership_for(request: AuthorityRequest, pk: int) -> Membership:
    """A role that this person may change. NotFound for any other."""
    request.reach.require(Permission.MANAGE_PEOPLE)
    found = selectors.memberships_for(request.reach).filter(pk=pk).first()
    if found is None or (found.trust_id is not None):
        raise NotFound("We cannot find that role. It may have been given by a trust.")
    return found


@require_http_methods(["GET", "POST"])
def change(request: AuthorityRequest, la: str, membership: int) -> HttpResponse:
    """One role: what it lets the person do, and ending it."""
    found = membership_for(request, membership)
    form = EndRoleForm(
        request.POST if request.method == "POST" else None, starts_on=found.starts_on
    )
    if form.is_valid():
        try:
            services.end_role(
                reach=request.reach, membership=found, last_day=form.cleaned_data["last_day"]
            )
        except DomainError as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, "The role ends on the day that you chose.")
            return redirect("authorities:people", la=la)
    return render(
        request,
        "authorities/person.html",
        {
            "membership": found,
            "role": Role(found.role),
            "permissions": sorted(p.value for p in ROLES[Role(found.role)]),
            "place_of_role": place_of(found),
            "form": form,
            "back": {"href": reverse("authorities:people", args=[la])},
        },
    )
