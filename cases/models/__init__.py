"""The tables of casework."""

from cases.models.case import STAGES, Case, CaseLetter, CaseMove, CaseNote
from cases.models.deadlines import Deadline, DeadlineKind
from cases.models.proposals import Proposal, ProposalKind, ProposalState
from cases.models.rechecks import Decision, Recheck

__all__ = [
    "STAGES",
    "Case",
    "CaseLetter",
    "CaseMove",
    "CaseNote",
    "Deadline",
    "DeadlineKind",
    "Decision",
    "Proposal",
    "ProposalKind",
    "ProposalState",
    "Recheck",
]
