"""Numbers to call: shown at once where they may be, at a press where nobody has answered yet."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest

from attendance.access import PupilHere, hidden_because, may_show_channels
from attendance.models import Adult
from attendance.selectors.reasons import Person
from attendance.services.reveals import Channels, WhyCall, reveal_channels
from authorities.access import Forbidden, Reach

# What a button sends: a reason of `WhyCall`.
PRESSED = "call"


@dataclass(frozen=True, slots=True)
class Numbers:
    """Whom to call and on which number, as far as this person may see it.

    to_show  some of them show at a press
    shown    the press that was made: sent again with the form, so that an error hides nothing
    """

    rows: list[dict[str, str]]
    to_show: bool
    shown: str


def pressed(request: HttpRequest) -> WhyCall | None:
    """The reason that was pressed, if any."""
    sent = request.POST.get(PRESSED, "")
    return WhyCall(sent) if sent in WhyCall.values else None


def numbers_to_call(
    request: HttpRequest, reach: Reach, here: PupilHere, people: Sequence[Person]
) -> Numbers:
    """The adults whom the school may contact. What a press shows is written down for each."""
    why = pressed(request)
    rows, to_show = [], False
    for one in people:
        if not one.may:
            continue
        adult = one.link.adult
        hidden = hidden_because(adult, here.sees)
        if why and may_show_channels(adult, here.sees):
            value = _shown(reach, here, adult, why) or hidden
        else:
            value = hidden or Channels(adult.phone, adult.email).words
            to_show = to_show or may_show_channels(adult, here.sees)
        rows.append({"key": f"{adult.name} ({one.link.relationship})", "value": value})
    return Numbers(rows, to_show, why.value if why else "")


def _shown(reach: Reach, here: PupilHere, adult: Adult, why: WhyCall) -> str:
    """The number and email; nothing when somebody has just said that they are protected."""
    try:
        return reveal_channels(
            adult=adult, pupil=here.pupil.reference, school=here.school, by=reach, why=why
        ).words
    except Forbidden:
        return ""
