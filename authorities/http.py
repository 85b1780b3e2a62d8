"""The request that a signed-in page inside one authority gets."""

from django.http import HttpRequest

from authorities.access import Reach
from authorities.models import Authority, User


class AuthorityRequest(HttpRequest):
    """A signed-in request inside one authority. `reach` opens every door."""

    user: User
    authority: Authority
    reach: Reach
