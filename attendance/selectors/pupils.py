"""The list of pupils: a row for each enrolment, with this year's standing to filter and sort by."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import Case, F, FilteredRelation, IntegerField, OrderBy, Q, QuerySet, When
from django.db.models.functions import NullIf

from attendance.models import Enrolment
from attendance.models.standings import ThresholdState
from attendance.names import plain
from authorities.access import Reach
from authorities.permissions import Permission
from rules.errors import InvalidInput
from rules.upn import read_upn
from rules.values import Figures

Rows = TypeVar("Rows", bound=QuerySet[Enrolment])


class Listed(QuerySet[Enrolment]):
    """Enrolments that a list filters, orders and counts on few columns, and fetches last.

    Sorting a county's pupils with all their columns takes three times as long as sorting their
    keys. So a page first finds its keys, then fetches those rows with their figures: `rate`,
    `missed`, `now` and so on, each None where the sweep has not been yet.
    """

    authority_id: int | None = None

    def _clone(self) -> "Listed":
        clone: Listed = super()._clone()  # type: ignore[misc]
        clone.authority_id = self.authority_id
        return clone

    def __getitem__(self, key: Any) -> Any:
        """One page as a list of enrolments, in order."""
        if not isinstance(key, slice):
            return super().__getitem__(key)
        keys = self._by_name() if self._goes_by_name else self._clone()
        narrow: Any = keys.values_list("pk", flat=True)
        narrow.query.set_limits(key.start, key.stop)
        order = list(narrow)
        rows = {row.pk: row for row in self.order_by().with_figures().filter(pk__in=order)}
        return [rows[pk] for pk in order]

    def iterator(self, chunk_size: int | None = None) -> Iterator[Any]:
        """Every row with its figures, for the CSV."""
        return QuerySet.iterator(self.with_figures(), chunk_size=chunk_size)

    @property
    def _goes_by_name(self) -> bool:
        first: Any = next(iter(self.query.order_by), None)
        name: str = getattr(getattr(first, "expression", None), "name", "")
        return name.startswith("pupil__")

    def _by_name(self) -> "Listed":
        # Said of the pupil too, so that the index on names can serve the order.
        return self.filter(pupil__authority=self.authority_id)

    def with_figures(self) -> "Listed":
        """The rows with pupil, school and this year's standing."""
        return self.select_related("pupil", "school").annotate(
            rate=RATE,
            possible=F("standing__possible"),
            missed=MISSED,
            now=F("standing__window_count"),
            state=F("standing__state"),
            persistent=F("standing__persistent"),
            severe=F("standing__severe"),
            back_rate=BACK_RATE,
        )


RATE = NullIf(F("standing__basis_points"), -1)
MISSED = F("standing__authorised") + F("standing__unauthorised")
BACK_RATE = Case(
    When(
        standing__back_possible__gt=0,
        then=F("standing__back_attended") * 10_000 / F("standing__back_possible"),
    ),
    default=None,
    output_field=IntegerField(),
)


def listed(reach: Reach, permission: Permission, *, year: int) -> Listed:
    """The enrolments that a person may list, with this year's standing to filter and sort by.

    A pupil on two rolls stands twice, once for each school.
    """
    rows = Listed(Enrolment).filter(
        reach.schools(permission, "school__"), authority=reach.authority
    )
    rows.authority_id = reach.authority.pk
    return rows.annotate(standing=FilteredRelation("standings", condition=Q(standings__year=year)))


def found_by(rows: Rows, typed: str) -> Rows:
    """The enrolments of pupils with this UPN, or whose names begin with each of the typed words."""
    try:
        upn = read_upn(typed).text
    except InvalidInput:
        upn = ""
    if upn:
        return rows.filter(Q(pupil__upn=upn) | Q(pupil__former_upn=upn))
    for word in plain(typed).replace(",", " ").split():
        rows = rows.filter(
            Q(pupil__sort_name__startswith=word)
            | Q(pupil__sort_name__contains=f" {word}")
            | Q(pupil__known_as__istartswith=word)
        )
    return rows


class NullsLast(OrderBy):
    """An order in which rows without a figure stand last, whichever way it runs."""

    def __init__(self, expression: Any, **kwargs: Any) -> None:
        super().__init__(expression, **{**kwargs, "nulls_last": True})

    def reverse_ordering(self) -> "NullsLast":
        """Turn the order round, but for the rows without a figure."""
        self.descending = not self.descending
        return self


@dataclass(frozen=True, slots=True)
class Tag:
    """A word with a colour, for a row of a list."""

    text: str
    colour: str


def standing_tags(row: Any, figures: Figures, floor: int) -> list[Tag]:
    """What the standing of a `listed` row says at a glance. Nothing when all is well."""
    tags = []
    if row.state == ThresholdState.PROVISIONAL:
        tags.append(Tag("10 in 10, provisional", "purple"))
    elif row.now is not None and row.now >= figures.sessions_needed:
        tags.append(Tag("10 in 10", "red"))
    elif row.state == ThresholdState.YES:
        tags.append(Tag("10 in 10 earlier", "grey"))
    elif row.now is not None and row.now >= figures.near_from:
        tags.append(Tag("Near 10 in 10", "yellow"))
    if row.possible is not None and row.possible < floor:
        tags.append(Tag("Too few sessions to say", "grey"))
    elif row.severe:
        tags.append(Tag("Severe absence", "red"))
    elif row.persistent:
        tags.append(Tag("Persistent absence", "orange"))
    return tags
