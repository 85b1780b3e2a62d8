"""The pages of payments: from the bank's file to the books; and what a school sees of it."""

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from authorities.models import Job
from authorities.permissions import Role
from legal.models import LedgerEntry, PaymentFile, PaymentQuestion, Refund
from legal.services import payment_files
from tests.cast import sign_in
from tests.legal.payment_scenes import Till, again
from tests.legal.penalty_scenes import room

TODAY = date(2026, 11, 17)
BANK = "Date,Description,Paid in\n"


@pytest.fixture
def till(cast) -> Till:
    return Till(room(cast))


@pytest.fixture
def clerk(client, till):
    """The clerk's browser."""
    sign_in(client, till.clerk.user)
    return client


def at(name: str, **arguments: object) -> str:
    return reverse(f"legal:{name}", kwargs={"la": "990", **arguments})


def text(answer) -> str:
    return answer.content.decode()


def day(name: str, of: date) -> dict[str, str]:
    return {f"{name}_day": str(of.day), f"{name}_month": str(of.month), f"{name}_year": f"{of:%Y}"}


def test_a_payment_by_hand_pays_its_notice(clerk, till):
    notice = till.notice()
    typed = {"pence": "£80", "method": "cheque", "reference": notice.reference.lower()}

    answer = clerk.post(
        at("payment_record"), {**typed, **day("paid_on", TODAY), "external": "7"}, follow=True
    )

    assert "Payment recorded" in text(answer)
    assert again(notice).state == "paid"
    line = LedgerEntry.objects.get(kind="received")
    assert line.external == "cheque:7"
    page = text(clerk.get(at("penalty", reference=notice.reference)))
    assert f"£80 of payment {line.payment}" in page
    assert "Paid in time" in page


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"pence": "80.5"}, "Enter pounds, or pounds and pence such as 80.00"),
        ({"pence": ""}, "Enter the amount, such as 80.00"),
        ({"reference": "PN123"}, "PN and 8 letters"),
        ({"reference": "PN00000000"}, "We cannot find that penalty notice"),
    ],
)
def test_what_is_typed_wrong_is_said_in_words(clerk, till, typed, says):
    right = {"pence": "80", "method": "bank", "reference": "", **day("paid_on", TODAY)}

    answer = clerk.post(at("payment_record"), {**right, **typed})

    assert says in text(answer)
    assert not LedgerEntry.objects.exists()


def test_money_in_suspense_is_found_suggested_and_matched(clerk, till):
    notice = till.notice()
    line = till.pay(None, 80_00, TODAY, given="LARKFIELD FINE")

    listed = text(clerk.get(at("payments"), {"where": "suspense", "method": "cheque"}))
    assert "£80 in suspense" in listed
    page = text(clerk.get(at("payment", payment=line.payment)))
    assert "It names the family" in page
    typed = {"reference_1": notice.reference, "pence_1": "80.00", "words": ""}
    clerk.post(at("payment_match", payment=line.payment), typed)

    assert again(notice).state == "paid"
    found = text(clerk.get(at("payments"), {"q": notice.reference, "where": "matched"}))
    assert line.payment in found


def test_a_share_needs_both_its_reference_and_its_amount(clerk, till):
    notice = till.notice()
    line = till.pay(None, 80_00, TODAY)
    typed = {"reference_1": notice.reference, "pence_1": "40", "reference_2": notice.reference}

    answer = clerk.post(at("payment_match", payment=line.payment), typed)

    assert "Enter both a reference and an amount" in text(answer)
    answer = clerk.post(at("payment_match", payment=line.payment), {**typed, "pence_2": "40"})
    assert "Name each notice once" in text(answer)


def test_money_is_taken_off_set_aside_and_bounces(clerk, till):
    notice = till.notice()
    line = till.pay(notice, 80_00, TODAY)
    one = {"payment": line.payment}

    clerk.post(
        at("payment_off", **one),
        {"place": notice.reference, "pence": "80.00", "words": "Another family."},
    )
    assert again(notice).state == "issued"
    clerk.post(at("payment_aside", **one), {"reference": notice.reference, "words": "Not theirs."})
    clerk.post(at("payment_bounce", **one), {"words": "The bank says so."})

    assert "Did not clear: £80" in text(clerk.get(at("payment", **one)))
    done = PaymentQuestion.objects.get(payment=line.payment)
    assert "Said not to be for this notice" in text(clerk.get(at("payment_question", pk=done.pk)))


def test_a_refund_is_asked_by_one_and_agreed_by_another(clerk, till):
    notice = till.notice()
    line = till.pay(notice, 100_00, TODAY)
    question = PaymentQuestion.objects.get(notice=notice)

    assert "£20 too much was paid" in text(clerk.get(at("payment_questions")))
    clerk.post(at("payment_question", pk=question.pk), {"decision": "keep", "reason": "Wait."})
    assert "Leave it for now" in text(clerk.get(at("payment_question", pk=question.pk)))
    typed = {"place": notice.reference, "pence": "20.00", "words": "Paid too much."}
    clerk.post(at("payment_back", payment=line.payment), typed)
    refund = Refund.objects.get()
    assert line.payment in text(clerk.get(at("payment_refunds")))
    answer = clerk.post(at("payment_refund", pk=refund.pk), {"agreed": "yes"})
    assert "Somebody other than the person who asked" in text(answer)
    sign_in(clerk, till.legal.user)
    clerk.post(at("payment_refund", pk=refund.pk), {"agreed": "yes"})

    assert "Sent back" in text(clerk.get(at("payment_refund", pk=refund.pk)))
    books = text(clerk.get(at("payment_month")))
    assert "The books balance to the penny" in books
    assert "£20" in books


def test_money_in_suspense_is_asked_back(clerk, till):
    line = till.pay(None, 100_00, TODAY)

    typed = {"place": "suspense", "pence": "100", "words": "Nobody knows it."}
    clerk.post(at("payment_back", payment=line.payment), typed)

    assert Refund.objects.get().notice is None
    assert "In suspense" in text(clerk.get(at("payment_refunds")))


def test_a_file_is_shown_before_it_is_taken_and_taken_once(clerk, till):
    notice = till.notice()
    content = f"{BANK}17/11/2026,{notice.reference},80.00\n17/11/2026,=1+1,x\n".encode()

    answer = clerk.post(
        at("payment_file_new"), {"file": SimpleUploadedFile("bank.csv", content)}, follow=True
    )
    assert "Not taken yet" in text(answer)
    assert not LedgerEntry.objects.exists()
    file = PaymentFile.objects.get()
    for _ in range(2):
        answer = clerk.post(at("payment_file", reference=file.reference), follow=True)

    assert "Every line is accounted for" in text(answer)
    assert LedgerEntry.objects.filter(kind="received").count() == 1
    assert again(notice).state == "paid"
    assert "bank.csv" in text(clerk.get(at("payment_files")))
    line = LedgerEntry.objects.get(kind="received")
    assert "bank.csv, line 2" in text(clerk.get(at("payment", payment=line.payment)))


def test_a_file_that_is_none_of_ours_is_refused_on_the_page(clerk, till, monkeypatch):
    file = SimpleUploadedFile("x.csv", b"Name,Age\nA,1\n")
    assert "not the headings" in text(clerk.post(at("payment_file_new"), {"file": file}))

    monkeypatch.setattr("legal.forms.payments.MOST_BYTES", 3)
    file = SimpleUploadedFile("x.csv", b"Name,Age\nA,1\n")
    assert "larger than 10 MB" in text(clerk.post(at("payment_file_new"), {"file": file}))


def test_a_long_file_is_left_to_the_worker(clerk, till, monkeypatch):
    monkeypatch.setattr(payment_files, "AT_ONCE", 1)
    file = till.file(f"{BANK}17/11/2026,A,1.00\n17/11/2026,B,1.00\n", TODAY)

    answer = clerk.post(at("payment_file", reference=file.reference))

    assert Job.objects.get().kind == "legal.take_payments"
    assert "/jobs/" in answer.headers["Location"]


def test_each_number_of_the_books_opens_its_notices(clerk, till):
    notice = till.notice()
    till.pay(notice, 80_00, TODAY)

    page = text(clerk.get(at("payment_month"), day("until", date(2026, 11, 16))))
    behind = text(clerk.get(at("payment_bucket", bucket="discount"), day("until", TODAY)))

    assert "Up to and including 16 November 2026" in page
    assert notice.reference[2:6] in behind
    assert "Together £80" in behind
    assert clerk.get(at("payment_bucket", bucket="nothing")).status_code == 404


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("payments", {}),
        ("payment_questions", {}),
        ("payment_refunds", {}),
        ("payment_files", {}),
        ("payment_bucket", {"bucket": "charged"}),
    ],
)
def test_lists_are_exported_with_formulas_made_harmless(clerk, till, name, arguments):
    till.pay(till.notice(), 1_00, TODAY, given="=HYPERLINK(1)")

    answer = clerk.get(at(name, **arguments), {"export": "csv"})

    assert answer.headers["Content-Type"].startswith("text/csv")
    lines = b"".join(answer).decode().splitlines() if answer.streaming else text(answer).split("\n")
    assert not any(cell.startswith("=") for line in lines for cell in line.split(","))


def test_the_lines_of_a_file_are_exported(clerk, till):
    file = till.file(f"{BANK}17/11/2026,A,1.00\n", TODAY)

    answer = clerk.get(at("payment_file", reference=file.reference), {"export": "csv"})

    assert answer.status_code == 200


def test_a_school_sees_the_state_and_nothing_of_the_bank(client, till):
    notice = till.notice()
    line = till.pay(notice, 50_00, TODAY, given="Sort code 010203")
    sign_in(client, till.room.cast.person(Role.HEADTEACHER, "hillside"))

    page = text(client.get(at("penalty", reference=notice.reference)))

    assert "Part paid" in page
    assert line.payment not in page
    assert "010203" not in page
    assert client.get(at("payments")).status_code == 403


def test_a_list_asks_the_database_as_often_for_thirty_as_for_one(
    clerk, till, django_assert_max_num_queries
):
    for number in range(30):
        till.pay(None, 100 + number, TODAY)

    with django_assert_max_num_queries(25):
        clerk.get(at("payments"))
