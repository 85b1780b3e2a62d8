"""Meetings: which kinds there are, who may be asked, what is to do, and what a case has of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils.timezone import localdate

from attendance.models import AdultLink, Contact, Sighting
from attendance.selectors.reasons import Person, person_of
from authorities.access import Reach
from authorities.models import School, User
from authorities.packs import Layer, PackError, PackLetter, PolicyInForce, load
from authorities.packs.schema import Meeting as PackMeeting
from authorities.permissions import Permission
from authorities.selectors import holders_of
from cases.access import cases_for
from cases.models import (
    Case,
    Invited,
    Meeting,
    MeetingAction,
    MeetingCase,
    Minutes,
    MinutesCopy,
    Part,
)
from rules.errors import InvalidInput
from rules.meeting_stages import MeetingState
from rules.school_calendar import year_start_on

OWN = "own"
OWN_LABELS = {"parent": "Parent or carer", "pupil": "Pupil"}
FAMILY = ("parent", "pupil")
AREAS = {"education": "Education", "health": "Health", "care": "Care"}
COLUMNS = {
    "worried": "What are we worried about?",
    "well": "What is going well?",
    "next": "Next steps",
}


@dataclass(frozen=True, slots=True)
class MeetingKind:
    """A kind of meeting that a policy in force has."""

    layer: Layer
    entry: PackMeeting

    @property
    def value(self) -> str:
        """The choice as a form sends it."""
        return f"{self.layer.pack.name}:{self.entry.key}"

    @property
    def with_family(self) -> bool:
        """Whether the family is asked to come."""
        return any(role in FAMILY for role in self.entry.invites)

    @property
    def roles(self) -> list[str]:
        """Who is to come, in the policy's words."""
        labels = {role.key: role.label for role in self.layer.pack.roles} | OWN_LABELS
        return [labels.get(key, key.replace("_", " ").capitalize()) for key in self.entry.invites]

    @property
    def notice_words(self) -> str:
        """How long before it is announced, "" where the policy does not say."""
        key = self.entry.notice
        return self.layer.pack.clock(key).words if key else ""

    @property
    def hint(self) -> str:
        """What the policy asks, in one line."""
        parts = [f"With: {', '.join(self.roles)}"]
        if self.notice_words:
            parts.append(f"Notice: {self.notice_words}")
        if self.entry.goes_ahead:
            parts.append("Goes ahead without the family too")
        if self.entry.rhythm:
            every = self.layer.pack.clock(self.entry.rhythm).words.removeprefix("1 ")
            parts.append(f"Held every {every}")
        return ". ".join(parts)

    @property
    def letters(self) -> list[PackLetter]:
        """The policy's letters that invite to it."""
        return [one for one in self.layer.pack.letters if one.meeting == self.entry.key]


def kinds_of(policy: PolicyInForce) -> list[MeetingKind]:
    """Every kind of meeting, most local policy first."""
    return [
        MeetingKind(layer, entry)
        for layer in reversed(policy.layers)
        for entry in layer.pack.meetings
    ]


def kind_of(policy: PolicyInForce, value: str) -> MeetingKind | None:
    """The kind that a form sent; None for one's own. Raises InvalidInput for any other."""
    if value == OWN:
        return None
    for kind in kinds_of(policy):
        if kind.value == value:
            return kind
    raise InvalidInput("Choose one of the kinds of meeting that this school uses.")


def entry_of(meeting: Meeting) -> PackMeeting | None:
    """What the policy said of a meeting when it was arranged; None for a kind of one's own.

    None too for an edition that is no longer among the policies.
    """
    if not meeting.key:
        return None
    try:
        pack = load(meeting.pack, meeting.edition)
    except PackError:
        return None
    return {one.key: one for one in pack.meetings}.get(meeting.key)


def family_of(case: Case, today: date) -> list[Person]:
    """The adults around the pupil, each judged alone. Unknown is no."""
    links = (
        AdultLink.objects.filter(authority=case.authority_id, pupil=case.pupil_id)
        .select_related("adult")
        .order_by("priority", "adult__surname", "pk")
    )
    return [person_of(link, today) for link in links]


def colleagues(school: School, today: date) -> list[User]:
    """Who may lead a meeting of a school or be asked to it."""
    return holders_of(Permission.CHANGE_CASE, school, today)


def cases_of(meeting: Meeting, reach: Reach) -> list[MeetingCase]:
    """The cases of a meeting that the person may see, each with minutes, actions and copies."""
    copies = MinutesCopy.objects.select_related("recorded_by").order_by("given_on", "pk")
    minutes = (
        Minutes.objects.select_related("written_by")
        .prefetch_related(Prefetch("copies", copies))
        .order_by("number")
    )
    actions = MeetingAction.objects.select_related("user", "done_by").order_by("due_on", "pk")
    return list(
        meeting.about.filter(case__in=cases_for(reach).order_by().values("pk"))
        .select_related("case__pupil", "case__school__trust", "case__enrolment")
        .prefetch_related(Prefetch("minutes", minutes), Prefetch("actions", actions))
        .order_by("case__pupil__sort_name", "pk")
    )


def invited_of(meeting: Meeting) -> list[Invited]:
    """Everybody who is asked to come, the family first."""
    order = list(Part)
    rows = meeting.invited.select_related("adult", "user", "told_by").order_by("pk")
    return sorted(rows, key=lambda row: order.index(Part(row.part)))


def may_still_tell(meeting: Meeting, today: date) -> dict[int, Person]:
    """Adult → how they are to be judged today, for each adult invited."""
    pupils = meeting.about.values("case__pupil")
    links = AdultLink.objects.filter(
        pupil__in=pupils, adult__in=meeting.invited.values("adult")
    ).select_related("adult")
    found: dict[int, Person] = {}
    for link in links:
        person = person_of(link, today)
        if link.adult_id not in found or not person.may:  # one no is a no
            found[link.adult_id] = person
    return found


def to_be_copied(meeting: Meeting, today: date) -> list[Invited]:
    """Who gets a copy of the minutes, there or not: the adults who may be told, and others whom
    the policy names."""
    may = {pk for pk, person in may_still_tell(meeting, today).items() if person.may}
    more = bool(set(meeting.minutes_to) - {"parent"})
    return [
        row
        for row in invited_of(meeting)
        if row.adult_id in may or (row.part == Part.PROFESSIONAL and more)
    ]


def clashes(
    pupils: Iterable[int], starts_at: datetime, ends_at: datetime, *, but: int | None = None
) -> QuerySet[Meeting]:
    """Planned meetings of these pupils' families at the same time, also about a brother or sister.

    Must be asked with the family's rows locked, so that two people cannot both find it free.
    """
    adults = AdultLink.objects.filter(pupil__in=list(pupils)).values("adult")
    return (
        Meeting.objects.filter(
            state=MeetingState.PLANNED.value,
            agenda=False,
            starts_at__lt=ends_at,
            ends_at__gt=starts_at,
        )
        .filter(Q(about__case__pupil__in=list(pupils)) | Q(invited__adult__in=adults))
        .exclude(pk__in=[] if but is None else [but])
        .distinct()
    )


NEXT = {
    MeetingState.MOVED: "It was moved. Go on with the new date.",
    MeetingState.CANCELLED: "Nothing more to do here.",
    MeetingState.MISSED: (
        "Offer a second date. Or, where the policy lets it, go ahead without the family. "
        "If you do neither, say why."
    ),
}


def next_of(meeting: Meeting, about: Sequence[MeetingCase], today: date) -> str:
    """What a person would do next, in one sentence."""
    state = MeetingState(meeting.state)
    if state in NEXT:
        return NEXT[state]
    if state == MeetingState.PLANNED:
        return _before(meeting, about, today)
    if any(not one.minutes.all() and one.case.closed_on is None for one in about):
        return "Write the minutes."
    return _after(meeting, about, today)


def _after(meeting: Meeting, about: Sequence[MeetingCase], today: date) -> str:
    """What is to do once the minutes are written: copies, then what was agreed."""
    going_on = [one for one in about if one.case.closed_on is None]
    wanted = {row.pk for row in to_be_copied(meeting, today)}
    last = [list(one.minutes.all())[-1] for one in going_on]
    if any(wanted - {copy.to_id for copy in minutes.copies.all()} for minutes in last):
        return "Give everybody a copy of the minutes, and see that the actions are done."
    if any(action.done_on is None for one in going_on for action in one.actions.all()):
        return "See that the actions are done."
    return "Nothing more to do here."


def _before(meeting: Meeting, about: Sequence[MeetingCase], today: date) -> str:
    """What is to do for a planned meeting."""
    if meeting.agenda and not about:
        return "Put the pupils on the agenda."
    if localdate(meeting.starts_at) < today:
        return "The day has passed. Write down what became of it."
    if any(not row.way for row in invited_of(meeting)):
        return "Invite everybody, and write down how each was told."
    return "Everybody has been told. Write down what became of it on the day."


def meetings_of(case: Case) -> QuerySet[MeetingCase]:
    """A case's meetings, newest first."""
    return (
        case.meetings.select_related("meeting__leader", "meeting__school")
        .prefetch_related("minutes", "actions")
        .order_by("-meeting__starts_at", "-pk")
    )


def contacts_of(case: Case) -> QuerySet[Contact]:
    """The contacts with the family in the school year of the case and since, newest first."""
    first = year_start_on(case.opened_on)
    rows = Contact.objects.filter(enrolment=case.enrolment_id, made_at__date__gte=first)
    if case.closed_on is not None:
        rows = rows.filter(made_at__date__lte=case.closed_on)
    return rows.select_related("adult", "logged_by").order_by("-made_at", "-pk")


def sightings_of(case: Case) -> QuerySet[Sighting]:
    """When somebody saw the pupil, in the school year of the case and since."""
    first = year_start_on(case.opened_on)
    rows = Sighting.objects.filter(enrolment=case.enrolment_id, seen_on__gte=first)
    if case.closed_on is not None:
        rows = rows.filter(seen_on__lte=case.closed_on)
    return rows.select_related("logged_by").order_by("-seen_on", "-pk")


# For the list, and for one meeting


def invited_to(reach: Reach) -> QuerySet[Invited]:
    """The invitations of the person who asks."""
    return Invited.objects.filter(authority=reach.authority, user=reach.user)


def without_minutes(rows: QuerySet[Meeting], minutes: str) -> QuerySet[Meeting]:
    """Meetings held: "missing" about a case without minutes, else with minutes nobody has."""
    about = MeetingCase.objects.filter(meeting=OuterRef("pk"))
    written = Exists(Minutes.objects.filter(of=OuterRef("pk")))
    copies = Exists(MinutesCopy.objects.filter(minutes__of=OuterRef("pk")))
    about = about.filter(case__closed_on=None) | about.filter(written)
    lacking = about.filter(~written) if minutes == "missing" else about.filter(written, ~copies)
    return rows.filter(Exists(lacking), state=MeetingState.HELD)


def meeting_after(meeting: Meeting) -> Meeting | None:
    """The second date of a meeting, if one was set."""
    return Meeting.objects.filter(before=meeting).first()


def action_of(row: MeetingCase, pk: int) -> MeetingAction | None:
    """One action agreed about a case at a meeting."""
    return MeetingAction.objects.filter(of=row, pk=pk).select_related("of__case").first()
