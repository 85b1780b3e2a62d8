"""From approved to the spool, exactly once, whatever happens on the way."""

import json
from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.utils import DatabaseError, OperationalError

from attendance.models import Adult, AdultLink
from audit.models import Event
from authorities.tenancy import scope
from letters import render, spool, tasks
from letters.models import Letter, LetterDocument, Outbox, Route, WhyWithdrawn
from letters.services import delivery, drafting
from rules.errors import Conflict
from tests.cases.family import NOW
from tests.letters.test_drafting import approve, release

PDF = b"%PDF-1.7 made by the test"


@pytest.fixture
def quick(monkeypatch):
    """A page maker that takes no time; the real one has tests of its own."""
    made = []

    def printed(template, context):
        made.append(context["reference"])
        return render.Printed(PDF + context["reference"].encode(), 1, "0" * 64, "Test 1")

    monkeypatch.setattr(render, "printed", printed)
    return made


@pytest.fixture
def approved(family):
    """An approved letter to the mother."""
    (row,) = family.prepare(family.mother)
    approve(family, row.letter)
    return row


def issue(family, row):
    tasks.issue(authority_id=family.cast.northmoor.pk, letter_id=row.letter_id)
    row.letter.refresh_from_db()
    return row.letter


def spooled():
    return sorted(path.name for path in spool.folder().iterdir())


def test_an_approved_letter_is_made_kept_and_handed_over(family, approved):
    letter = issue(family, approved)

    assert letter.state == "handed over"
    kept = LetterDocument.objects.get()
    assert letter.sha256 == kept.sha256
    pdf = spool.folder() / f"{letter.reference}.pdf"
    assert pdf.read_bytes() == bytes(kept.pdf)
    assert json.loads((spool.folder() / f"{letter.reference}.json").read_text()) == {
        "reference": letter.reference,
        "kind": "initial_concern",
        "authority": "990",
        "school_urn": "990001",
        "address_lines": ["Ms Ada Larkfield", "12 Orchard Row", "Northmoor", "ZZ99 1AA"],
        "pages": 1,
        "sha256": kept.sha256,
        "made_at": "2026-11-17T09:00:00+00:00",
    }
    assert spooled() == [f"{letter.reference}.json", f"{letter.reference}.pdf"]
    assert pdf.stat().st_mode & 0o777 == 0o600
    assert delivery.check_kept(authority_id=family.cast.northmoor.pk) == []


def test_each_step_is_written_down(family, approved, quick):
    letter = issue(family, approved)

    events = Event.objects.filter(subject=f"letters.Letter:{letter.pk}").order_by("pk")
    assert list(events.values_list("kind", flat=True)) == [
        "letter.prepared",
        "letter.approved",
        "letter.rendered",
        "letter.handed_over",
    ]
    assert events.last().facts == {"reference": letter.reference, "channel": "the print spool"}


def test_asking_again_does_nothing(family, approved, quick):
    issue(family, approved)
    before = (spool.folder() / f"{approved.letter.reference}.json").stat().st_mtime_ns

    issue(family, approved)
    tasks.issue(authority_id=family.cast.northmoor.pk, letter_id=approved.letter_id)
    tasks.hand_over_waiting()

    assert quick == [approved.letter.reference]
    assert (spool.folder() / f"{approved.letter.reference}.json").stat().st_mtime_ns == before


def test_what_waits_is_picked_up_without_any_message(family, approved, quick):
    tasks.hand_over_waiting()

    approved.letter.refresh_from_db()
    assert approved.letter.state == "handed over"


def test_a_kept_document_cannot_be_changed(family, approved, quick):
    issue(family, approved)

    with pytest.raises(DatabaseError), transaction.atomic():
        LetterDocument.objects.update(pdf=b"other")


def test_a_changed_byte_is_found(family, approved, quick):
    letter = issue(family, approved)

    assert delivery.check_kept(authority_id=family.cast.northmoor.pk) == [letter.reference]


def test_a_letter_by_hand_is_made_and_kept_but_not_spooled(family, quick):
    family.mother.protected_address = "yes"
    family.mother.save()
    (row,) = family.prepare(family.mother)
    approve(family, release(family, row, Route.IN_PERSON))

    letter = issue(family, row)

    assert letter.state == "handed over"
    assert spooled() == []
    assert Event.objects.get(kind="letter.handed_over").facts["channel"] == "the school, by hand"


PROTECTING = [
    lambda f: Adult.objects.filter(pk=f.mother.pk).update(protected_address="yes"),
    lambda f: Adult.objects.filter(pk=f.mother.pk).update(postcode="ZZ99 9ZZ"),
    lambda f: AdultLink.objects.filter(adult=f.mother).update(court_order="no information"),
]


@pytest.mark.parametrize("protect", PROTECTING)
def test_a_flag_set_while_a_letter_waits_stops_it_before_it_is_made(
    family, approved, quick, protect
):
    protect(family)

    letter = issue(family, approved)

    assert letter.state == "held"
    assert (quick, spooled()) == ([], [])
    assert Outbox.objects.get().state == "stopped"


@pytest.mark.parametrize("protect", PROTECTING)
def test_a_flag_set_between_making_and_handing_over_stops_it_too(family, approved, quick, protect):
    ids = (family.cast.northmoor.pk, approved.letter_id)
    claim = delivery.take(*ids, datetime(2026, 11, 17, 9, tzinfo=UTC))
    delivery.make(*ids, claim)
    protect(family)

    delivery.hand_over(*ids, claim)

    approved.letter.refresh_from_db()
    assert (approved.letter.state, spooled()) == ("held", [])


def test_a_file_left_by_a_crash_is_taken_back_when_the_letter_is_held(family, approved, quick):
    spool.put(approved.letter.reference, PDF, {"reference": approved.letter.reference})
    PROTECTING[0](family)

    issue(family, approved)

    assert spooled() == []


def test_a_made_letter_is_released_as_it_is_and_never_made_again(family, approved, quick):
    ids = (family.cast.northmoor.pk, approved.letter_id)
    claim = delivery.take(*ids, datetime(2026, 11, 17, 9, tzinfo=UTC))
    delivery.make(*ids, claim)
    PROTECTING[0](family)
    delivery.hand_over(*ids, claim)
    approved.letter.refresh_from_db()
    approved.adult.refresh_from_db()

    letter = release(family, approved)
    assert letter.state == "made"
    letter = issue(family, approved)

    assert letter.state == "handed over"
    assert quick == [letter.reference]


def test_a_made_letter_with_an_old_address_is_not_posted_by_release(family, approved, quick):
    ids = (family.cast.northmoor.pk, approved.letter_id)
    claim = delivery.take(*ids, datetime(2026, 11, 17, 9, tzinfo=UTC))
    delivery.make(*ids, claim)
    Adult.objects.filter(pk=family.mother.pk).update(address="9 New Road")
    delivery.hand_over(*ids, claim)
    approved.letter.refresh_from_db()
    approved.adult.refresh_from_db()

    with pytest.raises(Conflict, match="already made with another address"):
        release(family, approved, seen=())


def test_a_layout_that_changed_since_the_approval_is_looked_at_again(family, approved, quick):
    Letter.objects.filter(pk=approved.letter_id).update(template_sha256="old")

    letter = issue(family, approved)

    assert (letter.state, letter.reason) == ("held", delivery.LAYOUT_CHANGED)


def failing(monkeypatch, problem):
    def printed(template, context):
        raise problem

    monkeypatch.setattr(render, "printed", printed)


def test_a_letter_that_cannot_be_made_is_tried_five_times_and_then_shown(
    family, approved, monkeypatch
):
    failing(monkeypatch, render.RenderFailed("It took longer than 10 seconds."))
    moment = datetime(2026, 11, 17, 9, tzinfo=UTC)
    waits = []
    for _ in range(5):
        with time_machine.travel(moment, tick=False):
            letter = issue(family, approved)
        entry = Outbox.objects.get()
        waits.append((entry.available_at - moment).total_seconds())
        moment = max(entry.available_at, moment) + timedelta(seconds=1)

    assert waits[:4] == [30, 60, 120, 240]
    assert entry.attempts == 5
    assert letter.state == "failed"
    assert letter.reason == (
        "It was tried five times and did not work. "
        "The last problem: It took longer than 10 seconds."
    )
    assert Event.objects.get(kind="letter.failed").facts["reference"] == letter.reference


def test_a_failed_letter_can_be_tried_again(family, approved, monkeypatch, quick):
    letter = Letter.objects.get(pk=approved.letter_id)
    drafting.move(letter, drafting.LetterState.FAILED, NOW, reason="x")
    Outbox.objects.update(state="failed", attempts=5)

    drafting.try_again(letter, reach=family.reach, now=NOW)

    assert issue(family, approved).state == "handed over"


def test_before_its_time_comes_a_letter_waits(family, approved, monkeypatch):
    failing(monkeypatch, RuntimeError("a name that must not be kept"))
    issue(family, approved)
    entry = Outbox.objects.get()

    assert entry.last_error == "A fault of ours (RuntimeError)."
    assert delivery.take(family.cast.northmoor.pk, approved.letter_id, NOW) is None


def test_a_spool_that_cannot_be_written_keeps_the_letter_made(family, approved, quick, settings):
    blocked = settings.SPOOL_DIR.parent / "blocked"
    blocked.write_text("a file where a folder should be")
    settings.SPOOL_DIR = blocked

    letter = issue(family, approved)

    assert letter.state == "made"
    assert Outbox.objects.get().last_error.startswith("The print spool could not be written")


def test_a_worker_told_to_stop_gives_the_letter_back(family, approved, monkeypatch):
    failing(monkeypatch, SystemExit(1))

    with pytest.raises(SystemExit):
        issue(family, approved)

    entry = Outbox.objects.get()
    assert (entry.state, entry.last_error) == ("waiting", "The worker was stopped.")


def test_a_dead_workers_letter_is_taken_over_when_its_claim_is_old(family, approved, quick):
    ids = (family.cast.northmoor.pk, approved.letter_id)
    start = datetime(2026, 11, 17, 9, tzinfo=UTC)
    dead = delivery.take(*ids, start)

    assert delivery.take(*ids, start + timedelta(seconds=14)) is None
    claim = delivery.take(*ids, start + timedelta(seconds=16))

    with pytest.raises(delivery.ClaimLost):
        delivery.make(*ids, dead)
    delivery.give_back(*ids, dead, "too late")
    delivery.make(*ids, claim)
    delivery.hand_over(*ids, claim)
    assert Outbox.objects.get().attempts == 2
    assert spooled() == [f"{approved.letter.reference}.json", f"{approved.letter.reference}.pdf"]


def test_a_letter_that_kills_its_worker_each_time_is_parked(family, approved):
    moment = datetime(2026, 11, 17, 9, tzinfo=UTC)
    for _ in range(5):
        assert delivery.take(family.cast.northmoor.pk, approved.letter_id, moment) == moment
        moment += timedelta(minutes=3)

    assert delivery.take(family.cast.northmoor.pk, approved.letter_id, moment) is None

    approved.letter.refresh_from_db()
    assert approved.letter.state == "failed"
    assert "The worker stopped while making it." in approved.letter.reason


def test_a_letter_withdrawn_while_it_is_claimed_goes_nowhere(family, approved, quick):
    ids = (family.cast.northmoor.pk, approved.letter_id)
    claim = delivery.take(*ids, NOW)
    drafting.withdraw(approved.letter, reach=family.reach, why=WhyWithdrawn.WRONG, now=NOW)

    with pytest.raises(delivery.ClaimLost):
        delivery.make(*ids, claim)
    assert issue(family, approved).state == "withdrawn"
    assert (quick, spooled()) == ([], [])


def test_a_letter_moved_behind_the_entrys_back_is_left_alone(family, approved, quick):
    ids = (family.cast.northmoor.pk, approved.letter_id)
    claim = delivery.take(*ids, NOW)
    Letter.objects.filter(pk=approved.letter_id).update(state="withdrawn")

    with pytest.raises(delivery.ClaimLost):
        delivery.make(*ids, claim)
    Outbox.objects.update(attempts=5)
    delivery.give_back(*ids, claim, "no")
    approved.letter.refresh_from_db()
    assert approved.letter.state == "withdrawn"


def test_a_letter_whose_claim_is_lost_on_the_way_is_left_to_the_other(
    family, approved, monkeypatch
):
    def lost(*_):
        raise delivery.ClaimLost

    monkeypatch.setattr(delivery, "make", lost)

    assert issue(family, approved).state == "approved"


def test_a_claim_finds_a_letter_that_is_made_already_and_hands_it_over(family, approved, quick):
    ids = (family.cast.northmoor.pk, approved.letter_id)
    start = datetime(2026, 11, 17, 8, tzinfo=UTC)
    Outbox.objects.update(available_at=start)
    delivery.make(*ids, delivery.take(*ids, start))

    assert issue(family, approved).state == "handed over"
    assert quick == [approved.letter.reference]


def test_two_workers_at_once_make_each_letter_once(live_family, quick):
    cast = live_family.cast
    with scope(cast.ids):
        rows = live_family.prepare()
        for row in rows:
            approve(live_family, row.letter)

    def work():
        try:
            for row in rows:
                tasks.issue(authority_id=cast.northmoor.pk, letter_id=row.letter_id)
        finally:
            connection.close()

    workers = [Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    references = sorted(row.letter.reference for row in rows)
    assert sorted(quick) == references
    assert [name for name in spooled() if name.endswith(".pdf")] == [
        f"{reference}.pdf" for reference in references
    ]
    with scope(cast.ids):
        assert LetterDocument.objects.count() == 2
        assert set(Letter.objects.values_list("state", flat=True)) == {"handed over"}
        assert set(Outbox.objects.values_list("attempts", flat=True)) == {1}


def test_a_kept_pdf_is_not_made_again_even_if_the_letter_forgot_it(family, approved, quick):
    issue(family, approved)
    Letter.objects.update(state="approved")
    Outbox.objects.update(state="waiting")

    assert issue(family, approved).state == "handed over"
    assert quick == [approved.letter.reference]


def test_a_guard_of_cases_knows_nothing_of_other_letters(family, approved):
    from cases import safety

    approved.delete()

    assert safety.guard(approved.letter, NOW.date()) is None


def test_rows_name_themselves_without_a_name(family, approved, quick):
    letter = issue(family, approved)
    case = family.case

    assert str(letter) == letter.reference
    assert str(letter.document) == f"document {letter.document.pk}"
    assert str(letter.entries.get()) == f"letter:{letter.reference}"
    assert str(case) == case.reference
    assert str(approved) == f"case letter {approved.pk}"


def test_a_flag_set_at_the_very_moment_waits_until_the_letter_is_out(
    live_family, quick, monkeypatch
):
    """Whoever sets it then sees the letter handed over, and not a flag that came too late."""
    cast = live_family.cast
    with scope(cast.ids):
        (row,) = live_family.prepare(live_family.mother)
        approve(live_family, row.letter)
    put, told = spool.put, []

    def protect():
        try:
            with scope(cast.ids):
                with connection.cursor() as cursor:
                    cursor.execute("SET LOCAL lock_timeout = '200ms'")
                PROTECTING[0](live_family)
        except OperationalError as problem:
            told.append(str(problem))
        finally:
            connection.close()

    def put_while_somebody_protects(*args):
        meanwhile = Thread(target=protect)
        meanwhile.start()
        meanwhile.join()
        put(*args)

    monkeypatch.setattr(spool, "put", put_while_somebody_protects)
    tasks.issue(authority_id=cast.northmoor.pk, letter_id=row.letter_id)

    assert len(told) == 1
    assert "lock timeout" in told[0]
    assert len(spooled()) == 2


def test_without_redis_an_approval_still_counts_and_the_timetable_picks_it_up(
    live_family, quick, monkeypatch
):
    def down(*_, **__):
        raise OSError("no broker")

    monkeypatch.setattr("celery.app.base.Celery.send_task", down)
    with scope(live_family.cast.ids):
        (row,) = live_family.prepare(live_family.mother)
        approve(live_family, row.letter)

    tasks.hand_over_waiting()

    assert spooled() == [f"{row.letter.reference}.json", f"{row.letter.reference}.pdf"]


def test_the_check_passes_when_every_letter_is_as_it_was_made(family, approved, capsys):
    issue(family, approved)

    call_command("check_letters")

    assert "none waits" in capsys.readouterr().out


def test_the_check_names_a_changed_byte_and_a_letter_that_waits(family, approved, quick, capsys):
    issue(family, approved)  # the quick page maker gives a wrong hash
    (waiting,) = family.prepare(family.father)
    approve(family, waiting.letter)

    with (
        time_machine.travel(NOW + timedelta(minutes=31), tick=False),
        pytest.raises(CommandError, match="need a person"),
    ):
        call_command("check_letters")

    said = capsys.readouterr().err
    assert f"{approved.letter.reference}: the kept PDF does not have its hash" in said
    assert f"{waiting.letter.reference}: approved, and not handed over" in said
