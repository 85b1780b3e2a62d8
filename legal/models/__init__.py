"""Notices, payments, orders and prosecutions: what was asked, decided, served and ended."""

from legal.models.events import LegalEvent
from legal.models.improvement import ImprovementNotice, ImprovementParent
from legal.models.penalties import (
    BorderCheck,
    ExternalNotice,
    NoticeSlot,
    PenaltyNotice,
    ReliedSession,
    Representation,
)
from legal.models.requests import Lane, NoticeRequest, RequestDocument, RequestParent

__all__ = [
    "BorderCheck",
    "ExternalNotice",
    "ImprovementNotice",
    "ImprovementParent",
    "Lane",
    "LegalEvent",
    "NoticeRequest",
    "NoticeSlot",
    "PenaltyNotice",
    "ReliedSession",
    "Representation",
    "RequestDocument",
    "RequestParent",
]
