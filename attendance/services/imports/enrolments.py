"""One row of a file of enrolments: the pupil, who must be known, is put on the school's roll."""

from attendance.imports.problems import Kind
from attendance.models import Enrolment, Pupil
from attendance.services.imports.people_known import Known, PeoplePlan, Refused, Values, once, put
from rules.dates import in_words

ENROLMENT_FIELDS = (
    "ends_on",
    "status",
    "year_group",
    "registration_group",
    "external_id",
    "leaving_reason",
)


def take_enrolment(read: Values, known: Known, made: PeoplePlan) -> None:
    """One row of a file of enrolments. The pupil must be known in this authority."""
    check_dates(read)
    pupil = known.find(read)
    if pupil is None:
        reason = "We do not know this pupil. Import the pupils first."
        raise Refused(Kind.UNKNOWN_PUPIL, reason, "upn" if read.get("upn") else "external_id")
    once(known, ("enrolment", id(pupil), read["starts_on"]), read, "starts_on")
    put_on_roll(pupil, read, known, made)


def check_dates(read: Values) -> None:
    starts, ends = read.get("starts_on"), read.get("ends_on")
    if starts and ends and ends < starts:
        reason = f"The pupil cannot leave before joining on {in_words(starts)}."
        raise Refused(Kind.BAD_DATE, reason, "ends_on")


def put_on_roll(pupil: Pupil, read: Values, known: Known, made: PeoplePlan) -> None:
    """Make the enrolment, or change the one that begins on the same day."""
    starts, ends = read["starts_on"], read.get("ends_on")
    wanted = {name: read[name] for name in ENROLMENT_FIELDS if name in read}
    if "external_id" in wanted and not wanted["external_id"]:
        del wanted["external_id"]  # an empty number does not unlink the pupil
    for held in known.here(pupil):
        if held.starts_on == starts:
            put(made, known, held, wanted)
            if held.external_id:
                found = known.by_number.setdefault(held.external_id.casefold(), [])
                if pupil not in found:
                    found.append(pupil)
            return
        if (ends is None or held.starts_on <= ends) and (
            held.ends_on is None or held.ends_on >= starts
        ):
            reason = (
                f"The pupil is on your roll from {in_words(held.starts_on)}; this row says from "
                f"{in_words(starts)}. Correct the date in the file or on the pupil's page."
            )
            raise Refused(Kind.CONFLICT, reason, "starts_on")
    enrolment = Enrolment(
        authority=known.school.authority,
        school=known.school,
        pupil=pupil,
        starts_on=starts,
        **wanted,
    )
    made.made.append(enrolment)
    known.add_enrolment(enrolment)
