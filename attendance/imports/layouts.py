"""What each layout holds: its fields, the headings that register systems give them, a first guess.

A guess is only ever shown to a person or written down by name: it says which column is which, and
never what a value means.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from attendance.imports.values import DateOrder, NotADate, read_date
from attendance.models.imports import ImportLayout

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri")
HALVES = ("AM", "PM")
MARK_GROUP = "marks"


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One thing a layout can hold.

    headings  how files call it, folded (see `folded`); the first is how our own template does
    needed    a file cannot be read without it
    """

    name: str
    label: str
    headings: tuple[str, ...]
    needed: bool = False


def folded(title: str) -> str:
    """A heading without case, spaces and punctuation: "Week-commencing " → "weekcommencing"."""
    return re.sub(r"[^a-z0-9]", "", title.casefold())


UPN = FieldSpec("upn", "UPN", ("upn", "uniquepupilnumber", "studentupn", "pupilupn"))
EXTERNAL = FieldSpec(
    "external_id",
    "Pupil's number in your register system",
    ("misid", "studentid", "pupilid", "personid", "admissionnumber", "admissionno", "adno",
     "externalid", "studentnumber"),
)  # fmt: skip
SCHOOL = FieldSpec(
    "school",
    "School",
    ("school", "urn", "schoolurn", "laestab", "dfenumber", "dfeno", "estab", "schoolnumber"),
)
TOTALS = (
    FieldSpec(
        "possible",
        "Possible sessions, as the file states them",
        ("possible", "possiblesessions", "sessionspossible", "possiblemarks",
         "ispossibleattendance", "totalpossible"),
    ),
    FieldSpec(
        "attended",
        "Sessions attended, as the file states them",
        ("attended", "attendedsessions", "sessionsattended", "attendances", "present", "presents",
         "ispresent", "totalattended"),
    ),
    FieldSpec(
        "authorised",
        "Authorised absences, as the file states them",
        ("authorised", "authorisedabsence", "authorisedabsences", "authorisedabsencesessions",
         "sessionsauthorised", "isauthorizedabsent", "isauthorisedabsent", "totalauthorised"),
    ),
    FieldSpec(
        "unauthorised",
        "Unauthorised absences, as the file states them",
        ("unauthorised", "unauthorisedabsence", "unauthorisedabsences",
         "unauthorisedabsencesessions", "sessionsunauthorised", "isunauthorizedabsent",
         "isunauthorisedabsent", "totalunauthorised"),
    ),
    FieldSpec(
        "attended_percent",
        "Attendance in percent, as the file states it",
        ("attendancepercent", "percentattendance", "attendancepercentage", "percentageattendance",
         "attendancerate", "presentpercent", "percentpresent", "attendedpercent",
         "percentattended"),
    ),
    FieldSpec(
        "authorised_percent",
        "Authorised absence in percent, as the file states it",
        ("authorisedpercent", "percentauthorised", "authorisedabsencepercent",
         "percentauthorisedabsence", "authorisedabsencepercentage"),
    ),
    FieldSpec(
        "unauthorised_percent",
        "Unauthorised absence in percent, as the file states it",
        ("unauthorisedpercent", "percentunauthorised", "unauthorisedabsencepercent",
         "percentunauthorisedabsence", "unauthorisedabsencepercentage"),
    ),
    FieldSpec(
        "absent_percent",
        "All absence in percent, as the file states it",
        ("absencepercent", "percentabsence", "absencepercentage", "percentageabsence",
         "absencerate", "absentpercent", "percentabsent"),
    ),
)  # fmt: skip
ENROLMENT = (
    FieldSpec(
        "starts_on",
        "Date of joining",
        ("startson", "startdate", "entrydate", "admissiondate", "doa", "dateofadmission",
         "enrolmentstart", "joined", "datejoined"),
    ),
    FieldSpec(
        "ends_on",
        "Date of leaving (the last day on roll)",
        ("endson", "enddate", "leavingdate", "dateofleaving", "dol", "enrolmentend", "left",
         "dateleft"),
    ),
    FieldSpec(
        "status",
        "Enrolment status",
        ("status", "enrolmentstatus", "enrolstatus"),
    ),
    FieldSpec(
        "year_group",
        "Year group",
        ("yeargroup", "year", "ncyear", "ncyearactual", "nationalcurriculumyear", "yr"),
    ),
    FieldSpec(
        "registration_group",
        "Registration group",
        ("registrationgroup", "reggroup", "reg", "form", "tutorgroup", "class"),
    ),
    FieldSpec("leaving_reason", "Reason for leaving", ("leavingreason", "reasonforleaving")),
)  # fmt: skip
FLAGS = (
    FieldSpec("sen", "SEN provision (N, K or E)", ("sen", "senprovision", "senstatus")),
    FieldSpec(
        "free_meals",
        "Free school meals",
        ("freeschoolmeals", "fsm", "fsmeligible", "freemeals"),
    ),
    FieldSpec("looked_after", "Looked after", ("lookedafter", "incare", "lac", "cla")),
    FieldSpec("young_carer", "Young carer", ("youngcarer",)),
    FieldSpec("eal", "English as an additional language", ("eal",)),
    FieldSpec("medical", "Medical condition", ("medical", "medicalcondition")),
    FieldSpec("social_worker", "Has a social worker", ("socialworker",)),
)

FIELDS: dict[str, tuple[FieldSpec, ...]] = {
    ImportLayout.PUPILS: (
        UPN,
        EXTERNAL,
        SCHOOL,
        FieldSpec("former_upn", "Former UPN", ("formerupn",)),
        FieldSpec(
            "surname", "Surname", ("surname", "legalsurname", "lastname", "familyname"), True
        ),
        FieldSpec(
            "forenames",
            "Forenames",
            ("forenames", "forename", "firstname", "firstnames", "legalforename", "givenname"),
            True,
        ),
        FieldSpec("known_as", "Known as", ("knownas", "preferredname", "preferredforename")),
        FieldSpec(
            "born_on", "Date of birth", ("bornon", "dob", "dateofbirth", "birthdate"), True
        ),
        FieldSpec("sex", "Sex", ("sex", "gender", "legalsex")),
        FieldSpec(
            "home_authority",
            "Council where the child lives (three digits)",
            ("homeauthority", "homela", "homelacode"),
        ),
        FieldSpec(
            "home_language", "Home language", ("homelanguage", "language", "firstlanguage")
        ),
        *ENROLMENT,
        *FLAGS,
    ),
    ImportLayout.ENROLMENTS: (
        UPN,
        EXTERNAL,
        SCHOOL,
        FieldSpec(
            ENROLMENT[0].name, ENROLMENT[0].label, ENROLMENT[0].headings, needed=True
        ),
        *ENROLMENT[1:],
    ),
    ImportLayout.ADULTS: (
        UPN,
        EXTERNAL,
        SCHOOL,
        FieldSpec(
            "adult_id",
            "Adult's number in your register system",
            ("adultid", "contactid", "parentid", "contactpersonid"),
        ),
        FieldSpec("title", "Title", ("title", "contacttitle", "salutation")),
        FieldSpec(
            "forenames",
            "Forenames",
            ("forenames", "forename", "firstname", "contactforename", "parentforename"),
        ),
        FieldSpec(
            "surname",
            "Surname",
            ("surname", "lastname", "contactsurname", "parentsurname"),
            True,
        ),
        FieldSpec(
            "relationship", "Relationship to the pupil", ("relationship", "relation"), True
        ),
        FieldSpec(
            "parental_responsibility",
            "Parental responsibility",
            ("parentalresponsibility", "pr", "hasparentalresponsibility"),
        ),
        FieldSpec("has_care", "Has care of the pupil", ("hascare", "care", "liveswith")),
        FieldSpec("priority", "Priority", ("priority", "contactpriority", "contactorder")),
        FieldSpec("may_contact", "May be contacted", ("maycontact", "contactallowed")),
        FieldSpec("court_order", "Court order", ("courtorder",)),
        FieldSpec("court_order_note", "Note on the court order", ("courtordernote",)),
        FieldSpec(
            "protected_address",
            "Protected address",
            ("protectedaddress", "addressprotected", "confidentialaddress"),
        ),
        FieldSpec("emergency_contact", "Emergency contact", ("emergencycontact", "emergency")),
        FieldSpec("language", "Language", ("language", "preferredlanguage")),
        FieldSpec("needs", "Needs", ("needs", "communicationneeds", "accessneeds")),
        FieldSpec("address", "Address", ("address", "addressline1", "address1", "street")),
        FieldSpec("address_2", "Address, second line", ("addressline2", "address2", "locality")),
        FieldSpec("address_3", "Address, third line", ("addressline3", "address3", "town")),
        FieldSpec("address_4", "Address, fourth line", ("addressline4", "address4", "county")),
        FieldSpec("postcode", "Postcode", ("postcode", "postalcode", "zip")),
        FieldSpec("email", "Email", ("email", "emailaddress")),
        FieldSpec(
            "phone", "Telephone", ("phone", "telephone", "mobile", "phonenumber", "telephonenumber")
        ),
    ),
    ImportLayout.MARKS_LONG: (
        UPN,
        EXTERNAL,
        SCHOOL,
        FieldSpec(
            "day",
            "Date",
            ("date", "day", "attendancedate", "sessiondate", "markdate", "calendarstartdate"),
            True,
        ),
        FieldSpec(
            "session",
            "Session (AM or PM)",
            ("session", "sessionname", "ampm", "period", "perioddisplayname", "half"),
            True,
        ),
        FieldSpec(
            "mark",
            "Mark",
            ("mark", "code", "attendancemark", "attendancecode", "rawmark", "markcode"),
            True,
        ),
        *TOTALS,
    ),
    ImportLayout.MARKS_WEEK: (
        UPN,
        EXTERNAL,
        SCHOOL,
        FieldSpec(
            "week",
            "Week commencing (a Monday)",
            ("weekcommencing", "week", "weekbeginning", "wc", "wb", "weekstart", "monday",
             "weekstarting"),
            True,
        ),
        *(
            FieldSpec(f"{day}{half}", f"{day} {half}", (f"{day}{half}".lower(),), True)
            for day in WEEKDAYS
            for half in HALVES
        ),
        *TOTALS,
    ),
    ImportLayout.MARKS_DATED: (UPN, EXTERNAL, SCHOOL, *TOTALS),
}  # fmt: skip

LONG_WEEKDAYS = {
    "monday": "mon", "tuesday": "tue", "wednesday": "wed", "thursday": "thu", "friday": "fri",
    "tues": "tue", "weds": "wed", "thur": "thu", "thurs": "thu",
}  # fmt: skip


def fields_of(layout: str) -> tuple[FieldSpec, ...]:
    """The fields of a layout. Raises KeyError for the calendar, which has its own reader."""
    return FIELDS[layout]


def needs_pupil(mapping: Mapping[str, str]) -> bool:
    """Whether a mapping lacks any way of telling which pupil a row is about."""
    return not (mapping.get("upn") or mapping.get("external_id"))


def is_marks(layout: str) -> bool:
    """Whether the layout holds marks."""
    return layout in {ImportLayout.MARKS_LONG, ImportLayout.MARKS_WEEK, ImportLayout.MARKS_DATED}


@dataclass(frozen=True, slots=True)
class SessionTitle:
    """A heading that names one session, such as "2026-09-02 AM"."""

    text: str
    session: int


LONGEST_SESSION_TITLE = 60  # the pattern tries each digit of a heading with each end of it
SESSION_TITLE = re.compile(
    r"^\s*(?P<day>.*?\d.*?)[\s_T|-]*\(?(?P<half>AM|PM|A\.M\.|P\.M\.|morning|afternoon)\)?\s*$",
    re.IGNORECASE,
)


def session_title(title: str) -> SessionTitle | None:
    """The day (as text) and session that a heading names, or None for any other heading."""
    match = SESSION_TITLE.match(title) if len(title) <= LONGEST_SESSION_TITLE else None
    if match is None:
        return None
    half = 1 if match["half"][0].lower() == "p" or match["half"].lower() == "afternoon" else 0
    return SessionTitle(match["day"].strip(), half)


def dated_columns(
    header: Sequence[str], order: DateOrder | None
) -> tuple[dict[str, tuple[date, int]], dict[str, str]]:
    """The headings that name a session, with the day and half; and those whose day is unreadable.

    A heading that ends in AM or PM but holds no date we can read is a problem, never passed over.
    """
    days: dict[str, tuple[date, int]] = {}
    problems: dict[str, str] = {}
    for title in header:
        named = session_title(title)
        if named is None:
            continue
        try:
            days[title] = (read_date(named.text, order), named.session)
        except NotADate as problem:
            problems[title] = str(problem)
    return days, problems


def _heading(title: str) -> str:
    """A heading folded: "Monday AM" → "monam", "% attended" → "percentattended"."""
    plain = folded(title.replace("%", "percent"))
    for long, short in LONG_WEEKDAYS.items():
        for half in ("am", "pm"):
            if plain == f"{long}{half}":
                return f"{short}{half}"
    return plain


def guess_mapping(layout: str, header: Sequence[str]) -> dict[str, str]:
    """Our field → the file's heading, where exactly one heading is known for it."""
    by_heading: dict[str, list[str]] = {}
    for title in header:
        by_heading.setdefault(_heading(title), []).append(title)
    mapping: dict[str, str] = {}
    for field in fields_of(layout):
        for known in field.headings:
            titles = [t for t in by_heading.get(known, ()) if t not in mapping.values()]
            if titles:
                mapping[field.name] = titles[0]
                break
    return mapping


def worth_asking(layout: str, header: Sequence[str], mapping: Mapping[str, str]) -> list[FieldSpec]:
    """The fields to ask a person about: stated totals only where a column is left for one."""
    dated = layout == ImportLayout.MARKS_DATED
    spare = [
        title
        for title in header
        if title not in mapping.values() and not (dated and session_title(title))
    ]
    return [
        field
        for field in fields_of(layout)
        if spare or field not in TOTALS or mapping.get(field.name)
    ]


def recognised(layout: str, cells: Sequence[str]) -> int:
    """How many of these cells are headings of the layout: finds the heading line."""
    known = {heading for field in fields_of(layout) for heading in field.headings}
    dated = layout == ImportLayout.MARKS_DATED
    return sum(1 for cell in cells if _heading(cell) in known or (dated and session_title(cell)))


def missing_fields(layout: str, mapping: Mapping[str, str]) -> list[FieldSpec]:
    """The needed fields that no column is chosen for."""
    return [field for field in fields_of(layout) if field.needed and not mapping.get(field.name)]


def header_digest(layout: str, header: Sequence[str]) -> str:
    """A name for a way of writing files: the headings, or for dated columns those that are not."""
    dated = layout == ImportLayout.MARKS_DATED
    kept = [title for title in header if not (dated and session_title(title))]
    return hashlib.sha256("\x1f".join(map(folded, kept)).encode()).hexdigest()


def leaves_protection_open(layout: str, mapping: Mapping[str, str]) -> bool:
    """Whether a file brings adults without saying whose address must be kept from others."""
    return layout == ImportLayout.ADULTS and "protected_address" not in mapping
