"""Rows of a pupil whom nobody knows wait until a person says which pupil of the school it is."""

import threading
from datetime import date

import pytest
from django.db import connection
from django.urls import reverse

from attendance.models import ImportBatch, ImportProblem, ImportSource, ImportState, PupilMapping
from attendance.selectors import imports as selectors
from attendance.selectors.registers import marks_of
from attendance.services import imports as services
from attendance.services.imports import jobs as import_jobs
from audit.models import Event
from authorities.models import Job
from authorities.permissions import Role
from authorities.tenancy import scope
from rules.errors import Conflict, Forbidden, InvalidInput, RuleNotMet
from tests import factories
from tests.attendance.imports.files import NOW, TODAY, long_file, open_school, roll, send, upn
from tests.cast import sign_in

WEDNESDAY, THURSDAY = "2026-09-02", "2026-09-03"
STRANGER = upn(900)  # a UPN that fits, of nobody at Hillside
FILE = long_file(
    (1, WEDNESDAY, "AM", "/"),
    (STRANGER, WEDNESDAY, "AM", "I"),
    (STRANGER, THURSDAY, "AM", "/"),
    (STRANGER, THURSDAY, "PM", "-"),
)


@pytest.fixture
def school(cast):
    """Hillside with two pupils whose UPNs the files know, and one who has none yet."""
    open_school(cast)
    roll(cast, 2)
    cast.new = factories.pupil(cast.northmoor, surname="Quarry", forenames="Alex")
    cast.place = factories.enrolment(cast.new, cast.hillside)
    return cast


def checked(cast, text=FILE, layout="long"):
    return send(cast, layout, text, dry_run=True, by=cast.reach(cast.officer)).batch


def left_out(cast, text=FILE):
    return send(cast, "long", text, leave_out_refused=True, by=cast.reach(cast.officer)).batch


def name(cast, batch, *, pupil=None, key=None, reason="The school told us", by=None):
    services.name_pupil(
        batch=batch,
        key=key or selectors.unknown_pupils(batch)[0].key,
        pupil=(pupil or cast.new).reference,
        reason=reason,
        by=by or cast.reach(cast.officer),
        today=TODAY,
        now=NOW,
    )
    batch.refresh_from_db()


def work(job, **more):
    job(Job.objects.latest("pk"), today=TODAY, **more)


def marks(cast):
    """The marks of the pupil whom the file does not know, in September."""
    found = marks_of(cast.place, date(2026, 9, 1), date(2026, 9, 30))
    return [(mark.day.day, mark.session.name, mark.code) for mark in found]


def test_the_quarantine_names_each_unknown_pupil_once_as_the_file_does(school):
    text = long_file(
        (STRANGER, WEDNESDAY, "AM", "I"),
        (f" {STRANGER.lower()} ", THURSDAY, "AM", "/"),
        (upn(901), WEDNESDAY, "AM", "/"),
        ("A123", WEDNESDAY, "AM", "/"),
        ("", WEDNESDAY, "AM", "/"),
        (upn(902), "x", "AM", "/"),
    )

    found = selectors.unknown_pupils(checked(school, text))

    assert [(one.upn, one.rows, one.marks, one.line) for one in found] == [
        (STRANGER, 2, 2, 2),
        (upn(901), 1, 1, 4),
        ("A123", 1, 1, 5),
    ]
    assert (found[0].first_day, found[0].last_day) == (date(2026, 9, 2), date(2026, 9, 3))
    assert [one.kind for one in found] == ["unknown pupil", "unknown pupil", "wrong UPN"]


def test_a_file_that_waits_is_checked_again_with_the_pupil_named(school):
    batch = checked(school)
    assert batch.report["rows"]["refused"] == 3

    name(school, batch)
    work(import_jobs.check)
    batch.refresh_from_db()

    assert batch.state == ImportState.CHECKED
    assert batch.report["rows"]["refused"] == 0
    assert batch.report["unknown_pupils"] == []
    assert batch.report["pupils_as_said"] == 1
    assert marks(school) == []  # nothing is recorded before the file is taken


def test_rows_that_a_taken_file_left_out_become_part_of_it(school):
    batch = left_out(school)
    assert marks(school) == []

    name(school, batch)

    assert marks(school) == [(2, "AM", "I"), (3, "AM", "/")]
    assert batch.report["rows"] == {"total": 4, "accepted": 3, "unchanged": 1, "refused": 0}
    assert batch.report["marks"] == {
        "new": 3,
        "changed": 0,
        "unchanged": 0,
        "blank": 1,
        "refused": 0,
    }
    assert batch.report["written"] == {"new": 3, "changed": 0}
    assert batch.report["problems"] == {}
    assert not ImportProblem.objects.filter(batch=batch).exists()
    assert batch.report["last_day"] == THURSDAY
    assert services.is_whole(batch)
    assert services.sentence_of(batch) == "Imported: 3 new marks, 0 changed."


def test_what_is_wrong_with_the_rows_named_is_listed_in_place_of_the_quarantine(school):
    text = long_file(
        (1, WEDNESDAY, "AM", "/"),
        (STRANGER, WEDNESDAY, "AM", "I"),
        (STRANGER, "2026-09-05", "AM", "/"),
        (upn(901), WEDNESDAY, "AM", "/"),
    )
    batch = left_out(school, text)

    name(school, batch)

    assert batch.report["problems"] == {"unknown pupil": 1, "no session that day": 1}
    assert list(
        ImportProblem.objects.filter(batch=batch).order_by("line").values_list("line", "kind")
    ) == [(4, "no session that day"), (5, "unknown pupil")]
    assert batch.report["rows"] == {"total": 4, "accepted": 2, "unchanged": 0, "refused": 2}


def test_the_undo_of_the_import_takes_back_the_rows_and_the_choice(school):
    batch = left_out(school)
    name(school, batch)

    services.undo(batch=batch, reason="Wrong file", by=school.reach(school.officer), now=NOW)

    assert marks(school) == []
    assert not PupilMapping.objects.exists()
    batch.refresh_from_db()
    assert batch.report["undone"] == (
        "3 marks are as they were before the import. Who a pupil in it is, nobody has said any "
        "more."
    )
    assert left_out(school).report["rows"]["refused"] == 3


def test_the_next_file_of_the_source_takes_the_pupil_by_itself(school):
    name(school, left_out(school))

    batch = send(
        school, "long", long_file((f"{STRANGER} ".lower(), "2026-09-04", "PM", "\\"))
    ).batch

    assert batch.state == ImportState.TAKEN
    assert batch.report["pupils_as_said"] == 1
    assert marks(school)[-1] == (4, "PM", "\\")


def test_a_file_with_other_headings_is_another_source_and_asks_again(school):
    name(school, left_out(school))
    text = long_file((STRANGER, "2026-09-04", "AM", "/"), title="Pupil UPN,Day,AM/PM,Code")

    assert send(school, "long", text).batch.state == ImportState.REFUSED


def test_a_choice_taken_back_asks_again_and_leaves_the_marks(school):
    batch = left_out(school)
    key = selectors.unknown_pupils(batch)[0].key
    name(school, batch)

    services.unname_pupil(batch=batch, key=key, by=school.reach(school.officer), now=NOW)

    assert marks(school) == [(2, "AM", "I"), (3, "AM", "/")]
    later = send(school, "long", long_file((STRANGER, "2026-09-04", "AM", "/"))).batch
    assert later.state == ImportState.REFUSED
    assert selectors.unknown_pupils(later)[0].key == key


def test_a_choice_taken_back_from_a_file_that_waits_has_it_checked_again(school):
    batch = checked(school)
    key = selectors.unknown_pupils(batch)[0].key
    name(school, batch)
    work(import_jobs.check)

    services.unname_pupil(batch=batch, key=key, by=school.reach(school.officer), now=NOW)
    work(import_jobs.check)

    batch.refresh_from_db()
    assert batch.report["rows"]["refused"] == 3


def test_who_said_it_why_and_who_took_it_back_stand_in_the_history(school):
    batch = left_out(school)
    key = selectors.unknown_pupils(batch)[0].key
    name(school, batch, reason="Told by the office")
    services.unname_pupil(batch=batch, key=key, by=school.reach(school.officer), now=NOW)

    named, unnamed = Event.objects.filter(kind__contains="pupil_").order_by("pk")
    assert (named.kind, unnamed.kind) == ("import.pupil_named", "import.pupil_unnamed")
    assert named.by == unnamed.by == school.officer
    assert named.facts["pupil"] == unnamed.facts["pupil"] == school.new.reference
    assert named.facts["reason"] == "Told by the office"
    assert STRANGER not in str(named.facts)


def test_marks_that_are_already_recorded_are_changed_in_the_ledger_and_come_back(school):
    send(school, "long", long_file(("MIS9", WEDNESDAY, "AM", "N"), title="MISID,Date,Session,Mark"))
    school.place.external_id = "MIS9"
    school.place.save()
    send(school, "long", long_file(("MIS9", WEDNESDAY, "AM", "N"), title="MISID,Date,Session,Mark"))
    batch = left_out(school)

    name(school, batch)

    assert marks(school) == [(2, "AM", "I"), (3, "AM", "/")]
    assert batch.report["written"] == {"new": 2, "changed": 1}
    services.undo(batch=batch, reason="Wrong pupil", by=school.reach(school.officer), now=NOW)
    assert marks(school) == [(2, "AM", "N")]


@pytest.mark.parametrize(
    ("title", "row"),
    [
        ("UPN,Date,Session,Mark", ("A123456789012", WEDNESDAY, "AM", "/")),  # wrong check letter
        ("UPN,Date,Session,Mark", ("Unknown at present", WEDNESDAY, "AM", "/")),
        ("MISID,Date,Session,Mark", ("S-404", WEDNESDAY, "AM", "/")),
    ],
    ids=["wrong letter", "words", "number"],
)
def test_however_the_file_names_the_pupil_a_person_can_say_who_it_is(school, title, row):
    batch = left_out(school, long_file((1, WEDNESDAY, "AM", "/"), row, title=title))
    batch = batch if batch.state == "taken" else checked(school, long_file(row, title=title))
    key = selectors.unknown_pupils(batch)[-1].key

    name(school, batch, key=key)

    later = send(school, "long", long_file(row, title=title)).batch
    assert later.state == ImportState.TAKEN
    assert marks(school) == [(2, "AM", "/")]


def test_a_number_that_two_pupils_share_is_settled_for_one_of_them(school):
    factories.enrolment(factories.pupil(school.northmoor), school.hillside, external_id="MIS1")
    text = long_file(("MIS1", WEDNESDAY, "AM", "/"), title="MISID,Date,Session,Mark")
    batch = checked(school, text)
    assert selectors.unknown_pupils(batch)[0].reason == "Two pupils have this number. Use the UPN."

    name(school, batch)

    assert send(school, "long", text).batch.state == ImportState.TAKEN
    assert marks(school) == [(2, "AM", "/")]


def test_rows_about_another_school_stay_refused_whoever_is_named(school):
    text = (
        "UPN,School,Date,Session,Mark\n"
        f"{STRANGER},990001,{WEDNESDAY},AM,/\n"
        f"{STRANGER},990002,{THURSDAY},AM,/\n"
        f"{upn(901)},990002,{THURSDAY},AM,/\n"
    )
    batch = checked(school, text)
    assert [one.upn for one in selectors.unknown_pupils(batch)] == [STRANGER]

    name(school, batch)
    work(import_jobs.check)

    batch.refresh_from_db()
    assert batch.report["problems"] == {"another school": 2, "unknown pupil": 1}


# Refusals


def test_a_pupil_of_another_school_is_refused(school):
    elsewhere = factories.pupil(school.northmoor)
    factories.enrolment(elsewhere, school.brook)

    with pytest.raises(RuleNotMet, match="no such pupil on the roll of this school"):
        name(school, left_out(school), pupil=elsewhere)

    assert not PupilMapping.objects.exists()


def test_a_pupil_of_another_authority_is_refused_in_the_same_words(school):
    foreign = factories.pupil(school.southvale)
    factories.enrolment(foreign, school.coast)

    with pytest.raises(RuleNotMet, match="no such pupil on the roll of this school"):
        name(school, left_out(school), pupil=foreign)


@pytest.mark.parametrize(
    "dates",
    [
        {"starts_on": date(2025, 9, 1), "ends_on": date(2026, 9, 1)},
        {"starts_on": date(2026, 9, 4)},
    ],
    ids=["left", "not yet here"],
)
def test_a_pupil_who_was_not_on_roll_on_those_days_is_refused(school, dates):
    gone = factories.pupil(school.northmoor)
    factories.enrolment(gone, school.hillside, **dates)

    with pytest.raises(RuleNotMet, match="not on your roll from 2 September 2026 to 3 September"):
        name(school, left_out(school), pupil=gone)


def test_days_off_roll_are_refused_one_by_one_where_some_are_on_roll(school):
    school.place.ends_on = date(2026, 9, 2)
    school.place.save()
    batch = left_out(school)

    name(school, batch)

    assert marks(school) == [(2, "AM", "I")]
    assert batch.report["problems"] == {"not on roll that day": 1}


def test_a_choice_of_which_no_row_can_be_taken_is_refused(school):
    text = long_file((1, WEDNESDAY, "AM", "/"), (STRANGER, "2026-09-05", "AM", "/"))

    with pytest.raises(RuleNotMet, match="No row of the file can be taken"):
        name(school, left_out(school, text))

    assert not PupilMapping.objects.exists()


def test_a_person_must_say_how_they_know(school):
    with pytest.raises(InvalidInput, match="Say how you know"):
        name(school, left_out(school), reason="  ")


def test_a_pupil_is_named_by_those_who_may_import_and_see_pupils(school):
    batch = left_out(school)

    for role, place in (
        (Role.AUTHORITY_ADMINISTRATOR, "northmoor"),
        (Role.TUTOR, "hillside"),
        (Role.ATTENDANCE_OFFICER, "brook"),
    ):
        with pytest.raises(Forbidden):
            name(school, batch, by=school.reach(school.person(role, place)))


def test_the_second_of_two_officers_is_told_that_it_is_settled(school):
    batch = left_out(school)
    key = selectors.unknown_pupils(batch)[0].key
    name(school, batch)

    with pytest.raises(selectors.NotFound, match="somebody has said who it is"):
        name(school, batch, key=key)


def test_two_files_cannot_say_different_things_of_one_pupil(school):
    first, second = checked(school), checked(school)
    name(school, first)
    other = factories.pupil(school.northmoor)
    factories.enrolment(other, school.hillside)

    with pytest.raises(RuleNotMet, match="Somebody has said that this is another pupil"):
        name(school, second, pupil=other)


@pytest.mark.parametrize("end", ["undone", "discarded"])
def test_a_file_that_is_done_with_cannot_be_settled(school, end):
    officer = school.reach(school.officer)
    batch = left_out(school) if end == "undone" else checked(school)
    if end == "undone":
        services.undo(batch=batch, reason="Wrong week", by=officer, now=NOW)
    else:
        services.discard(batch=batch, by=officer)

    with pytest.raises(Conflict, match="already settled"):
        name(school, batch)


def test_a_upn_that_comes_to_be_another_pupils_own_is_quarantined_again(school):
    name(school, left_out(school))
    newcomer = factories.pupil(school.northmoor, upn=STRANGER)
    factories.enrolment(newcomer, school.hillside)

    batch = send(school, "long", long_file((STRANGER, "2026-09-04", "AM", "/"))).batch

    assert batch.state == ImportState.REFUSED
    assert selectors.unknown_pupils(batch)[0].reason == (
        "This is now the UPN or number of another pupil than the one chosen for it."
    )


def test_a_pupil_whose_enrolment_here_was_removed_is_quarantined_again(school):
    name(school, checked(school))
    school.place.school = school.brook
    school.place.save()

    batch = checked(school)

    assert selectors.unknown_pupils(batch)[0].reason == (
        "The pupil chosen for this is not on your roll any more, past or present."
    )


def test_a_naming_longer_than_any_number_waits_for_ever(school):
    batch = checked(school, long_file(("9" * 61, WEDNESDAY, "AM", "/")))

    assert batch.report["problems"] == {"wrong UPN": 1}
    assert selectors.unknown_pupils(batch) == []


def test_a_school_with_hundreds_of_unknown_pupils_lists_the_first_of_them(school):
    batch = checked(school, long_file(*((upn(n), WEDNESDAY, "AM", "/") for n in range(100, 620))))

    assert batch.report["problems"] == {"unknown pupil": 520}
    assert len(selectors.unknown_pupils(batch)) == 500


# The pages


def address(page, batch, **more):
    return reverse(f"attendance:{page}", kwargs={"la": "990", "reference": batch.reference, **more})


@pytest.fixture
def officer(school, client):
    return sign_in(client, school.officer)


def test_an_officer_finds_the_pupil_sees_the_marks_and_confirms(school, officer):
    batch = left_out(school)
    here = officer.get(address("import_batch", batch)).content.decode()
    assert "Say who they are" in here
    listed = officer.get(address("import_pupils", batch)).content.decode()
    assert f"UPN {STRANGER}" in listed
    assert "2 September 2026 to 3 September 2026" in listed
    key = selectors.unknown_pupils(batch)[0].key
    search = address("import_pupil", batch, key=key)

    assert "Pupils found" not in officer.get(search).content.decode()
    assert "Enter a surname" in officer.post(search, {"q": ""}).content.decode()
    assert "No pupil on your roll" in officer.post(search, {"q": "Zebedee"}).content.decode()
    found = officer.post(search, {"q": "quar"}).content.decode()
    assert "Alex Quarry" in found
    assert "Robin" not in found
    confirm = address("import_pupil_confirm", batch, key=key, pupil=school.new.reference)
    assert confirm in found

    shown = officer.get(confirm).content.decode()
    assert "Is this Alex Quarry?" in shown
    assert "I, new" in shown
    assert "undoing it undoes them too" in shown
    assert "Say how you know" in officer.post(confirm, {"reason": ""}).content.decode()
    assert marks(school) == []
    answer = officer.post(confirm, {"reason": "Her new UPN"}, follow=True).content.decode()
    assert "Pupil named" in answer
    assert "Imported: 3 new marks, 0 changed." in answer
    assert "1 pupil is taken as somebody has said" in answer
    assert marks(school) == [(2, "AM", "I"), (3, "AM", "/")]
    listed = officer.get(address("import_pupils", batch)).content.decode()
    assert "Every pupil in the file is known." in listed
    assert "Alex Quarry" in listed
    take_back = address("import_pupil_unname", batch, key=key)
    assert take_back in listed
    officer.post(take_back)
    assert not PupilMapping.objects.exists()


def test_the_preview_shows_what_would_change_and_what_cannot_be_taken(school, officer):
    school.new.upn = upn(7)
    school.new.save()
    send(school, "long", long_file((7, WEDNESDAY, "AM", "N")))
    text = long_file(
        (STRANGER, WEDNESDAY, "AM", "I"),
        (STRANGER, WEDNESDAY, "PM", "\\"),
        (STRANGER, "2026-09-05", "AM", "/"),
        (7, WEDNESDAY, "AM", "N"),
    )
    batch = checked(school, text)
    key = selectors.unknown_pupils(batch)[0].key

    shown = officer.get(
        address("import_pupil_confirm", batch, key=key, pupil=school.new.reference)
    ).content.decode()

    assert "I, now N" in shown
    assert "It is a weekend." in shown
    assert "The file is then checked again." in shown


def test_the_preview_says_what_the_feed_brake_would(school, officer):
    send(school, "long", long_file((1, WEDNESDAY, "AM", "/")))
    school.new.upn = upn(7)
    school.new.save()
    send(school, "long", long_file((7, "2026-07-20", "AM", "N")))
    batch = left_out(
        school, long_file((1, WEDNESDAY, "AM", "/"), (STRANGER, "2026-07-20", "AM", "I"))
    )
    key = selectors.unknown_pupils(batch)[0].key

    shown = officer.get(
        address("import_pupil_confirm", batch, key=key, pupil=school.new.reference)
    ).content.decode()

    assert "It changes marks of a past term, from 20 July 2026." in shown


def test_marks_that_fit_no_pupil_leave_no_button(school, officer):
    text = long_file((1, WEDNESDAY, "AM", "/"), (STRANGER, "2026-09-05", "AM", "/"))
    batch = left_out(school, text)
    key = selectors.unknown_pupils(batch)[0].key

    shown = officer.get(
        address("import_pupil_confirm", batch, key=key, pupil=school.new.reference)
    ).content.decode()

    assert "None of these marks can be recorded for this pupil." in shown
    assert "This is the pupil" not in shown


def test_a_made_up_address_of_a_pupil_is_answered_with_a_sentence(school, officer):
    foreign = factories.pupil(school.southvale)
    factories.enrolment(foreign, school.coast)
    batch = left_out(school)
    key = selectors.unknown_pupils(batch)[0].key

    for reference in (foreign.reference, "AAAAAAAAAA"):
        confirm = address("import_pupil_confirm", batch, key=key, pupil=reference)
        for answer in (officer.get(confirm, follow=True), officer.post(confirm, follow=True)):
            assert "There is no such pupil on the roll" in answer.content.decode()
    assert officer.get(address("import_pupil", batch, key="0" * 16)).status_code == 404
    unname = address("import_pupil_unname", batch, key="0" * 16)
    assert "Nobody has said who" in officer.post(unname, follow=True).content.decode()
    assert marks(school) == []


def test_what_a_file_writes_as_upn_is_shown_as_text(school, officer):
    text = long_file(("<b>=1+1</b>", WEDNESDAY, "AM", "/"))
    batch = checked(school, text)
    page = address("import_pupils", batch)

    assert "UPN &lt;B&gt;=1+1&lt;/B&gt;" in officer.get(page).content.decode()
    assert "UPN <B>=1+1</B>" in officer.get(f"{page}?export=csv").content.decode("utf-8-sig")


def test_an_administrator_who_sees_no_pupils_is_not_offered_their_names(school, client):
    batch = left_out(school)
    name(school, batch)
    administrator = sign_in(client, school.person(Role.AUTHORITY_ADMINISTRATOR))

    assert "See who" not in administrator.get(address("import_batch", batch)).content.decode()
    assert administrator.get(address("import_pupils", batch)).status_code == 403


def test_a_search_with_many_answers_asks_for_more_of_the_name(school, officer):
    for number in range(27):
        pupil = factories.pupil(school.northmoor, surname="Many", forenames=f"Kim{number}")
        factories.enrolment(pupil, school.hillside)
    batch = left_out(school)
    key = selectors.unknown_pupils(batch)[0].key

    found = officer.post(address("import_pupil", batch, key=key), {"q": "many"}).content.decode()

    assert found.count("Many</a>") == 25
    assert "Type more of the name." in found
    assert Event.objects.filter(kind="pupils.listed").latest("pk").facts["count"] == 25


def test_the_sources_of_two_schools_do_not_share_what_was_said(school):
    name(school, left_out(school))

    assert ImportSource.objects.count() == 1
    there = send(
        school, "long", long_file((STRANGER, WEDNESDAY, "AM", "/")), school=school.brook
    ).batch

    assert there.state == ImportState.REFUSED
    assert ImportBatch.objects.latest("pk").report["pupils_as_said"] == 0


def test_two_officers_who_name_one_pupil_at_once_write_the_rows_once(live_cast):
    with scope(live_cast.ids):
        open_school(live_cast)
        roll(live_cast, 2)
        third = factories.pupil(live_cast.northmoor)
        place = factories.enrolment(third, live_cast.hillside)
        batch = left_out(live_cast)
        key = selectors.unknown_pupils(batch)[0].key
    ends, start = [], threading.Barrier(2)

    def officer():
        try:
            start.wait()
            with scope([live_cast.northmoor.pk]):
                name(live_cast, ImportBatch.objects.get(pk=batch.pk), pupil=third, key=key)
            ends.append("named")
        except selectors.NotFound:
            ends.append("settled already")
        finally:
            connection.close()

    threads = [threading.Thread(target=officer) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(ends) == ["named", "settled already"]
    with scope(live_cast.ids):
        assert PupilMapping.objects.count() == 1
        assert len(marks_of(place, date(2026, 9, 1), date(2026, 9, 30))) == 2
        assert ImportBatch.objects.get(pk=batch.pk).report["written"] == {"new": 3, "changed": 0}


@pytest.mark.parametrize("typed", ["\x00", "%", "_" * 60, "' OR 1=1 --", "\u202eyrrauq"])
def test_a_hostile_search_finds_nobody(school, officer, typed):
    batch = left_out(school)
    key = selectors.unknown_pupils(batch)[0].key

    answer = officer.post(address("import_pupil", batch, key=key), {"q": typed})

    assert answer.status_code == 200
    assert "Alex Quarry" not in answer.content.decode()


def test_a_confirmation_that_comes_too_late_says_so_on_the_page(school, officer):
    batch = left_out(school)
    key = selectors.unknown_pupils(batch)[0].key
    confirm = address("import_pupil_confirm", batch, key=key, pupil=school.new.reference)
    other = factories.pupil(school.northmoor)
    factories.enrolment(other, school.hillside)
    name(school, checked(school), pupil=other)

    answer = officer.post(confirm, {"reason": "Told so"}).content.decode()

    assert "Somebody has said that this is another pupil. Take that back first." in answer
    assert marks(school) == []
