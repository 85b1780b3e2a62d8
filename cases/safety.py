"""May a letter to a family still go to its adult? Asked when it is approved, made, handed over."""

from collections.abc import Callable
from datetime import date

from attendance.addressing import Way, address_lines, may_write_to
from attendance.models import Adult, AdultLink
from cases.models import CaseLetter
from cases.services.rechecks import unsettled
from letters.guards import Verdict
from letters.models import Letter, Route

NO_LINK = "This adult is no longer on the pupil's record."
CHANGED = "The address on record has changed since this letter was prepared."
CORRECTED = (
    "Marks that this letter counts have been corrected since it was prepared. Open “Check again”"
    " and decide, or withdraw the letter and prepare a new one."
)

# What else a letter may wait for: asked beside our own, each answers a code and a sentence. The
# packages that know what a letter is about register theirs.
HOLDS: list[Callable[[CaseLetter], tuple[str, str] | None]] = []


def guard(letter: Letter, day: date) -> Verdict | None:
    """The verdict on a family's letter on `day`; None for a letter that is to no family.

    Locks the adult and the link: somebody who sets a protection flag at this moment either has
    done so already, and we see it, or waits until the letter is on its way.
    """
    case_letter = CaseLetter.objects.filter(letter=letter).first()
    if case_letter is None:
        return None
    adult = Adult.objects.select_for_update(no_key=True).get(pk=case_letter.adult_id)
    link = (
        AdultLink.objects.select_for_update(no_key=True)
        .filter(pupil=case_letter.pupil_id, adult=adult)
        .first()
    )
    if link is None:
        return Verdict(Way.DO_NOT_WRITE.value, ("no_link",), NO_LINK)
    decision = may_write_to(adult, link, day)
    verdict = Verdict(decision.way.value, decision.codes, decision.reason)
    if decision.way == Way.DO_NOT_WRITE:
        return verdict
    waits = _waits(case_letter)
    if waits is not None:
        return Verdict(Way.HOLD.value, (*decision.codes, waits[0]), waits[1])
    if letter.route != Route.POST:
        return verdict
    if letter.address_lines and letter.address_lines != address_lines(adult):
        return Verdict(Way.HOLD.value, (*decision.codes, "address_changed"), CHANGED)
    return verdict


def _waits(case_letter: CaseLetter) -> tuple[str, str] | None:
    """Why what a letter says must be decided on first: a code and a sentence. None: nothing."""
    if unsettled(case_letter):
        return "register_corrected", CORRECTED
    return next((held for holds in HOLDS if (held := holds(case_letter)) is not None), None)
