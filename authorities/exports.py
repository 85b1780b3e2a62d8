"""Writing down that a person took a list away."""

from collections.abc import Callable

from audit.record import Kind, record
from authorities.access import Reach


def written_down(reach: Reach, *, on: str, what: str) -> Callable[[int], None]:
    """What `ListPage` calls with the number of rows of a CSV: it goes into the audit trail.

    on    the plain subject, such as "cases.Case:list"
    what  the list in words: the list of pupils
    """

    def exported(count: int) -> None:
        record(
            Kind.EXPORTED, by=reach.user, authority=reach.authority, on=on, count=count, what=what
        )

    return exported
