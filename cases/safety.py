"""May a case's letter still go to its adult? Asked when it is approved, made and handed over."""

from datetime import date

from attendance.addressing import Way, address_lines, may_write_to
from attendance.models import Adult, AdultLink
from cases.models import CaseLetter
from letters.guards import Verdict
from letters.models import Letter, Route

NO_LINK = "This adult is no longer on the pupil's record."
CHANGED = "The address on record has changed since this letter was prepared."


def guard(letter: Letter, day: date) -> Verdict | None:
    """The verdict on a case's letter on `day`; None for a letter that is not a case's.

    Locks the adult and the link: somebody who sets a protection flag at this moment either has
    done so already, and we see it, or waits until the letter is on its way.
    """
    case_letter = CaseLetter.objects.filter(letter=letter).select_related("case").first()
    if case_letter is None:
        return None
    adult = Adult.objects.select_for_update(no_key=True).get(pk=case_letter.adult_id)
    link = (
        AdultLink.objects.select_for_update(no_key=True)
        .filter(pupil=case_letter.case.pupil_id, adult=adult)
        .first()
    )
    if link is None:
        return Verdict(Way.DO_NOT_WRITE.value, ("no_link",), NO_LINK)
    decision = may_write_to(adult, link, day)
    verdict = Verdict(decision.way.value, decision.codes, decision.reason)
    if decision.way == Way.DO_NOT_WRITE or letter.route != Route.POST:
        return verdict
    if letter.address_lines and letter.address_lines != address_lines(adult):
        return Verdict(Way.HOLD.value, (*decision.codes, "address_changed"), CHANGED)
    return verdict
