"""Every route, and who may open it. A route that is not here fails the suite.

For each route: the arguments it needs (names of things in the world below), and the roles that may
open it at the school, at the authority and at the trust that the things belong to. Everybody else
is refused: people of the same authority with 403 or 404, strangers and people of other schools
with 404 exactly, so that nobody learns that a thing exists.
"""

from dataclasses import dataclass, field

from authorities.permissions import Role

R = Role
OFFICE = {R.HEADTEACHER, R.ATTENDANCE_LEAD, R.ATTENDANCE_OFFICER}
CASE_STAFF = OFFICE | {R.SAFEGUARDING_LEAD}
TEACHING = CASE_STAFF | {R.TUTOR}
SCHOOL_STAFF = TEACHING | {R.GOVERNOR}
CASE_AUTHORITY = {R.SUPPORT_WORKER, R.LEGAL_OFFICER, R.AUTHORISING_OFFICER}
PUPIL_AUTHORITY = CASE_AUTHORITY | {R.NOTICE_CLERK}
AUTHORITY_STAFF = PUPIL_AUTHORITY | {R.AUTHORITY_ADMINISTRATOR}


@dataclass(frozen=True)
class Route:
    """Who may open a route, with which method, and what it needs."""

    school: set[Role] = field(default_factory=set)
    authority: set[Role] = field(default_factory=set)
    trust: bool = False
    needs: tuple[str, ...] = ()  # names of the world's things: pupil, case, batch …
    method: str = "GET"
    data: dict[str, str] = field(default_factory=dict)
    page: bool = True  # False for a file, a picture or a part of a page


# Anyone may ask for these, signed in or not; allauth's own pages decide for themselves.
PUBLIC = {"health", "api-schema"}
OWN_ACCOUNT = "account_", "mfa_"

ROUTES: dict[str, Route] = {
    # authorities
    "authorities:people": Route({R.HEADTEACHER}, {R.AUTHORITY_ADMINISTRATOR}),
    "authorities:people_invite": Route({R.HEADTEACHER}, {R.AUTHORITY_ADMINISTRATOR}),
    "authorities:people_change": Route(
        {R.HEADTEACHER}, {R.AUTHORITY_ADMINISTRATOR}, needs=("membership",)
    ),
    "authorities:audit": Route({R.HEADTEACHER}, {R.AUTHORITY_ADMINISTRATOR}),
    "authorities:job": Route(OFFICE, {R.AUTHORITY_ADMINISTRATOR}, needs=("job",)),
    "authorities:job_cancel": Route(
        OFFICE, {R.AUTHORITY_ADMINISTRATOR}, needs=("job",), method="POST"
    ),
    "authorities:job_again": Route(
        OFFICE, {R.AUTHORITY_ADMINISTRATOR}, needs=("job",), method="POST"
    ),
}

# Signed-in pages outside an authority, with tests of their own.
ELSEWHERE = {"authorities:places", "authorities:trust"}
