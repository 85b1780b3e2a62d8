"""Money paid on penalty notices: lines only added, in whole pence, and what people decide of it.

What a notice was charged, and that it was withdrawn or is no longer sought, is on the notice
itself; `legal.selectors.payments` joins both to the ledger that rules.ledger reads.
"""

from django.db import models
from django.db.models import F, Q

from authorities.models import TenantModel, User
from authorities.references import new_reference
from legal.models.penalties import PenaltyNotice


class LedgerKind(models.TextChoices):
    """What a line does: the words of rules.ledger.Kind that are not on the notice itself."""

    RECEIVED = "received", "Came in"
    ALLOCATED = "allocated", "Matched with a notice"
    RELEASED = "released", "Taken off a notice"
    REFUNDED = "refunded", "Sent back"


class PaidBy(models.TextChoices):
    """How the parent paid."""

    BANK = "bank", "Bank transfer"
    CARD = "card", "Card, by phone or at a desk"
    ONLINE = "online", "Online"
    CHEQUE = "cheque", "Cheque or postal order"


class PaymentFile(TenantModel):
    """A bank or card file as it arrived, and what became of each of its lines.

    layout  a key of legal.services.payment_layouts.LAYOUTS
    report  once it was taken: what each line came to, by number, without what the line says
    """

    reference = models.CharField(max_length=10, default=new_reference)
    layout = models.CharField(max_length=20)
    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    content = models.BinaryField()
    uploaded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()
    taken_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    taken_at = models.DateTimeField(null=True)
    report = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint("authority", "reference", name="one_payment_file_a_reference"),
            models.UniqueConstraint("authority", "sha256", name="one_payment_file_a_content"),
        ]
        indexes = [models.Index(fields=["authority", "-id"], name="payment_files_newest_first")]

    def __str__(self) -> str:
        return self.reference


class LedgerEntry(TenantModel):
    """One line of the ledger. Never changed: what was wrong is put right by another line.

    payment   the payment it belongs to, a reference of ours: all lines of one payment share it
    pence     how much; always more than nothing, the kind says which way
    notice    the notice the money is on, or was; None: it lies in suspense
    on        the London day: of RECEIVED the day the parent paid, else the day it was done
    paid_at   the moment of paying, of RECEIVED alone
    external  how the bank or the card service names the payment: once for each council
    given     what came with it: the reference that was typed, the text of the bank line
    reverses  the line that this one undoes, for a payment that did not clear
    made_by   None when the machine did it
    """

    append_only = True

    payment = models.CharField(max_length=10)
    kind = models.CharField(max_length=10, choices=LedgerKind)
    pence = models.PositiveIntegerField()
    notice = models.ForeignKey(PenaltyNotice, models.PROTECT, null=True, related_name="ledger")
    on = models.DateField()
    paid_at = models.DateTimeField(null=True)
    method = models.CharField(max_length=10, choices=PaidBy, blank=True)
    external = models.CharField(max_length=100, blank=True)
    given = models.CharField(max_length=300, blank=True)
    file = models.ForeignKey(PaymentFile, models.PROTECT, null=True, related_name="entries")
    line = models.PositiveIntegerField(null=True)
    reverses = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    words = models.CharField(max_length=600, blank=True)
    made_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(pence__gt=0), name="ledger_line_is_some_money"),
            models.CheckConstraint(
                condition=Q(kind="received", notice=None, paid_at__isnull=False)
                | Q(kind__in=["allocated", "released"], notice__isnull=False)
                | Q(kind="refunded"),
                name="ledger_line_fits_its_kind",
            ),
            models.UniqueConstraint(
                "authority",
                "payment",
                condition=Q(kind="received"),
                name="payment_comes_in_once",
            ),
            models.UniqueConstraint(
                "authority",
                "external",
                condition=Q(kind="received") & ~Q(external=""),
                name="external_payment_comes_in_once",
            ),
            models.UniqueConstraint(
                fields=["reverses"],
                condition=Q(reverses__isnull=False),
                name="ledger_line_is_reversed_once",
            ),
        ]
        indexes = [
            models.Index(fields=["authority", "payment", "id"], name="ledger_of_a_payment"),
            models.Index(fields=["notice", "id"], name="ledger_of_a_notice"),
            models.Index(fields=["authority", "kind", "-on", "-id"], name="ledger_newest_first"),
        ]

    def __str__(self) -> str:
        return f"ledger line {self.pk}"


class Refund(TenantModel):
    """Money that somebody wants sent back: one person asks, another agrees.

    notice    the notice it lies on; None: in suspense
    asked_by  None where a withdrawal asks for it: two people decided that
    done      whether it was sent back; None while it waits
    reason    why not, in words
    """

    payment = models.CharField(max_length=10)
    notice = models.ForeignKey(PenaltyNotice, models.PROTECT, null=True, related_name="refunds")
    pence = models.PositiveIntegerField()
    words = models.CharField(max_length=600)
    asked_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    asked_on = models.DateField()
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_on = models.DateField(null=True)
    done = models.BooleanField(null=True)
    reason = models.CharField(max_length=600, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(pence__gt=0), name="refund_is_some_money"),
            models.CheckConstraint(
                condition=Q(decided_by=None) | Q(asked_by=None) | ~Q(decided_by=F("asked_by")),
                name="refund_is_agreed_by_another",
            ),
            models.UniqueConstraint(
                fields=["authority", "payment", "notice"],
                condition=Q(done=None, notice__isnull=False),
                name="one_open_refund_a_place",
            ),
            models.UniqueConstraint(
                fields=["authority", "payment"],
                condition=Q(done=None, notice=None),
                name="one_open_refund_from_suspense",
            ),
        ]
        indexes = [models.Index(fields=["authority", "done", "id"], name="refunds_open_first")]

    def __str__(self) -> str:
        return f"refund {self.pk}"


class PaymentQuestion(TenantModel):
    """What a person must decide about the money of a notice before anything more is done.

    kind      a word of rules.ledger.Question, or one of legal.selectors.payments
    payment   the payment it is about, where it is about one alone
    pence     what lay on the notice when it was asked: more money asks again
    decision  what was decided; "" while it is open, or where it settled itself
    closed_on the day it was decided, or settled itself
    """

    notice = models.ForeignKey(PenaltyNotice, models.PROTECT, related_name="payment_questions")
    payment = models.CharField(max_length=10, blank=True)
    kind = models.CharField(max_length=40)
    words = models.CharField(max_length=400)
    pence = models.PositiveIntegerField()
    since = models.DateField()
    decision = models.CharField(max_length=20, blank=True)
    reason = models.CharField(max_length=600, blank=True)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    closed_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["notice", "kind", "payment"],
                condition=Q(closed_on=None),
                name="one_open_payment_question",
            ),
            models.CheckConstraint(
                condition=Q(decision="")
                | Q(decided_by__isnull=False, closed_on__isnull=False) & ~Q(reason=""),
                name="payment_decision_names_who_when_why",
            ),
        ]
        indexes = [
            models.Index(fields=["authority", "closed_on", "id"], name="payment_questions_open"),
        ]

    def __str__(self) -> str:
        return f"payment question {self.pk}"
