"""How people come in: invited to their address, never by signing themselves up."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from authorities.services import signed_in


class InvitedOnly(DefaultAccountAdapter):
    """allauth's rules for staff."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs themselves up: an administrator invites them."""
        return False

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse:
        """After the second factor: write the sign-in down where the person has a role."""
        response: HttpResponse = super().post_login(request, user, **kwargs)
        signed_in(user=user, today=timezone.localdate())
        return response

    def populate_username(self, request: HttpRequest, user: Any) -> None:
        """There are no user names: the address is the name."""
