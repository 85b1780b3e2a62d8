"""A prosecution with a full file: letters that went, a case, a plan, answers, and another parent.

The mother is prosecuted. Around the child are a father whose details are kept from everybody, an
aunt whose are not, and a brother. All of them are written about wherever staff write.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any

from attendance.models import Adult, AdultLink, Contact, LeaveRequest, PupilFlag
from authorities.access import Reach
from authorities.permissions import Role
from cases.models import Case, CaseLetter, CaseNote
from legal.models import BundleFile, CourtBundle, Prosecution
from legal.services import bundles
from letters import render
from letters.catalogue import kind_of
from letters.models import LetterDocument
from letters.services import drafting
from rules.prosecution_stages import ProsecutionState
from tests import factories
from tests.cases import planned
from tests.cases.family import family
from tests.cast import TODAY, Cast
from tests.legal import prosecution_scenes
from tests.legal.penalty_scenes import Room, at, office

NOW = datetime(2027, 1, 12, 10, tzinfo=UTC)
DAY = date(2027, 1, 12)
# Everything by which the other people could be found: none of it may be in the served file.
SECRETS = (
    "Tom",
    "Reedham",
    "3 Mill Street",
    "ZZ99 2BB",
    "01632 960777",
    "07700900777",
    "tom.reedham@example.org",
    "Petra",
    "Quillfeather",
    "8 Harbour Walk",
    "ZZ99 4DD",
    "petra@example.net",
    "Wilfred",
)


@dataclass
class Scene:
    """The prosecution, and who makes its bundle."""

    cast: Cast
    prosecution: Prosecution
    mother: Adult
    father: Adult

    @property
    def legal(self) -> Reach:
        """Northmoor's legal officer."""
        return self.cast.reach(self.cast.person(Role.LEGAL_OFFICER))

    def ask(self, now: datetime = NOW, reach: Reach | None = None) -> CourtBundle:
        """The legal officer presses the button."""
        return bundles.ask(reach=reach or self.legal, prosecution=self.prosecution, now=now)

    def make(self, bundle: CourtBundle | None = None) -> CourtBundle:
        """The worker makes it."""
        asked = bundle or self.ask()
        return bundles.make(asked.job, today=DAY, now=NOW, report=lambda *said: None)

    def file(self, bundle: CourtBundle, part: str = "served") -> BundleFile:
        """One of its files."""
        return BundleFile.objects.get(bundle=bundle, part=part)


def printed(row: CaseLetter, when: datetime) -> CaseLetter:
    """The letter was made as letters are, and handed over."""
    letter = row.letter
    if not LetterDocument.objects.filter(letter=letter).exists():
        page = render.printed(kind_of(letter.kind).template, drafting.page_of(letter))
        LetterDocument.objects.create(
            authority=letter.authority,
            letter=letter,
            pdf=page.pdf,
            sha256=page.sha256,
            pages=page.pages,
            software=page.software,
            made_at=when,
        )
    letter.state = "handed over"
    letter.handed_over_at = letter.handed_over_at or when
    letter.approved_at = letter.approved_at or when
    letter.save()
    return row


def scene(cast: Cast, until: ProsecutionState = ProsecutionState.TESTED) -> Scene:
    """The rows, made in an open scope."""
    home = family(cast)
    mother, father = home.mother, home.father
    father.protected_address = "yes"
    father.phone, father.email = "01632 960777", "tom.reedham@example.org"
    father.save()
    factories.adult(
        cast.pupil,
        title="Miss",
        forenames="Petra",
        surname="Quillfeather",
        address="8 Harbour Walk\nSampleton",
        postcode="ZZ99 4DD",
        email="petra@example.net",
        link={"relationship": "aunt", "parental_responsibility": "no", "has_care": "no"},
    )
    brother = factories.pupil(cast.northmoor, forenames="Wilfred", surname="Larkfield")
    AdultLink.objects.create(
        authority=cast.northmoor, pupil=brother, adult=mother, relationship="mother"
    )
    case = home.open_case()
    letters = home.prepare()
    for row in letters:
        row.letter.approved_by = cast.officer
        printed(row, at(TODAY))
    _written(cast, case, mother, father)
    plan = planned.start(home.reach, case)
    planned.action(home.reach, plan)
    office(cast)
    room = Room(cast, mother, father, cast.pupil, cast.enrolment)
    room.nowhere_else()
    desk = prosecution_scenes.desk(cast, room)
    prosecution = desk.until(until)
    Prosecution.objects.filter(pk=prosecution.pk).update(case=case)
    prosecution.refresh_from_db()
    for row in CaseLetter.objects.filter(pupil=cast.pupil).select_related("letter__authority"):
        printed(row, at(TODAY + timedelta(days=1)))
    return Scene(cast, prosecution, mother, father)


def light(cast: Cast) -> Scene:
    """A prosecution without a case, a notice or a letter: for what only needs there to be one."""
    mother = factories.adult(cast.pupil, title="Ms", forenames="Ada", surname="Larkfield")
    father = factories.adult(
        cast.pupil,
        title="Mr",
        forenames="Tom",
        surname="Reedham",
        protected_address="yes",
        link={"relationship": "father"},
    )
    return Scene(cast, _bare(cast, mother), mother, father)


def _bare(cast: Cast, adult: Adult) -> Prosecution:
    return Prosecution.objects.create(
        authority=cast.northmoor,
        enrolment=cast.enrolment,
        pupil=cast.pupil,
        school=cast.hillside,
        adult=adult,
        state="preparing",
        offence="444(1)",
        first=date(2026, 9, 7),
        last=date(2026, 9, 7),
        sessions=[{"day": "2026-09-07", "session": 0, "code": "O"}],
        made_by=cast.officer,
        made_at=at(TODAY),
    )


def _written(cast: Cast, case: Case, mother: Adult, father: Adult) -> None:
    """What staff wrote of everybody."""
    same = {"authority": cast.northmoor}
    for text in (
        "Ms Larkfield says that mornings are hard. She will try the breakfast club.",
        "Tom Reedham rang from 01632 960777: Robin stays with him at 3 Mill Street, ZZ99 2BB.",
        "Dad says that he has moved away and wants nobody to know where.",
        "Her sister Petra Quillfeather walks Robin to school from 8 Harbour Walk, ZZ99 4DD.",
        "Wilfred Larkfield was seen at the gate too. Write to petra@example.net about him.",
        "Mr Reedham, 07700 900777, asked again.",
    ):
        CaseNote.objects.create(
            **same, case=case, text=text, written_by=cast.officer, written_at=at(TODAY)
        )
    for adult, reason in (
        (mother, "Robin had a cold on 6 October"),
        (father, "Robin was with me in Sampleton"),
    ):
        Contact.objects.create(
            **same,
            school=cast.hillside,
            enrolment=cast.enrolment,
            way="call",
            made_at=at(date(2026, 10, 6)),
            adult=adult,
            outcome="spoke",
            reason_given=reason,
            logged_by=cast.officer,
            logged_at=at(date(2026, 10, 6)),
        )
        LeaveRequest.objects.create(
            **same,
            school=cast.hillside,
            enrolment=cast.enrolment,
            asked_by=adult,
            asked_on=date(2026, 9, 20),
            way="paper",
            first_day=date(2026, 10, 5),
            last_day=date(2026, 10, 9),
            purpose="holiday",
            reason="A wedding",
            recorded_by=cast.officer,
            recorded_at=at(date(2026, 9, 20)),
        )
    PupilFlag.objects.create(
        **same, pupil=cast.pupil, kind="sen support", starts_on=date(2026, 9, 1), note="Reading"
    )


def of_the_world(cast: Cast, adult: Adult) -> dict[str, Any]:
    """A prosecution with a bundle that was made: its bytes are nothing, and hashed as they are."""
    prosecution = _bare(cast, adult)
    bundle = CourtBundle.objects.create(
        authority=cast.northmoor,
        prosecution=prosecution,
        school=cast.hillside,
        asked_by=cast.officer,
        asked_at=at(TODAY),
        made_at=at(TODAY),
        version=1,
    )
    pdf = b"%PDF-1.7 nothing"
    file = BundleFile.objects.create(
        authority=cast.northmoor,
        bundle=bundle,
        part="served",
        pdf=pdf,
        sha256=sha256(pdf).hexdigest(),
        pages=1,
        manifest={"parts": []},
        manifest_sha256="0" * 64,
        software="Test 1",
        made_at=at(TODAY),
    )
    return {"bundled": prosecution, "bundle": bundle, "bundle_part": file}
