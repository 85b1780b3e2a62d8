"""Files as register systems write them, and the school they are about. All invented."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from attendance.models import Pupil
from attendance.services import calendars
from attendance.services import imports as services
from attendance.services.calendars import DayEntry, Plan, TermDates
from rules.upn import check_letter
from tests import factories

TODAY = date(2026, 11, 17)
NOW = datetime(2026, 11, 17, 9, 0, tzinfo=ZoneInfo("Europe/London"))
TERMS = (
    TermDates(date(2026, 9, 1), date(2026, 10, 23), "Autumn first half"),
    TermDates(date(2026, 11, 2), date(2026, 12, 18), "Autumn second half"),
    TermDates(date(2027, 1, 4), date(2027, 2, 12), "Spring first half"),
)
TERMS_BEFORE = (
    TermDates(date(2026, 4, 13), date(2026, 5, 22), "Summer first half"),
    TermDates(date(2026, 6, 1), date(2026, 7, 21), "Summer second half"),
)
INSET = (DayEntry(date(2026, 9, 1), "inset"),)


def upn(number: int) -> str:
    """An invented UPN whose check letter fits: of council 990, which does not exist."""
    digits = f"9902001{number:05d}"
    return f"{check_letter(digits)}{digits}"


def open_school(cast):
    """Hillside with calendars for two years."""
    for year, terms, days in ((2025, TERMS_BEFORE, ()), (2026, TERMS, INSET)):
        calendars.save(
            authority=cast.northmoor,
            school=cast.hillside,
            year=year,
            plan=Plan(terms, days),
            by=cast.officer,
            change="test",
        )


def roll(cast, count: int, **fields) -> list[Pupil]:
    """Pupils on Hillside's roll since September 2025, with UPNs 1 to `count`."""
    made = []
    for number in range(1, count + 1):
        pupil = factories.pupil(cast.northmoor, upn=upn(number))
        factories.enrolment(pupil, cast.hillside, external_id=f"MIS{number}", **fields)
        made.append(pupil)
    return made


def send(cast, layout: str, text: str | bytes, **options):
    """Import a file at Hillside as an operator would."""
    content = text if isinstance(text, bytes) else text.encode()
    options.setdefault("now", NOW)
    options.setdefault("today", TODAY)
    options.setdefault("school", cast.hillside)
    return services.import_file(layout=layout, file_name="marks.csv", content=content, **options)


def long_file(*rows: tuple[object, ...], title: str = "UPN,Date,Session,Mark") -> str:
    """A long file of (pupil number, day, session, mark)."""
    lines = [title]
    for number, *rest in rows:
        key = upn(number) if isinstance(number, int) else number
        lines.append(",".join([str(key), *map(str, rest)]))
    return "\r\n".join(lines) + "\r\n"
