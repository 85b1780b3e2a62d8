"""What waits for a decision on corrected marks, as one kind of the list of work."""

from django.db.models import Case as Choose
from django.db.models import F, Q, QuerySet, Value, When
from django.db.models.functions import Concat, TruncDate

from authorities.access import Reach
from authorities.permissions import Permission
from cases.selectors.work import Rows, Source, shaped
from legal.access import legal_rechecks_for
from legal.models import LegalRecheck
from legal.selectors.corrections import KINDS

LABEL = Choose(
    *(When(kind=key, then=Value(thing.label)) for key, thing in KINDS.items()), default=Value("")
)
COUNCILS = tuple(key for key, thing in KINDS.items() if thing.council)


def to_decide(reach: Reach) -> QuerySet[LegalRecheck]:
    """What this person may decide: the council's things only for the whole council."""
    rows = legal_rechecks_for(reach).filter(
        reach.schools(Permission.DECIDE_NOTICE, "school__"), decision=""
    )
    if not reach.may_everywhere(Permission.DECIDE_NOTICE):
        rows = rows.exclude(kind__in=COUNCILS)
    return rows.exclude(Q(relied_by=reach.user))


def _rows(reach: Reach) -> Rows:
    return shaped(
        to_decide(reach),
        pupil="enrolment__pupil",
        case="case",
        w_kind=Value("corrected marks"),
        w_since=TruncDate("found_at"),
        w_words=Concat(Value("Decide after corrected marks: "), LABEL, Value(" "), F("thing")),
        w_nothing=Value("It asks for nothing more, and its time limits run on."),
        w_ref=F("reference"),
    )


SOURCE = Source(
    "corrected marks",
    "Corrected marks",
    "legal:recheck",
    _rows,
    "Decide each on its own page, with the corrected marks before you.",
    needs=Permission.DECIDE_NOTICE,
)
