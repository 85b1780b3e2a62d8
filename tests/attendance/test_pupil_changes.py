"""Changing a pupil, a flag or an adult: checked, confirmed where it must be, and written down."""

from datetime import date

import pytest

from attendance.models import PupilFlag
from attendance.services import pupils as services
from audit.models import Event
from authorities.access import Forbidden
from authorities.permissions import Role
from rules.errors import Conflict, InvalidInput
from rules.upn import check_letter
from tests import factories

UPN = check_letter("99000000100" + "1") + "99000000100" + "1"
OTHER = check_letter("99000000200" + "2") + "99000000200" + "2"


def change(cast, **changes):
    return services.change_pupil(
        pupil=cast.pupil, school=cast.hillside, by=cast.reach(cast.officer), changes=changes
    )


def test_a_new_surname_changes_where_the_pupil_stands_in_lists(cast):
    change(cast, surname="Zoë-Ång")

    cast.pupil.refresh_from_db()
    assert cast.pupil.surname == "Zoë-Ång"
    assert cast.pupil.sort_name.startswith("zoe-ang")


def test_the_trail_names_the_fields_and_never_the_values(cast):
    change(cast, surname="Hawthorn", known_as="Bo")

    event = Event.objects.get(kind="pupil.changed")
    assert event.facts["fields"] == "surname, known as"
    assert "Hawthorn" not in str(event.facts)


def test_saving_what_was_there_writes_nothing(cast):
    assert change(cast, surname=cast.pupil.surname) == []
    assert not Event.objects.filter(kind="pupil.changed").exists()


def test_a_new_upn_keeps_the_one_before(cast):
    change(cast, upn=UPN)
    change(cast, upn=OTHER)

    cast.pupil.refresh_from_db()
    assert (cast.pupil.upn, cast.pupil.former_upn) == (OTHER, UPN)


def test_a_upn_typed_with_spaces_is_the_same_upn(cast):
    change(cast, upn=UPN)

    assert change(cast, upn=f" {UPN[:4]} {UPN[4:].lower()}") == []


def test_a_upn_with_a_wrong_letter_is_refused(cast):
    wrong = ("B" if UPN[0] != "B" else "C") + UPN[1:]

    with pytest.raises(InvalidInput, match="does not fit"):
        change(cast, upn=wrong)


def test_a_upn_of_another_pupil_is_refused(cast):
    factories.pupil(cast.northmoor, upn=UPN)

    with pytest.raises(Conflict, match="Another pupil"):
        change(cast, upn=UPN)


def test_a_tutor_changes_nothing(cast):
    with pytest.raises(Forbidden):
        services.change_pupil(
            pupil=cast.pupil,
            school=cast.hillside,
            by=cast.reach(cast.person(Role.TUTOR, "hillside")),
            changes={"surname": "Other"},
        )


def flag(cast, **fields):
    return services.add_flag(
        **{
            "pupil": cast.pupil,
            "school": cast.hillside,
            "by": cast.reach(cast.officer),
            "kind": "young carer",
            "starts_on": date(2026, 9, 1),
            "ends_on": None,
            "note": "",
            **fields,
        }
    )


def test_a_flag_is_added_once_while_it_goes_on(cast):
    flag(cast)

    with pytest.raises(Conflict, match="has this flag already"):
        flag(cast, starts_on=date(2026, 10, 1))
    assert PupilFlag.objects.count() == 1


def test_a_flag_may_come_back_after_it_ended(cast):
    flag(cast, ends_on=date(2026, 9, 30))
    flag(cast, starts_on=date(2026, 10, 1))

    assert PupilFlag.objects.count() == 2


def test_ending_a_flag_is_written_down(cast):
    row = flag(cast)

    services.change_flag(
        flag=row,
        school=cast.hillside,
        by=cast.reach(cast.officer),
        starts_on=row.starts_on,
        ends_on=date(2026, 11, 1),
        note="",
    )

    row.refresh_from_db()
    assert row.ends_on == date(2026, 11, 1)
    assert Event.objects.filter(facts__fields="flag changed: young carer").count() == 1


def test_a_flag_saved_unchanged_writes_nothing(cast):
    row = flag(cast)
    before = Event.objects.count()

    services.change_flag(
        flag=row,
        school=cast.hillside,
        by=cast.reach(cast.officer),
        starts_on=row.starts_on,
        ends_on=None,
        note="",
    )

    assert Event.objects.count() == before


def change_adult(cast, link, confirmed=False, **changes):
    return services.change_adult(
        link=link,
        school=cast.hillside,
        by=cast.reach(cast.officer),
        changes=changes,
        confirmed=confirmed,
    )


def link_of(adult):
    return adult.pupil_links.select_related("adult", "pupil").get()


def test_a_changed_protection_waits_for_a_person_to_confirm_it(cast):
    link = link_of(factories.adult(cast.pupil))

    with pytest.raises(services.NotConfirmed):
        change_adult(cast, link, protected_address="yes")

    link.adult.refresh_from_db()
    assert link.adult.protected_address == "no"


def test_a_confirmed_protection_is_saved_and_the_trail_says_from_what_to_what(cast):
    link = link_of(factories.adult(cast.pupil))

    change_adult(cast, link, confirmed=True, protected_address="yes", court_order="no contact")

    link.adult.refresh_from_db()
    assert link.adult.protected_address == "yes"
    assert Event.objects.get(kind="pupil.changed").facts["fields"] == (
        "protected address (no to yes), court order (none to no contact)"
    )


def test_a_new_phone_number_needs_no_confirmation_and_stays_out_of_the_trail(cast):
    link = link_of(factories.adult(cast.pupil))

    assert change_adult(cast, link, phone="01632 960001") == ["phone"]
    assert "960001" not in str(Event.objects.get(kind="pupil.changed").facts)


def test_an_adult_saved_unchanged_writes_nothing(cast):
    link = link_of(factories.adult(cast.pupil))

    assert change_adult(cast, link, surname=link.adult.surname) == []


def test_what_would_change_is_said_in_words(cast):
    link = link_of(factories.adult(cast.pupil))

    assert services.protections_changed(link, {"protected_address": "unknown"}) == [
        "Protected address: from “No” to “Not known”"
    ]
