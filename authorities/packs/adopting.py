"""Adopting a pack: refused with every reason when it is unfit, else a dated row and an event."""

from collections.abc import Callable, Iterator
from datetime import date

from django.db import transaction

from audit.record import Kind, record
from authorities.access import Reach
from authorities.models import Authority, PackAdoption, School, Trust
from authorities.packs import examples
from authorities.packs.limits import relaxations
from authorities.packs.reading import NATIONAL, load
from authorities.packs.schema import Pack
from authorities.permissions import Permission
from rules.errors import RuleNotMet

# What other packages ask of a pack: letters checks the wording against its catalogue. Each check
# gives sentences that name the file and the line; none means the pack is good.
Check = Callable[[Pack], Iterator[str]]
CHECKS: list[Check] = []


@transaction.atomic
def adopt(
    *,
    authority: Authority,
    pack: str,
    starts_on: date,
    reach: Reach | None,
    trust: Trust | None = None,
    school: School | None = None,
    minute: str = "",
) -> PackAdoption:
    """Work by a pack from a day on: for the authority, a trust's schools in it, or one school.

    reach   who decides; None for set-up by an operator
    minute  the decision that adopted it

    Raises Forbidden, PackError, and RuleNotMet naming the clause when the pack relaxes a
    national rule, an example of it does not come out, or its wording would not pass.
    """
    if reach is not None:
        reach.require(Permission.ADOPT_PACK, school)
    found = load(pack)
    refuse_unfit(found, "school" if school else "trust" if trust else "authority")
    row = PackAdoption.objects.create(
        authority=authority,
        trust=trust,
        school=school,
        pack=found.name,
        edition=found.edition,
        starts_on=starts_on,
        adopted_by=reach.user if reach else None,
        minute=minute,
    )
    record(
        Kind.PACK_ADOPTED,
        by=reach.user if reach else None,
        authority=authority,
        school=school,
        on=row,
        pack=found.name,
        edition=found.edition,
    )
    return row


def refuse_unfit(pack: Pack, place: str) -> None:
    """Raise RuleNotMet with every reason why the pack cannot be adopted at such a place."""
    about = pack.pack
    if about.status == "draft":
        raise RuleNotMet(f"{about.title} is a draft. Publish it before you adopt it.")
    if about.place != place:
        raise RuleNotMet(f"{about.title} is for: {about.place}. It cannot be adopted for: {place}.")
    national = load(NATIONAL)
    wrong = [*relaxations(pack, national), *examples.problems(pack, national)]
    for check in CHECKS:
        wrong += check(pack)
    if wrong:
        raise RuleNotMet(" ".join(wrong))
