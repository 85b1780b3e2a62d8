"""Bank and card files: every line accounted for; twice, overlapping and cut files lose nothing."""

from datetime import date

import pytest

from attendance.imports.reading import UnreadableFile
from authorities.access import Forbidden
from authorities.models import Job
from legal.models import LedgerEntry, PaymentFile
from legal.services import payment_files
from legal.services.payment_layouts import pence_of
from rules.errors import InvalidInput, NotFound
from rules.notice_references import in_groups
from tests.legal.payment_scenes import Till, again
from tests.legal.penalty_scenes import at, room

DAY = date(2026, 12, 1)
BANK = "Date,Description,Paid out,Paid in\n"
CARD = "Payment ID,Date,Time,Reference,Amount,State\n"


@pytest.fixture
def till(cast) -> Till:
    return Till(room(cast))


def outcomes(file) -> list[tuple[int, str]]:
    return [(one.line, one.outcome.value) for one in payment_files.report(file)]


@pytest.mark.parametrize(
    ("text", "pence"),
    [
        ("80.00", 80_00),
        ("£80", 80_00),
        ("£ 1,080.50", 1_080_50),
        (" 160 ", 160_00),
        ("0.01", 1),
    ],
)
def test_amounts_are_read_to_the_penny(text, pence):
    assert pence_of(text) == pence


@pytest.mark.parametrize(
    "text", ["", "80.5", "80,00", "80.000", "-80.00", "80p", "1,08", "1e3", "=80"]
)
def test_an_amount_that_can_be_read_two_ways_is_refused(text):
    with pytest.raises(InvalidInput, match="cannot be read"):
        pence_of(text)


def test_every_line_of_a_bank_file_is_accounted_for(till):
    notice, other = till.notice(), till.room.issue(till.room.father)[0]
    text = (
        "Northmoor Council,,,\n"
        + BANK
        + f"20/11/2026,LARKFIELD {notice.reference},,80.00\n"
        + f"20/11/2026,{notice.reference} {other.reference},,160.00\n"
        + "21/11/2026,PN00000000 FINE,,80.00\n"
        + "21/11/2026,SCHOOL FINE,,£80\n"
        + "21/11/2026,RENT,500.00,\n"
        + "31/11/2026,SCHOOL FINE,,80.00\n"
        + "22/11/2026,SCHOOL FINE,,eighty\n"
        + "22/11/2026,SCHOOL FINE,,0.00\n"
        + "02/12/2026,SCHOOL FINE,,80.00\n"
        + "22/11/2026,TOO SHORT\n"
        + "23/11/2026,LAST,,1.00\n"
    )

    file = till.take(text, DAY)

    assert outcomes(file) == [
        (3, "matched"),
        (4, "in suspense"),
        (5, "in suspense"),
        (6, "in suspense"),
        (7, "left alone"),
        (8, "refused"),
        (9, "refused"),
        (10, "refused"),
        (11, "refused"),
        (12, "refused"),
        (13, "in suspense"),
    ]
    assert again(notice).state == "paid"
    assert file.report["counts"]["in suspense"] == {
        "lines": 4,
        "pence": 160_00 + 80_00 + 80_00 + 1_00,
    }
    assert till.sums(DAY).sums
    words = {one.line: one.words for one in payment_files.lines_of(file, DAY)}
    assert "more than one notice" in words[4]
    assert "no notice of ours" in words[5]
    assert "no reference" in words[6]
    assert "no such day" in words[8]
    assert "nothing" in words[10]
    assert "after today" in words[11]
    assert "2 values" in words[12]


def test_a_preview_says_the_same_and_writes_nothing(till):
    notice = till.notice()
    file = till.file(BANK + f"20/11/2026,{in_groups(notice.reference)},,80.00\n", DAY)

    (line,) = payment_files.lines_of(file, DAY)

    assert (line.outcome.value, line.pence) == ("matched", 80_00)
    assert line.words == f"£80 for {in_groups(notice.reference)}."
    assert not LedgerEntry.objects.exists()


def test_a_file_twice_and_a_file_that_overlaps_double_nothing(till):
    first = BANK + "20/11/2026,A,,80.00\n20/11/2026,A,,80.00\n"
    till.take(first, DAY)

    assert till.take(first, DAY).pk == PaymentFile.objects.get().pk
    second = till.take(first + "20/11/2026,A,,80.00\n21/11/2026,B,,5.00\n", DAY)

    assert [outcome for _, outcome in outcomes(second)] == [
        "on record already",
        "on record already",
        "in suspense",
        "in suspense",
    ]
    assert till.sums(DAY).received == 245_00


def test_a_card_payment_has_a_name_of_its_own_and_a_moment(till):
    notice = till.notice()
    text = CARD + (
        f"c1,07/12/2026,23:59:59,{notice.reference},80.00,Success\n"
        "c1,07/12/2026,23:59:59,again,80.00,Success\n"
        "c1,07/12/2026,23:59:59,changed,81.00,Success\n"
        "c2,2026-12-07T23:30:00+00:00,,later,80.00,captured\n"
        "c3,07/12/2026,,declined,80.00,Declined\n"
        ",07/12/2026,,nameless,80.00,Success\n"
        "c4,07/12/2026,25:00,badtime,80.00,Success\n"
        "c5,2026-12-99T00:00,,badmoment,80.00,Success\n"
        "c6,2026-12-07 10:00,,nozone,80.00,Success\n"
        "c7,07/12/2026,10:00+01:00,zoned,80.00,Success\n"
    )

    file = till.take(text, date(2026, 12, 8))

    assert [outcome for _, outcome in outcomes(file)] == [
        "matched",
        "on record already",
        "refused",
        "in suspense",
        "left alone",
        "refused",
        "refused",
        "refused",
        "in suspense",
        "in suspense",
    ]
    assert again(notice).state == "paid"


def test_a_payment_that_the_service_reported_is_not_taken_again(till):
    till.pay(None, 80_00, date(2026, 11, 20), external="card:c1")

    file = till.take(CARD + "c1,20/11/2026,,x,80.00,Success\n", DAY)

    assert outcomes(file) == [(2, "on record already")]


def test_one_that_comes_in_the_same_moment_is_not_taken_again(till, monkeypatch):
    till.pay(None, 80_00, date(2026, 11, 20), external="card:c1")
    file = till.file(CARD + "c1,20/11/2026,,x,80.00,Success\n", DAY)
    monkeypatch.setattr(payment_files, "_on_record", lambda *_: {})

    taken = payment_files.take(reach=till.clerk, file=file, today=DAY, now=at(DAY))

    assert outcomes(taken) == [(2, "on record already")]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (BANK + "20/11/2026,A,,80.00\n20/11/2026,", "cut off"),
        (BANK + '20/11/2026,"A,,80.00\n', "cut off"),
        ("Name,Age\nA,1\n", "not the headings"),
        ("", "empty"),
    ],
)
def test_a_file_that_is_cut_off_or_none_of_ours_is_refused_whole(till, text, says):
    with pytest.raises((UnreadableFile, InvalidInput), match=says):
        till.file(text, DAY)
    assert not PaymentFile.objects.exists()


def test_a_last_line_without_its_end_is_not_counted(till):
    file = till.take(BANK + "20/11/2026,A,,80.00\n20/11/2026,B,,8", DAY)

    assert outcomes(file) == [(2, "in suspense"), (3, "refused")]
    assert till.sums(DAY).received == 80_00


def test_formulas_and_hidden_characters_are_text_and_nothing_else(till):
    file = till.take(BANK + "20/11/2026,=HYPERLINK(\u202e1)\t,,80.00\n", DAY)

    line = LedgerEntry.objects.get(file=file)
    assert line.given == "=HYPERLINK( 1)"


def test_a_long_file_goes_to_the_worker_and_reports(till):
    lines = payment_files.AT_ONCE + 1
    text = BANK + "".join(f"20/11/2026,LINE {n},,1.00\n" for n in range(lines))
    file = till.file(text, DAY)
    told = []

    assert payment_files.ask_to_take(reach=till.clerk, file=file, lines=1, now=at(DAY)) is None
    job = payment_files.ask_to_take(reach=till.clerk, file=file, lines=lines, now=at(DAY))
    taken = payment_files.take_job(
        job, today=DAY, now=at(DAY), progress=lambda done, total: told.append((done, total))
    )

    assert taken.report["counts"]["in suspense"]["lines"] == lines
    assert told == [(50, 201), (100, 201), (150, 201), (200, 201)]
    with pytest.raises(NotFound, match="not there"):
        payment_files.take_job(
            Job(authority=file.authority, arguments={"file_id": 0}), today=DAY, now=at(DAY)
        )


def test_only_those_who_keep_payments_bring_and_take_files(till):
    file = till.file(BANK + "20/11/2026,A,,80.00\n", DAY, name="..\\x\\bank\n.csv")

    assert file.file_name == "bank.csv"
    for reach in (till.room.head, till.room.officer):
        with pytest.raises(Forbidden):
            payment_files.upload(reach=reach, file_name="", content=b"x", today=DAY, now=at(DAY))
        with pytest.raises(Forbidden):
            payment_files.take(reach=reach, file=file, today=DAY, now=at(DAY))
        with pytest.raises(Forbidden):
            payment_files.ask_to_take(reach=reach, file=file, lines=1, now=at(DAY))
