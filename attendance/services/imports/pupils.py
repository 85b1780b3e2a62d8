"""One row of a file of pupils: the pupil, the flags, and the enrolment where it has a date."""

from datetime import date

from attendance.imports.problems import Kind
from attendance.models import Flag, Pupil, PupilFlag
from attendance.services.imports.enrolments import check_dates, put_on_roll
from attendance.services.imports.people_known import Known, PeoplePlan, Refused, Values, once, put
from attendance.services.pupils import sort_name
from rules.dates import in_words
from rules.upn import read_upn

OLDEST_PUPIL_YEARS = 26  # with an education, health and care plan up to 25
PUPIL_FIELDS = (
    "surname",
    "forenames",
    "known_as",
    "born_on",
    "sex",
    "home_authority",
    "home_language",
)
FLAG_OF_FIELD = {
    "free_meals": Flag.FREE_MEALS,
    "looked_after": Flag.LOOKED_AFTER,
    "young_carer": Flag.YOUNG_CARER,
    "eal": Flag.EAL,
    "medical": Flag.MEDICAL,
    "social_worker": Flag.SOCIAL_WORKER,
}


def take_pupil(read: Values, known: Known, made: PeoplePlan) -> None:
    """One row of a file of pupils, with the enrolment where the row has a date of joining."""
    _check_birth(read, known.today)
    check_dates(read)
    once(known, ("pupil", read.get("upn") or read.get("external_id")), read, "upn")
    pupil = known.find(read)
    joining = read.get("starts_on")
    if pupil is None:
        _not_a_double(read, known, made)
        pupil = _new_pupil(read, known, made)
    elif pupil.pk in known.elsewhere and not known.here(pupil) and joining is None:
        reason = "This pupil is not on your roll. Add the date of joining, or leave the row out."
        raise Refused(Kind.UNKNOWN_PUPIL, reason, "upn")
    if joining is not None:
        put_on_roll(pupil, read, known, made)
    wanted = {name: read[name] for name in PUPIL_FIELDS if name in read}
    wanted["sort_name"] = sort_name(
        wanted.get("surname", pupil.surname), wanted.get("forenames", pupil.forenames)
    )
    upn = read.get("upn")
    if upn and upn != pupil.upn:
        wanted |= {"upn": upn, "former_upn": pupil.upn or pupil.former_upn}
    if read.get("former_upn"):
        wanted["former_upn"] = read["former_upn"]
    put(made, known, pupil, wanted)
    if upn:
        known.by_upn[upn] = pupil
    _flag(pupil, read, known, made)


def _check_birth(read: Values, today: date) -> None:
    born = read["born_on"]
    if born > today:
        raise Refused(Kind.BAD_DATE, "The date of birth is in the future.", "born_on")
    if today.year - born.year > OLDEST_PUPIL_YEARS:
        reason = f"{in_words(born)} is too long ago for a pupil. Check the date of birth."
        raise Refused(Kind.BAD_DATE, reason, "born_on")


def _not_a_double(read: Values, known: Known, made: PeoplePlan) -> None:
    """Refuse to make a second record of one child. Two permanent UPNs are two children."""
    name = sort_name(read["surname"], read["forenames"])
    namesakes = known.by_name.get((name, read["born_on"]), [])
    doubles = [pupil for pupil in namesakes if known.here(pupil) or not read.get("upn")]
    if doubles and all(_is_permanent(upn) for upn in (read.get("upn"), *(p.upn for p in doubles))):
        reason = (
            "A pupil with this name and date of birth is here under another UPN. They are taken as "
            "two children. If they are one, undo this import and put the old UPN under Former UPN."
        )
        made.worth_a_look.append(("upn", reason))
        return
    if doubles:
        reason = (
            "A pupil with this name and date of birth is here under another number. Settle which "
            "number is right first."
        )
        raise Refused(Kind.UNKNOWN_PUPIL, reason, "upn" if read.get("upn") else "external_id")
    if not read.get("upn") and read.get("starts_on") is None:
        reason = "A pupil without a UPN needs a number and a date of joining."
        raise Refused(Kind.UNKNOWN_PUPIL, reason, "external_id")


def _is_permanent(upn: str | None) -> bool:
    """Whether this is a UPN that stays: a temporary one gives way to another for the same child."""
    return bool(upn) and not read_upn(str(upn)).temporary


def _new_pupil(read: Values, known: Known, made: PeoplePlan) -> Pupil:
    pupil = Pupil(
        authority=known.school.authority,
        upn=read.get("upn", ""),
        former_upn=read.get("former_upn", ""),
        sort_name=sort_name(read["surname"], read["forenames"]),
        **{name: read[name] for name in PUPIL_FIELDS if name in read},
    )
    made.made.append(pupil)
    known.add_pupil(pupil)
    return pupil


def _flag(pupil: Pupil, read: Values, known: Known, made: PeoplePlan) -> None:
    """Begin and end flags as the row says. Not known leaves them as they are."""
    answers = {
        kind: read[name] for name, kind in FLAG_OF_FIELD.items() if read.get(name) in ("yes", "no")
    }
    if read.get("sen"):
        answers[Flag.SEN_SUPPORT] = "yes" if read["sen"] == "K" else "no"
        answers[Flag.EHC_PLAN] = "yes" if read["sen"] == "E" else "no"
    for kind, answer in answers.items():
        flag = known.flags.get((id(pupil), kind))
        if answer == "yes" and flag is None:
            flag = PupilFlag(
                authority=known.school.authority, pupil=pupil, kind=kind, starts_on=known.today
            )
            made.made.append(flag)
            known.flags[(id(pupil), kind)] = flag
        elif answer == "no" and flag is not None and flag.ends_on is None:
            put(made, known, flag, {"ends_on": known.today})
