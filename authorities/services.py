"""Inviting people, giving and ending roles."""

from datetime import date, timedelta

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse

from audit.record import Kind, record
from authorities.access import Forbidden, Reach
from authorities.models import Authority, Membership, School, User
from authorities.permissions import AUTHORITY_ROLES, SCHOOL_ROLES, Permission, Role
from authorities.tenancy import scope
from rules.errors import RuleNotMet

LEGAL_ROLES = (Role.LEGAL_OFFICER, Role.AUTHORISING_OFFICER, Role.NOTICE_CLERK)


def places_to_manage(reach: Reach) -> list[tuple[str, str]]:
    """The places for which this person may give roles, as (value, label)."""
    schools = School.objects.filter(
        reach.schools(Permission.MANAGE_PEOPLE), authority=reach.authority
    ).order_by("name", "pk")
    places = [(school.urn, school.name) for school in schools]
    if reach.may_everywhere(Permission.MANAGE_PEOPLE):
        places.insert(0, ("authority", f"{reach.authority.name} (the whole authority)"))
    return places


@transaction.atomic
def invite(
    *, reach: Reach, email: str, name: str, role: Role, school: School | None, starts_on: date
) -> Membership:
    """Give a person a role here, and mail them the way in if they are new to Onroll.

    school  the place of the role; None for the whole authority
    Raises Forbidden, or RuleNotMet for a role that does not fit the place or the person.
    """
    require_role_fits(reach, role, school)
    user = User.objects.filter(email__iexact=email).first()
    new = user is None
    if user is None:
        user = User.objects.create_user(email=email, name=name)
    require_role_fits_person(reach, user, role)
    if Membership.objects.active_on(starts_on).filter(
        user=user, role=role, authority=reach.authority, school=school
    ):
        raise RuleNotMet("This person has that role here already.")
    membership = Membership.objects.create(
        authority=reach.authority, user=user, role=role, school=school, starts_on=starts_on
    )
    kind = Kind.PERSON_INVITED if new else Kind.ROLE_GIVEN
    record(
        kind,
        by=reach.user,
        authority=reach.authority,
        school=school,
        on=membership,
        role=role.label,
    )
    if new:
        transaction.on_commit(lambda: send_invitation(user, reach))
    return membership


def require_role_fits(reach: Reach, role: Role, school: School | None) -> None:
    """A school's roles at schools, the authority's at the authority, and only where one manages."""
    if school is None and not reach.may_everywhere(Permission.MANAGE_PEOPLE):
        raise Forbidden("You can give roles at your own school only.")
    if school is not None:
        reach.require(Permission.MANAGE_PEOPLE, school)
    fitting = AUTHORITY_ROLES if school is None else SCHOOL_ROLES
    if role not in fitting:
        at = "for the whole authority" if school is None else "at a school"
        raise RuleNotMet(
            f"The role {role.label.lower()} cannot be held {at}. Choose another place."
        )


def require_role_fits_person(reach: Reach, user: User, role: Role) -> None:
    """Nobody gives themselves a role; who hands out access does not also decide legal action."""
    if user.pk == reach.user.pk:
        raise RuleNotMet("You cannot give yourself a role. Ask another administrator.")
    held = set(
        Membership.objects.active_on(reach.today)
        .filter(user=user, authority=reach.authority, school=None)
        .values_list("role", flat=True)
    )
    administrator = Role.AUTHORITY_ADMINISTRATOR
    if (role in LEGAL_ROLES and administrator in held) or (
        role == administrator and held.intersection(LEGAL_ROLES)
    ):
        raise RuleNotMet(
            "One person cannot be an administrator and also act on notices. End one role first."
        )


def send_invitation(user: User, reach: Reach) -> None:
    """Mail a new person the link that sets their password. Works once, for three days."""
    path = reverse(
        "account_reset_password_from_key",
        kwargs={
            "uidb36": user_pk_to_url_str(user),
            "key": default_token_generator.make_token(user),
        },
    )
    text = render_to_string(
        "authorities/invitation.txt",
        {"user": user, "authority": reach.authority, "link": f"{settings.PUBLIC_URL}{path}"},
    )
    send_mail("Your account for school attendance", text, None, [user.email])


@transaction.atomic
def end_role(*, reach: Reach, membership: Membership, last_day: date) -> None:
    """End a role. It stops at the person's next request after `last_day`; yesterday means now.

    Raises RuleNotMet for one's own role and for the last administrator's.
    """
    if membership.user_id == reach.user.pk:
        raise RuleNotMet("You cannot end your own role. Ask another administrator.")
    if membership.role == Role.AUTHORITY_ADMINISTRATOR:
        # Locked, in one order: two who end each other's role at once must not both succeed.
        held = Membership.objects.active_on(reach.today).filter(
            authority=reach.authority, role=membership.role
        )
        left = {one.pk for one in held.select_for_update().order_by("pk")} - {membership.pk}
        if not left:
            raise RuleNotMet("This is the last administrator. Give somebody else the role first.")
    starts_on = membership.starts_on
    if last_day < starts_on:  # given by mistake today: it must not hold until midnight
        starts_on = last_day = starts_on - timedelta(days=1)
    Membership.objects.filter(pk=membership.pk).update(starts_on=starts_on, ends_on=last_day)
    record(
        Kind.ROLE_ENDED,
        by=reach.user,
        authority=reach.authority,
        school=membership.school,
        on=membership,
        role=Role(membership.role).label,
        last_day=last_day.isoformat(),
    )


def signed_in(*, user: User, today: date) -> None:
    """Write down in each authority where the person has a role that they signed in."""
    with scope([], user_id=user.pk):
        places = Membership.objects.active_on(today).filter(user=user, authority__isnull=False)
        ids = set(places.values_list("authority_id", flat=True))
    for authority in Authority.objects.filter(pk__in=ids).order_by("pk"):
        with scope([authority.pk], user_id=user.pk):
            record(Kind.SIGNED_IN, by=user, authority=authority, on=user)
