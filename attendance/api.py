"""What machines may read: schools, pupils without their names, standings, crossings and jobs."""

from typing import Any, ClassVar

from django.db.models import Model, QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from attendance.models import Crossing, Enrolment, Pupil, PupilStanding
from attendance.selectors import records as selectors
from audit.record import Kind, record
from authorities.api import InAuthority
from authorities.models import Job, School
from authorities.permissions import Permission

SCHOOL = OpenApiParameter("school", str, description="Only this school, by its URN")
YEAR = OpenApiParameter(
    "year",
    int,
    description="The calendar year in which the school year starts; this one unless told",
)


class ReadOnly(InAuthority, mixins.ListModelMixin, viewsets.GenericViewSet):
    """A list that one authority's people may read, written down each time."""

    model: ClassVar[type[Model]]
    audited: ClassVar[bool] = True

    def rows(self) -> QuerySet[Any]:
        """The rows that the caller may see."""
        raise NotImplementedError

    def get_queryset(self) -> QuerySet[Any]:
        """Nothing while the schema is drawn; else the caller's rows."""
        if getattr(self, "swagger_fake_view", False):
            return self.model._default_manager.none()
        return self.rows()

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One page."""
        response = super().list(request, *args, **kwargs)
        if self.audited:
            record(
                Kind.PUPILS_LISTED,
                by=request.user,
                authority=self.reach.authority,
                on=f"{self.model._meta.label}:api",
                count=len(response.data["results"]),
            )
        return response

    @property
    def urn(self) -> str:
        """The school asked for, or nothing."""
        asked = str(self.request.query_params.get("school", ""))
        return asked.replace("\0", "\ufffd")  # PostgreSQL takes no NUL; this is no school's URN

    @property
    def year(self) -> int:
        """The school year asked for."""
        return selectors.year_asked(self.request.query_params.get("year", ""), self.reach.today)


class SchoolSummary(serializers.ModelSerializer):
    """A school: public facts only."""

    trust = serializers.CharField(source="trust.code", allow_null=True, default=None)

    class Meta:
        model = School
        fields = ["urn", "number", "name", "phase", "kind", "trust"]
        read_only_fields = fields


class Schools(ReadOnly):
    """The schools of one authority that the caller may see."""

    permission = Permission.VIEW_SCHOOL
    serializer_class = SchoolSummary
    model = School
    audited = False

    def rows(self) -> QuerySet[School]:
        """By name."""
        return selectors.schools(self.reach)


class EnrolmentSummary(serializers.ModelSerializer):
    """Where a pupil is on roll."""

    school = serializers.CharField(source="school.urn")

    class Meta:
        model = Enrolment
        fields = ["school", "status", "starts_on", "ends_on", "year_group", "registration_group"]
        read_only_fields = fields


class PupilSummary(serializers.ModelSerializer):
    """A pupil by reference and UPN. No name, no date of birth, no family."""

    enrolments = EnrolmentSummary(source="visible_enrolments", many=True)

    class Meta:
        model = Pupil
        fields = ["reference", "upn", "enrolments"]
        read_only_fields = fields


@extend_schema_view(list=extend_schema(parameters=[SCHOOL]))
class Pupils(ReadOnly):
    """The pupils that the caller may see, past ones too."""

    permission = Permission.VIEW_PUPIL
    serializer_class = PupilSummary
    model = Pupil

    def rows(self) -> QuerySet[Pupil]:
        """By reference."""
        return selectors.pupils(self.reach, self.urn)


class StandingSummary(serializers.ModelSerializer):
    """Where one enrolment stands: the sweep's figures, in sessions."""

    pupil = serializers.CharField(source="enrolment.pupil.reference")
    school = serializers.CharField(source="school.urn")
    basis_points = serializers.IntegerField(
        source="rate_or_none", allow_null=True, help_text="10,000 x attended / possible, down"
    )
    state = serializers.CharField(source="get_state_display")
    first_met_on = serializers.DateField(source="first_met_at.day", default=None, allow_null=True)

    class Meta:
        model = PupilStanding
        fields = [
            "pupil",
            "school",
            "year",
            "as_of",
            "possible",
            "attended",
            "authorised",
            "unauthorised",
            "late_before",
            "late_after",
            "basis_points",
            "persistent",
            "severe",
            "window_count",
            "window_unresolved",
            "state",
            "first_met_on",
            "back_possible",
            "back_attended",
            "back_authorised",
            "back_unauthorised",
        ]
        read_only_fields = fields


@extend_schema_view(list=extend_schema(parameters=[SCHOOL, YEAR]))
class Standings(ReadOnly):
    """Where each enrolment stood when the sweep last looked."""

    permission = Permission.VIEW_PUPIL
    serializer_class = StandingSummary
    model = PupilStanding

    def rows(self) -> QuerySet[PupilStanding]:
        """By enrolment."""
        return selectors.standings(self.reach, self.urn, self.year)


class CrossingSummary(serializers.ModelSerializer):
    """A line that an enrolment met, is near, or came back from."""

    pupil = serializers.CharField(source="enrolment.pupil.reference")
    school = serializers.CharField(source="school.urn")

    class Meta:
        model = Crossing
        fields = ["pupil", "school", "year", "kind", "state", "since", "changed_at", "seen_at"]
        read_only_fields = fields


@extend_schema_view(list=extend_schema(parameters=[SCHOOL, YEAR]))
class Crossings(ReadOnly):
    """The worklist, newest first."""

    permission = Permission.VIEW_PUPIL
    serializer_class = CrossingSummary
    model = Crossing

    def rows(self) -> QuerySet[Crossing]:
        """Newest first."""
        return selectors.crossings(self.reach, self.urn, self.year)


class JobSummary(serializers.ModelSerializer):
    """How far a piece of long work has got."""

    class Meta:
        model = Job
        fields = [
            "reference",
            "kind",
            "state",
            "done",
            "total",
            "doing",
            "problem",
            "asked_at",
            "finished_at",
        ]
        read_only_fields = fields


class Jobs(mixins.RetrieveModelMixin, ReadOnly):
    """The caller's own jobs, and those of schools that they import for."""

    permission = Permission.VIEW_SCHOOL
    serializer_class = JobSummary
    model = Job
    audited = False
    lookup_field = "reference"

    def rows(self) -> QuerySet[Job]:
        """Newest first."""
        return selectors.jobs(self.reach)
