"""The API's own scope, permissions and paging."""

from typing import Any

from rest_framework.pagination import PageNumberPagination
from rest_framework.permissions import BasePermission
from rest_framework.request import Request


class Nobody(BasePermission):
    """The default: a view that says nothing lets nobody in."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return False


class Allowed(BasePermission):
    """Lets in a person whose role here holds the view's `permission`."""

    def has_permission(self, request: Request, view: Any) -> bool:
        reach = getattr(request._request, "reach", None)
        return reach is not None and reach.may(view.permission)


class Pages(PageNumberPagination):
    """Fifty rows a page; `?per_page=` up to 500."""

    page_size = 50
    page_size_query_param = "per_page"
    max_page_size = 500


class InAuthority:
    """A view inside one authority: the middleware has set the scope, `reach` opens the doors."""

    permission_classes: Any = [Allowed]
    permission: Any = None

    @property
    def reach(self) -> Any:
        """What the caller may see and do here."""
        return self.request._request.reach  # type: ignore[attr-defined]
