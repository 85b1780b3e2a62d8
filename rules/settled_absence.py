"""Absence that an earlier step has settled for one parent: no new notice can rest on it."""

from collections.abc import Collection, Mapping

from rules.dates import in_words
from rules.marks import DatedSession
from rules.prosecutions import Used
from rules.register import rule

# What settles absence for a parent, also where it gave its sessions back.
SETTLED = {
    Used.WITHDRAWN: "A penalty notice for these days was withdrawn. Nobody can be prosecuted on the"
    " same facts after that, so a new notice to this parent could not be enforced",
    Used.PROSECUTED: "This parent was prosecuted for these days already, and cannot be again, so a"
    " new notice to them could not be enforced",
}
INSTEAD = "Ask about later absence, or leave this parent out."


@rule("SET-1", source="ONROLL/settled-absence")
def settled_refusal(
    offence: Collection[DatedSession], settled: Mapping[Used, Collection[DatedSession]]
) -> str:
    """Why no new notice can rest on sessions, in sentences with the days; "" when one can.

    offence  the sessions it would be about
    settled  those of this parent and child that an earlier step has settled, by what has

    Also where the earlier notice was withdrawn for an error in it. What is settled for one parent
    is open for another: their sessions are not in `settled`.
    """
    found = []
    for why, words in SETTLED.items():
        days = sorted({session.day for session in set(offence) & set(settled.get(why, ()))})
        if days:
            found.append(f"{words}: {', '.join(in_words(day) for day in days)}.")
    return " ".join([*found, INSTEAD]) if found else ""
