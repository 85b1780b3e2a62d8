"""What a list shows so that the same can be done to several of its rows."""

from typing import Any

from django.urls import reverse

from authorities.http import AuthorityRequest
from authorities.permissions import Permission

JUST_DONE = "work_just_done"
GIVE, DONE, MOVE = "give", "done", "move"
ACTIONS = {
    "work": ((GIVE, "Give to somebody"), (DONE, "Mark as done"), (MOVE, "Move the day")),
    "cases": ((GIVE, "Give to somebody"),),
}


def bulk_bar(request: AuthorityRequest, about: str, total: int) -> dict[str, Any]:
    """The context of `cases/work/_bulk.html` and `_undo.html`.

    about  which list: "work" or "cases"; total  how many rows it holds under its filters
    """
    la = request.authority.code
    done = request.session.pop(JUST_DONE, None)
    undo = done and {**done, "href": reverse("cases:bulk_undo", args=[la])}
    if not request.reach.may(Permission.CHANGE_CASE):
        return {"bulk": None, "undo": undo}
    return {
        "undo": undo,
        "bulk": {
            "href": reverse("cases:bulk", args=[la]),
            "about": about,
            "actions": [{"key": key, "text": text} for key, text in ACTIONS[about]],
            "total": f"{total:,}",
            "query": request.GET.urlencode(),
        },
    }
