"""What is legal and waits for a person, on no open case: requests, notices, prosecutions, outcomes.

Where a case is open its deadlines show the same. Leave in term time needs no case, so most notices
show here.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    BigIntegerField,
    CharField,
    DateField,
    Exists,
    F,
    Func,
    OuterRef,
    Q,
    Subquery,
    Value,
    When,
)
from django.db.models import Case as Choose
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce, Concat, TruncDate

from authorities.access import Reach
from authorities.models import School
from authorities.packs import packs_in_force
from authorities.permissions import Permission
from cases.selectors.work import Rows, Source, shaped
from legal.access import penalties_for, prosecutions_for, requests_for
from legal.models import Lane, LegalEvent, Prosecution, ProsecutionTest, Representation, Withdrawal
from legal.selectors.deciders import Deciders, deciders_of
from legal.selectors.prosecutions import BEFORE_CHARGE, PREPARING
from legal.selectors.request_facts import STEP_OF
from rules.notice_stages import PENALTY, PenaltyState, RequestState
from rules.prosecution_stages import PROSECUTION, ProsecutionState
from rules.school_calendar import bank_holidays
from rules.values import value_on

P, N, R, S = Permission, PenaltyState, RequestState, ProsecutionState
# Our defaults, no law: working days for answering a parent, days for a school to read an outcome,
# days for telling it, and when to look whether a single justice has decided.
ANSWER_WITHIN = 10
READ_WITHIN = timedelta(days=7)
TELL_WITHIN = timedelta(days=7)
SINGLE_JUSTICE_LOOK = timedelta(days=28)
FADES = "It leaves this list after its last day, and stays on its own page."


def _no_open_case(case: str) -> Q:
    """Rows whose case does not show them: there is none, or it is closed."""
    return Q(**{f"{case}__isnull": True}) | Q(**{f"{case}__closed_on__isnull": False})


def _nobody() -> Q:
    return Q(pk__in=[])


def _about(before: str, after: str = "") -> Concat:
    """A sentence about a row, with its reference in it."""
    return Concat(Value(before), F("reference"), Value(after), output_field=CharField())


def _later(day: str, days: timedelta) -> Cast:
    return Cast(F(day) + Value(days), DateField())


def working_days_later(day: Any, number: int) -> Func:
    """In the database: the working day `number` working days after an expression's day, as
    rules.school_calendar.working_day_after counts them. number: at most 20."""
    free = Value(sorted(bank_holidays()), output_field=ArrayField(DateField()))
    return Func(
        day,
        free,
        template=(
            "(SELECT w.day + n FROM (SELECT %(expressions)s) AS w(day, free),"
            " generate_series(1, 60) AS n"
            " WHERE extract(isodow FROM w.day + n) < 6 AND NOT (w.day + n = ANY(w.free))"
            " ORDER BY n OFFSET %(before)s LIMIT 1)"
        ),
        before=int(number) - 1,
        output_field=DateField(),
    )


# Requests


def _decides(reach: Reach, school: School, deciders: Deciders) -> bool:
    """As legal.selectors.requests.may_decide, without a question to the database."""
    if reach.may_everywhere(P.DECIDE_NOTICE):
        return not deciders.school_only
    held = {grant.role for grant in reach.grants if grant.covers(school)}
    return deciders.named_here and bool(held & deciders.roles)


def _to_decide(reach: Reach) -> Q:
    """The requests that this person decides on by the policies in force. Two queries, or none."""
    if not reach.may(P.DECIDE_NOTICE):
        return _nobody()
    sent = requests_for(reach).filter(
        _no_open_case("case"), reach.schools(P.DECIDE_NOTICE, "school__"), state=R.SENT.value
    )
    schools = School.objects.filter(pk__in=sent.order_by().values("school")).select_related("trust")
    theirs: dict[Lane, list[int]] = {lane: [] for lane in STEP_OF}
    found = {school.pk: school for school in schools}
    policies = packs_in_force(found.values(), reach.today) if found else {}
    for pk, policy in policies.items():
        for lane, step in STEP_OF.items():
            if _decides(reach, found[pk], deciders_of(policy, step)):
                theirs[lane].append(pk)
    chosen = _nobody()
    for lane, pks in theirs.items():
        chosen |= Q(lane=lane, school__in=pks)
    own = Q(requested_by=reach.user) | Q(declared_by=reach.user) | Q(sent_by=reach.user)
    return Q(state=R.SENT.value) & chosen & ~own


def _to_put_right(reach: Reach) -> Q:
    """What came back is the school's to put right; the council's only where its officer sent it."""
    turn = Q(reach.schools(P.PREPARE_NOTICE, "school__"), state=R.RETURNED.value)
    return turn & Q(sent_by=reach.user) if reach.may_everywhere(P.PREPARE_NOTICE) else turn


def _requests(reach: Reach) -> Rows:
    days = value_on("request_check", reach.today)["answer_within_days"]
    subject = Concat(Value("legal.NoticeRequest:"), Cast(OuterRef("pk"), CharField()))
    back = LegalEvent.objects.filter(subject=subject, event="return").order_by("-pk")
    returned = Coalesce(Subquery(back.values("on")[:1]), TruncDate("changed_at"))
    since = Choose(When(state=R.SENT.value, then=F("sent_on")), default=returned)
    back_to = When(state=R.RETURNED.value, then=F("sent_by"))
    name = When(state=R.RETURNED.value, then=F("sent_by__name"))
    return shaped(
        requests_for(reach).filter(_to_decide(reach) | _to_put_right(reach), _no_open_case("case")),
        pupil="enrolment__pupil",
        w_kind=Value("notice request"),
        w_due=working_days_later(since, days),
        w_since=since,
        w_words=Choose(
            When(state=R.SENT.value, then=_about("Answer the request for a penalty notice ")),
            default=_about("Put right what came back: request "),
        ),
        w_nothing=Value("Nobody decides, and the family does not know where it stands."),
        w_ref=F("reference"),
        w_owner=Choose(back_to, default=None, output_field=BigIntegerField()),
        w_owner_name=Coalesce(Choose(name, default=None, output_field=CharField()), Value("")),
    )


# Penalty notices

UNSERVED = Q(state=N.ISSUED.value, received_on=None)


def _notice_turn(reach: Reach) -> Q:
    """The notices about which this person of the council does what comes next."""
    serves, decides, prosecutes = (
        reach.may_everywhere(one) for one in (P.SERVE_NOTICE, P.DECIDE_NOTICE, P.PROSECUTE)
    )
    turn = _nobody()
    if serves:
        turn |= UNSERVED & Q(asked=False)
    if decides:
        turn |= Q(state=N.REPRESENTED.value) & ~Q(issued_by=reach.user)
        turn |= ~Q(state=N.REPRESENTED.value) & Q(asked=True, asked_here=False)
    if serves or decides or prosecutes:
        running = Q(state=N.ISSUED.value, received_on__isnull=False)
        unpaid = Q(state__in=[N.UNPAID.value, N.FOR_PROSECUTION.value], filed=False)
        turn |= (running | unpaid) & Q(asked=False)
    return turn


def _notices(reach: Reach) -> Rows:
    waiting = Withdrawal.objects.filter(notice=OuterRef("pk"), done=None)
    said = Representation.objects.filter(notice=OuterRef("pk"), answered_on=None)
    # Of those that are over, only what somebody asks to withdraw: a paid one, say.
    pending = Withdrawal.objects.filter(authority=reach.authority, done=None).values("notice")
    open_now = Q(state__in=[state.value for state in N if state not in PENALTY.over])
    rows = penalties_for(reach).filter(open_now | Q(pk__in=pending), _no_open_case("request__case"))
    rows = rows.annotate(
        asked=Exists(waiting),
        asked_here=Exists(waiting.filter(asked_by=reach.user)),
        filed=Exists(Prosecution.objects.filter(notice=OuterRef("pk"), ended_on=None)),
    )
    received = Coalesce(Subquery(said.values("received_on")[:1]), F("issued_on"))
    planned = Cast(KeyTextTransform("planned_posting", "particulars"), DateField())
    name = "penalty notice "
    excluded = " is not paid: ask the council's lawyers, or withdraw it"
    return shaped(
        rows.filter(_notice_turn(reach)),
        pupil="pupil",
        w_kind=Value("penalty notice"),
        w_due=Choose(
            When(state=N.REPRESENTED.value, then=working_days_later(received, ANSWER_WITHIN)),
            When(asked=True, then=None),
            When(UNSERVED, then=planned),
            default=F("enforce_from"),
            output_field=DateField(),
        ),
        w_since=Choose(
            When(state=N.REPRESENTED.value, then=received),
            When(asked=True, then=Subquery(waiting.values("asked_on")[:1])),
            default=F("issued_on"),
            output_field=DateField(),
        ),
        w_words=Choose(
            When(
                state=N.REPRESENTED.value,
                then=_about(f"Answer what the parent says against {name}"),
            ),
            When(asked=True, then=_about(f"Decide on the withdrawal of {name}")),
            When(UNSERVED, then=_about(f"Serve {name}", " and record how")),
            When(lane=Lane.EXCLUDED, then=_about(f"If {name}", excluded)),
            default=_about(f"If {name}", " is not paid: withdraw it or prepare a prosecution"),
        ),
        w_nothing=Value("The notice may lapse, or be found to have been kept open for no reason."),
        w_ref=F("reference"),
    )


# Prosecutions


def _file_turn(reach: Reach) -> Q:
    """The files of which this person of the council does the next step."""
    if reach.may_everywhere(P.PROSECUTE):
        return Q(ended_on=None) | Q(told_on=None)
    turn = _nobody()
    if reach.may_everywhere(P.AUTHORISE_PROCEEDINGS):
        subject = Concat(Value("legal.Prosecution:"), Cast(OuterRef("pk"), CharField()))
        prepared = LegalEvent.objects.filter(
            subject=subject, made_by=reach.user, event__in=PREPARING
        )
        tested = ProsecutionTest.objects.filter(prosecution=OuterRef("pk"), made_by=reach.user)
        turn |= (
            Q(state=S.TESTED.value)
            & ~Q(made_by=reach.user)
            & ~Q(Exists(prepared))
            & ~Q(Exists(tested))
        )
    return turn


def _six_months(today: date) -> Func:
    """In the database: the time limit of a file's earliest session (rules.prosecutions)."""
    return Func(
        F("first"),
        Value(value_on("prosecution", today)["months"]),
        template="(%(expressions)s))::date",
        arg_joiner=" + make_interval(months => ",
        output_field=DateField(),
    )


def _files(reach: Reach) -> Rows:
    early = [state.value for state in BEFORE_CHARGE]
    to_authorise = Q(state=S.TESTED.value)
    return shaped(
        prosecutions_for(reach).filter(_file_turn(reach), _no_open_case("case")),
        pupil="pupil",
        w_kind=Value("prosecution"),
        w_due=Choose(
            When(state__in=early, then=_six_months(reach.today)),
            When(state=S.CHARGED.value, then=_later("charged_on", SINGLE_JUSTICE_LOOK)),
            When(state=S.LISTED.value, then=TruncDate("hearing_at")),
            default=_later("ended_on", TELL_WITHIN),
            output_field=DateField(),
        ),
        w_since=Coalesce(F("ended_on"), F("charged_on"), TruncDate("made_at")),
        w_words=Choose(
            *_each_state(PROSECUTION.next.items(), "Prosecution file ", ". {}"),
            output_field=CharField(),
        ),
        w_nothing=Choose(
            When(
                state__in=early,
                then=Value("The time limit of six months passes for the earliest session."),
            ),
            When(state=S.CHARGED.value, then=Value("Nobody would see that the court has decided.")),
            default=Value("The school goes on as if nothing had been decided."),
        ),
        w_ref=F("reference"),
        w_owner=Choose(
            When(to_authorise, then=None), default=F("made_by"), output_field=BigIntegerField()
        ),
        w_owner_name=Choose(When(to_authorise, then=Value("")), default=F("made_by__name")),
    )


def _each_state(table: Iterable[tuple[Any, str]], before: str, after: str) -> list[When]:
    """The sentence of each state. after  with a place for the state's words"""
    return [When(state=one.value, then=_about(before, after.format(said))) for one, said in table]


# What the school reads


def _told(reach: Reach, states: Iterable[Any]) -> Q:
    """What schools of this person were told in the last days. Who works for the whole council was
    not told: the council told."""
    if reach.may_everywhere(P.PREPARE_NOTICE):
        return _nobody()
    return Q(
        reach.schools(P.PREPARE_NOTICE, "school__"),
        state__in=[state.value for state in states],
        told_on__gte=reach.today - READ_WITHIN,
    )


def _outcomes(rows: Any, kind: str, labels: Iterable[tuple[Any, str]], before: str) -> Rows:
    said = [(state, label[:1].lower() + label[1:]) for state, label in labels]
    return shaped(
        rows,
        pupil="pupil",
        w_kind=Value(kind),
        w_due=_later("told_on", READ_WITHIN),
        w_since=F("told_on"),
        w_words=Choose(*_each_state(said, before, ": {}"), output_field=CharField()),
        w_nothing=Value(FADES),
        w_ref=F("reference"),
    )


def _notice_outcomes(reach: Reach) -> Rows:
    rows = penalties_for(reach).filter(_told(reach, PENALTY.over), _no_open_case("request__case"))
    labels = [(state, PENALTY.labels[state]) for state in PENALTY.over]
    return _outcomes(rows, "notice outcome", labels, "Read what became of penalty notice ")


def _court_outcomes(reach: Reach) -> Rows:
    rows = prosecutions_for(reach).filter(_told(reach, PROSECUTION.over), _no_open_case("case"))
    labels = [(state, PROSECUTION.labels[state]) for state in PROSECUTION.over]
    return _outcomes(rows, "court outcome", labels, "Read what came of prosecution file ")


SOURCES = (
    Source(
        "notice request",
        "Request for a penalty notice",
        "legal:request",
        _requests,
        "Answer each request on its own page, with its gate before you.",
        needs=P.VIEW_LEGAL,
    ),
    Source(
        "penalty notice",
        "Penalty notice",
        "legal:penalty",
        _notices,
        "See to each notice on its own page.",
        needs=P.VIEW_LEGAL,
    ),
    Source(
        "prosecution",
        "Prosecution",
        "legal:prosecution",
        _files,
        "Take each step on the page of its file.",
        needs=P.VIEW_LEGAL,
    ),
    Source(
        "notice outcome",
        "Outcome of a penalty notice",
        "legal:penalty",
        _notice_outcomes,
        "Read each on its own page.",
        needs=P.VIEW_LEGAL,
    ),
    Source(
        "court outcome",
        "Outcome of a prosecution",
        "legal:prosecution",
        _court_outcomes,
        "Read each on its own page.",
        needs=P.VIEW_LEGAL,
    ),
)
