"""Notices, payments, orders and prosecutions: what was asked, decided, served and ended."""

from legal.models.bundles import BundleFile, BundlePart, CourtBundle
from legal.models.corrections import LegalRecheck, RecheckEnd
from legal.models.events import LegalEvent
from legal.models.gates import (
    BrakeAnswer,
    GateAnswerKind,
    GateOverride,
    GateStatement,
    OfficerNamed,
    StepChoice,
)
from legal.models.improvement import ImprovementNotice, ImprovementParent
from legal.models.offices import NoticeOffice
from legal.models.orders import OrderDirection, OrderFailure, OrderReview, SupervisionOrder
from legal.models.payments import (
    LedgerEntry,
    LedgerKind,
    PaidBy,
    PaymentFile,
    PaymentQuestion,
    Refund,
)
from legal.models.penalties import (
    BorderCheck,
    BorderPlace,
    ExternalNotice,
    NoticeSlot,
    PenaltyNotice,
    ReliedSession,
    Representation,
    Withdrawal,
)
from legal.models.prosecutions import ParentingOrder, Prosecution, ProsecutionTest
from legal.models.requests import Lane, NoticeRequest, RequestDocument, RequestParent
from legal.models.returns import LegalReturn

__all__ = [
    "BorderCheck",
    "BorderPlace",
    "BrakeAnswer",
    "BundleFile",
    "BundlePart",
    "CourtBundle",
    "ExternalNotice",
    "GateAnswerKind",
    "GateOverride",
    "GateStatement",
    "ImprovementNotice",
    "ImprovementParent",
    "Lane",
    "LedgerEntry",
    "LedgerKind",
    "LegalEvent",
    "LegalRecheck",
    "LegalReturn",
    "NoticeOffice",
    "NoticeRequest",
    "NoticeSlot",
    "OfficerNamed",
    "OrderDirection",
    "OrderFailure",
    "OrderReview",
    "PaidBy",
    "ParentingOrder",
    "PaymentFile",
    "PaymentQuestion",
    "PenaltyNotice",
    "Prosecution",
    "ProsecutionTest",
    "RecheckEnd",
    "Refund",
    "ReliedSession",
    "Representation",
    "RequestDocument",
    "RequestParent",
    "StepChoice",
    "SupervisionOrder",
    "Withdrawal",
]
