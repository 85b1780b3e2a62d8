"""The request that a signed-in page inside one authority gets."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from authorities.access import Reach
from authorities.models import Authority, User


class SignedInRequest(HttpRequest):
    """A signed-in request outside any authority."""

    user: User


class AuthorityRequest(HttpRequest):
    """A signed-in request inside one authority. `reach` opens every door."""

    user: User
    htmx: HtmxDetails
    authority: Authority
    reach: Reach
