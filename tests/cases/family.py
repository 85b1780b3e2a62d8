"""A pupil of Hillside with a year of marks, a crossing, two parents and a policy."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from attendance.models import Adult, AdultLink, Crossing
from authorities import packs
from cases.models import Case, CaseLetter
from cases.services import casework, concern_letters
from tests import factories
from tests.attendance.scenes import TEN, a_year_of_marks, calendar, crossing
from tests.cast import TODAY, Cast

NOW = datetime(2026, 11, 17, 9, tzinfo=UTC)
ADOPTED = date(2026, 9, 1)


@dataclass
class Family:
    """The pupil has missed ten sessions: five days. Each parent has a home of their own."""

    cast: Cast
    crossing: Crossing
    mother: Adult
    father: Adult
    case: Case | None = None
    letters: list[CaseLetter] = field(default_factory=list)

    @property
    def reach(self) -> Any:
        """What Hillside's officer may do."""
        return self.cast.reach(self.cast.officer)

    def link(self, adult: Adult) -> AdultLink:
        """What an adult is to the pupil."""
        return AdultLink.objects.get(adult=adult, pupil=self.cast.pupil)

    def open_case(self) -> Case:
        """The officer opens the case."""
        self.case = casework.open_case(
            reach=self.reach,
            enrolment=self.cast.enrolment,
            crossing=self.crossing,
            now=NOW,
            today=TODAY,
        )
        return self.case

    def prepare(self, *adults: Adult) -> list[CaseLetter]:
        """The officer prepares the authority's letter to some adults, or to both parents."""
        self.letters = concern_letters.prepare(
            reach=self.reach,
            case=self.case or self.open_case(),
            pack="dorset",
            letter="letter_2",
            adults=[adult.reference for adult in adults or (self.mother, self.father)],
            now=NOW,
            today=TODAY,
        )
        return self.letters


def family(cast: Cast) -> Family:
    """The rows, made in an open scope."""
    cast.hillside.attendance_contact = "Jo Lark"
    cast.hillside.phone = "01632 960123"
    cast.hillside.address = "1 School Lane\nNorthmoor"
    cast.hillside.postcode = "ZZ99 9ZZ"
    cast.hillside.save()
    cast.pupil.forenames, cast.pupil.known_as = "Robin Ash", "Robin"
    cast.pupil.save()
    calendar(cast)
    a_year_of_marks(cast, absences=TEN)
    packs.adopt(authority=cast.northmoor, pack="dorset", starts_on=ADOPTED, reach=None)
    return Family(
        cast=cast,
        crossing=crossing(cast),
        mother=factories.adult(
            cast.pupil,
            title="Ms",
            forenames="Ada",
            surname="Larkfield",
            address="12 Orchard Row\nNorthmoor",
            postcode="ZZ99 1AA",
            link={"priority": 1},
        ),
        father=factories.adult(
            cast.pupil,
            title="Mr",
            forenames="Tom",
            surname="Reedham",
            address="3 Mill Street\nSampleton",
            postcode="ZZ99 2BB",
            link={"relationship": "father", "priority": 2},
        ),
    )
