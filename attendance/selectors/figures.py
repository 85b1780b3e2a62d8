"""A pupil's counts and bands, as a page shows them."""

from dataclasses import dataclass

from attendance.selectors.books import Book
from rules import absence
from rules.absence import Band, Tally


@dataclass(frozen=True, slots=True)
class Row:
    """A count of sessions, to be shown beside its days."""

    label: str
    sessions: int
    tone: str = ""


def tally_rows(tally: Tally) -> list[Row]:
    """The counts that a page shows, in the order people ask for them."""
    return [
        Row("Possible", tally.possible),
        Row("Attended, in school", tally.present),
        Row("Attended, at an approved activity", tally.elsewhere),
        Row("Attended in all", tally.attended),
        Row("Missed, authorised", tally.authorised),
        Row("Missed, unauthorised", tally.unauthorised),
        Row("Missed in all", tally.absent),
        Row("Late, before the register closed (L)", tally.late_before),
        Row("Late, after it closed (U: counted as missed)", tally.late_after),
    ]


@dataclass(frozen=True, slots=True)
class Bands:
    """Which bands the year's attendance is in. `enough` is False under the floor of sessions.

    Every field is empty when nothing was possible.
    """

    enough: bool
    band: Band | None
    five_point: str
    persistent: bool
    severe: bool

    @property
    def label(self) -> str:
        """The national label, or none."""
        if not self.enough:
            return "Too few sessions to say"
        if self.severe:
            return "Severely absent"
        return "Persistently absent" if self.persistent else ""

    @property
    def tone(self) -> str:
        """How a tile or tag shows it: good, watch, act, or nothing."""
        if not self.enough or self.band is None:
            return ""
        return ("good", "", "watch", "act")[self.band]


def bands_of(book: Book) -> Bands:
    """The bands of a year so far."""
    tally, figures = book.tally, book.figures
    return Bands(
        enough=absence.enough_to_alert(tally.possible, book.as_of),
        band=absence.attendance_band(
            tally.attended,
            tally.possible,
            edges=figures.band_edges,
            edges_belong_below=figures.edges_belong_below,
        ),
        five_point=absence.five_point_words(absence.five_point_band(tally.absent, tally.possible)),
        persistent=absence.is_persistent(
            tally.absent, tally.possible, percent=figures.persistent_percent
        ),
        severe=absence.is_severe(tally.absent, tally.possible, percent=figures.severe_percent),
    )
