"""What a prosecution file is told of its penalty notice: withdrawn, paid, disputed, or overtaken.

Nothing is undone by itself. A person looks, and ends the file or says why it goes on.
"""

from datetime import date, datetime

from legal.models import PenaltyNotice, Prosecution
from legal.services.prosecution_moves import ask_to_look_again, change, write

WITHDRAWN = (
    "Its penalty notice was withdrawn. Nobody can be prosecuted for these days: end this file."
)
PAID = "Its penalty notice was paid in time. Nobody can be prosecuted for these days."
DISPUTED = "The parent disputes its penalty notice. Read what they say, and what they are answered."
OVERTAKEN = (
    "The court decided while the penalty notice was not among those that are prosecuted. Look at"
    " both."
)


def tell(notice: PenaltyNotice, why: str, *, today: date, now: datetime) -> None:
    """Ask whoever has the open file on a held notice to look at it again. Twice is as once."""
    files = Prosecution.objects.select_for_update(of=("self",), no_key=True)
    for file in files.filter(notice=notice, ended_on=None):
        ask_to_look_again(file, why, today=today, now=now)


def overtaken(prosecution: Prosecution, *, today: date, now: datetime) -> None:
    """Keep on a file that the court has decided on that its notice stood elsewhere by then."""
    change(prosecution, review=OVERTAKEN)
    write(prosecution, "look_again", by=None, on=today, now=now, words=OVERTAKEN)
