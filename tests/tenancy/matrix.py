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
LEADERS = OFFICE - {R.ATTENDANCE_OFFICER}
CASE_STAFF = OFFICE | {R.SAFEGUARDING_LEAD}
TEACHING = CASE_STAFF | {R.TUTOR}
TAKERS = OFFICE | {R.TUTOR}
SCHOOL_STAFF = TEACHING | {R.GOVERNOR}
CASE_AUTHORITY = {R.SUPPORT_WORKER, R.LEGAL_OFFICER, R.AUTHORISING_OFFICER}
PUPIL_AUTHORITY = CASE_AUTHORITY | {R.NOTICE_CLERK}
OFFICERS = {R.LEGAL_OFFICER, R.AUTHORISING_OFFICER}
NOTICE_KEEPERS = {R.LEGAL_OFFICER, R.NOTICE_CLERK}
NOTICE_DECIDERS = {R.LEGAL_OFFICER, R.AUTHORISING_OFFICER}
ASKERS = {R.SUPPORT_WORKER, R.LEGAL_OFFICER}
ADMIN = {R.AUTHORITY_ADMINISTRATOR}
AUTHORITY_STAFF = PUPIL_AUTHORITY | ADMIN


@dataclass(frozen=True)
class Route:
    """Who may open a route, with which method, and what it needs."""

    school: set[Role] = field(default_factory=set)
    authority: set[Role] = field(default_factory=set)
    trust: bool = False
    needs: tuple[str, ...] = ()  # names of the world's things: pupil, case, batch …
    method: str = "GET"
    data: dict[str, str] = field(default_factory=dict)
    shared: bool = False  # needs things that belong to the whole authority, not to Hillside
    page: bool = True  # False for a file, a picture or a part of a page


# Anyone may ask for these, signed in or not; allauth's own pages decide for themselves.
# A calendar program cannot sign in: its address holds a secret that ends, and names no child.
PUBLIC = {"health", "api-schema", "cases:meeting_feed_file"}
OWN_ACCOUNT = "account_", "mfa_"

ROUTES: dict[str, Route] = {
    # authorities
    "authorities:people": Route({R.HEADTEACHER}, {R.AUTHORITY_ADMINISTRATOR}),
    "authorities:people_invite": Route({R.HEADTEACHER}, {R.AUTHORITY_ADMINISTRATOR}),
    "authorities:people_change": Route(
        {R.HEADTEACHER}, {R.AUTHORITY_ADMINISTRATOR}, needs=("membership",)
    ),
    "authorities:views": Route(SCHOOL_STAFF, AUTHORITY_STAFF, trust=True),
    "authorities:view_keep": Route(SCHOOL_STAFF, AUTHORITY_STAFF, trust=True, method="POST"),
    "authorities:view_change": Route({R.ATTENDANCE_OFFICER}, needs=("saved_view",), method="POST"),
    "authorities:audit": Route({R.HEADTEACHER}, {R.AUTHORITY_ADMINISTRATOR}),
    "authorities:job": Route(OFFICE, {R.AUTHORITY_ADMINISTRATOR}, needs=("job",)),
    "authorities:job_cancel": Route(
        OFFICE, {R.AUTHORITY_ADMINISTRATOR}, needs=("job",), method="POST"
    ),
    "authorities:job_again": Route(
        OFFICE, {R.AUTHORITY_ADMINISTRATOR}, needs=("job",), method="POST"
    ),
    # attendance: the worklist and the lists
    # governors and administrators, who see no pupils, are sent on to the schools
    "attendance:home": Route(SCHOOL_STAFF, AUTHORITY_STAFF, trust=True),
    "attendance:home_search": Route(
        SCHOOL_STAFF, AUTHORITY_STAFF, trust=True, method="POST", data={"q": "robin"}
    ),
    "attendance:home_seen": Route(CASE_STAFF, {R.SUPPORT_WORKER}, method="POST"),
    "attendance:home_unseen": Route(CASE_STAFF, {R.SUPPORT_WORKER}, method="POST"),
    "attendance:pupils": Route(TEACHING, PUPIL_AUTHORITY, trust=True),
    "attendance:pupils_search": Route(
        TEACHING, PUPIL_AUTHORITY, trust=True, method="POST", data={"q": "robin"}
    ),
    # attendance: one pupil
    "attendance:pupil": Route(TEACHING, PUPIL_AUTHORITY, True, ("pupil",)),
    "attendance:pupil_patterns": Route(TEACHING, PUPIL_AUTHORITY, True, ("pupil",)),
    "attendance:group_patterns": Route(TEACHING, PUPIL_AUTHORITY, trust=True),
    "attendance:pupil_details": Route(TEACHING, PUPIL_AUTHORITY, True, ("pupil",)),
    "attendance:pupil_proof": Route(TEACHING, PUPIL_AUTHORITY, True, ("pupil",)),
    "attendance:pupil_register": Route(TEACHING, PUPIL_AUTHORITY, True, ("pupil",)),
    "attendance:pupil_session": Route(TEACHING, PUPIL_AUTHORITY, True, ("pupil", "session")),
    "attendance:pupil_chart": Route(
        TEACHING, PUPIL_AUTHORITY, True, ("pupil", "chart"), page=False
    ),
    "attendance:pupil_change": Route(CASE_STAFF, needs=("pupil",)),
    "attendance:pupil_flag_add": Route(CASE_STAFF, needs=("pupil",)),
    "attendance:pupil_flag": Route(CASE_STAFF, needs=("pupil", "flag")),
    "attendance:pupil_adult": Route(CASE_STAFF, PUPIL_AUTHORITY, True, ("pupil", "adult")),
    "attendance:pupil_adult_change": Route(CASE_STAFF, needs=("pupil", "adult")),
    "attendance:protections": Route(CASE_STAFF),
    "attendance:protections_answer": Route(CASE_STAFF, method="POST"),
    # finding out why a pupil is away
    "attendance:absences": Route(CASE_STAFF, {R.SUPPORT_WORKER}),
    "attendance:absences_overdue": Route(OFFICE, method="POST"),
    "attendance:pupil_contacts": Route(CASE_STAFF, CASE_AUTHORITY, True, ("pupil",)),
    "attendance:contact_add": Route(CASE_STAFF, {R.SUPPORT_WORKER}, needs=("pupil",)),
    "attendance:worker_told": Route(CASE_STAFF, {R.SUPPORT_WORKER}, needs=("pupil",)),
    # returns to the council, sightings, clocks
    "attendance:returns": Route(CASE_STAFF, {R.SUPPORT_WORKER}),
    "attendance:returns_make": Route(CASE_STAFF, {R.SUPPORT_WORKER}, needs=("pupil", "due")),
    "attendance:returns_made": Route(CASE_STAFF, {R.SUPPORT_WORKER}, needs=("return",)),
    "attendance:returns_sickness": Route(OFFICE, needs=("pupil",)),
    "attendance:not_seen": Route(CASE_STAFF, {R.SUPPORT_WORKER}),
    "attendance:sighting_add": Route(CASE_STAFF, {R.SUPPORT_WORKER}, needs=("pupil",)),
    "attendance:pupil_clocks": Route(CASE_STAFF, CASE_AUTHORITY, True, ("pupil",)),
    # rolls: leaving, coming back, moving up, histories from elsewhere
    "attendance:pupil_rolls": Route(CASE_STAFF, CASE_AUTHORITY, True, ("pupil",)),
    "attendance:pupil_leaving": Route(OFFICE, needs=("pupil",)),
    "attendance:pupil_leaving_undo": Route(OFFICE, needs=("gone", "leaving")),
    "attendance:pupil_again": Route(OFFICE, needs=("gone",)),
    "attendance:pupil_history": Route(CASE_STAFF, CASE_AUTHORITY, True, ("pupil", "history")),
    "attendance:pupil_history_add": Route(OFFICE, needs=("pupil",)),
    "attendance:pupil_history_file": Route(CASE_STAFF, needs=("pupil",), method="POST"),
    "attendance:year_end": Route(LEADERS, needs=("school",)),
    "attendance:year_end_one": Route(LEADERS, needs=("roll_over",)),
    "attendance:year_end_groups": Route(LEADERS, needs=("roll_over",)),
    "attendance:year_end_row": Route(LEADERS, needs=("roll_over", "roll_row")),
    "attendance:year_end_confirm": Route(LEADERS, needs=("roll_over",), method="POST"),
    "attendance:year_end_discard": Route(LEADERS, needs=("roll_over",), method="POST"),
    "attendance:year_end_undo": Route(LEADERS, needs=("roll_over",), method="POST"),
    # keeping the register: a waiting correction, asked for by the officer
    "attendance:mark_change": Route(OFFICE, needs=("pupil", "session"), method="POST"),
    "attendance:corrections": Route(OFFICE),
    "attendance:correction_new": Route(OFFICE),
    "attendance:correction": Route(OFFICE, needs=("correction",)),
    "attendance:correction_confirm": Route(OFFICE, needs=("correction",), method="POST"),
    "attendance:correction_discard": Route(OFFICE, needs=("correction",), method="POST"),
    "attendance:correction_agree": Route(
        OFFICE - {R.ATTENDANCE_OFFICER}, needs=("correction",), method="POST"
    ),
    "attendance:correction_decline": Route(
        OFFICE - {R.ATTENDANCE_OFFICER}, needs=("correction",), method="POST"
    ),
    "attendance:correction_withdraw": Route(
        {R.ATTENDANCE_OFFICER}, needs=("correction",), method="POST"
    ),
    "attendance:correction_undo": Route(OFFICE, needs=("correction",), method="POST"),
    # what is agreed before a register
    "attendance:arrangements": Route(CASE_STAFF, CASE_AUTHORITY, trust=True),
    "attendance:arrangement_add": Route(OFFICE),
    "attendance:arrangement_new": Route(OFFICE, needs=("kind",), shared=True),
    "attendance:arrangement": Route(CASE_STAFF, CASE_AUTHORITY, True, ("arrangement",)),
    "attendance:arrangement_end": Route(OFFICE, needs=("arrangement",)),
    "attendance:pupil_arrangements": Route(CASE_STAFF, CASE_AUTHORITY, True, ("pupil",)),
    "attendance:leave": Route(CASE_STAFF, CASE_AUTHORITY, trust=True),
    "attendance:leave_form": Route(CASE_STAFF, CASE_AUTHORITY, trust=True),
    "attendance:leave_add": Route(OFFICE, needs=("pupil",)),
    "attendance:leave_request": Route(CASE_STAFF, CASE_AUTHORITY, True, ("leave",)),
    "attendance:leave_correct": Route(OFFICE, needs=("leave",)),
    "attendance:leave_decide": Route({R.HEADTEACHER}, needs=("leave",)),
    "attendance:leave_return": Route(OFFICE, needs=("leave",)),
    "attendance:leave_withdraw": Route(OFFICE, needs=("leave",), method="POST"),
    "attendance:part_time": Route(CASE_STAFF, CASE_AUTHORITY, trust=True),
    "attendance:part_time_add": Route(OFFICE, needs=("pupil",)),
    "attendance:part_time_one": Route(CASE_STAFF, CASE_AUTHORITY, True, ("timetable",)),
    "attendance:part_time_review": Route(OFFICE, needs=("timetable",)),
    "attendance:part_time_council": Route(OFFICE, needs=("timetable",)),
    "attendance:evidence": Route(CASE_STAFF, CASE_AUTHORITY, trust=True),
    "attendance:evidence_add": Route(OFFICE, needs=("pupil",)),
    "attendance:evidence_request": Route(CASE_STAFF, CASE_AUTHORITY, True, ("evidence",)),
    "attendance:dual": Route(CASE_STAFF, CASE_AUTHORITY, trust=True),
    "attendance:pupil_dual": Route(CASE_STAFF, CASE_AUTHORITY, True, ("twin",)),
    # schools and calendars
    "attendance:schools": Route(SCHOOL_STAFF, AUTHORITY_STAFF, trust=True),
    "attendance:school": Route(SCHOOL_STAFF, AUTHORITY_STAFF, True, ("school",)),
    "attendance:calendar": Route(SCHOOL_STAFF, AUTHORITY_STAFF, True, ("school",)),
    "attendance:calendar_year": Route(SCHOOL_STAFF, AUTHORITY_STAFF, True, ("school", "year")),
    "attendance:calendar_copy": Route(OFFICE, ADMIN, needs=("school", "year")),
    "attendance:calendar_import": Route(OFFICE, ADMIN, needs=("school", "year")),
    "attendance:calendar_term_add": Route(OFFICE, ADMIN, needs=("school", "year")),
    "attendance:calendar_term": Route(OFFICE, ADMIN, needs=("school", "year", "term")),
    "attendance:calendar_day_add": Route(OFFICE, ADMIN, needs=("school", "year")),
    "attendance:calendar_day": Route(OFFICE, ADMIN, needs=("school", "year", "day")),
    "attendance:authority_calendar": Route(SCHOOL_STAFF, AUTHORITY_STAFF, trust=True),
    "attendance:authority_calendar_year": Route(
        SCHOOL_STAFF, AUTHORITY_STAFF, True, needs=("year",), shared=True
    ),
    "attendance:authority_calendar_import": Route(authority=ADMIN, needs=("year",)),
    "attendance:authority_calendar_term_add": Route(authority=ADMIN, needs=("year",)),
    "attendance:authority_calendar_term": Route(authority=ADMIN, needs=("year", "own_term")),
    "attendance:authority_calendar_day_add": Route(authority=ADMIN, needs=("year",)),
    "attendance:authority_calendar_day": Route(authority=ADMIN, needs=("year", "own_day")),
    # files that arrive
    "attendance:imports": Route(OFFICE, ADMIN),
    "attendance:import_new": Route(OFFICE, ADMIN),
    "attendance:import_batch": Route(OFFICE, ADMIN, needs=("batch",)),
    "attendance:import_mapping": Route(OFFICE, ADMIN, needs=("batch",)),
    "attendance:import_codes": Route(OFFICE, ADMIN, needs=("batch",)),
    "attendance:import_pupils": Route(OFFICE, needs=("quarantine",)),
    "attendance:import_pupil": Route(OFFICE, needs=("quarantine", "unknown")),
    "attendance:import_pupil_confirm": Route(OFFICE, needs=("quarantine", "unknown", "chosen")),
    "attendance:import_pupil_unname": Route(OFFICE, needs=("quarantine", "unknown"), method="POST"),
    "attendance:import_problems": Route(OFFICE, ADMIN, needs=("batch",)),
    "attendance:import_changes": Route(OFFICE, ADMIN, needs=("batch",)),
    "attendance:import_totals": Route(OFFICE, ADMIN, needs=("batch",)),
    "attendance:import_undo": Route(OFFICE, ADMIN, needs=("batch",)),
    "attendance:import_check": Route(OFFICE, ADMIN, needs=("batch",), method="POST"),
    "attendance:import_take": Route(OFFICE, ADMIN, needs=("batch",), method="POST"),
    "attendance:import_release": Route(OFFICE, ADMIN, needs=("batch",), method="POST"),
    "attendance:import_discard": Route(OFFICE, ADMIN, needs=("batch",), method="POST"),
    # registers that are taken here
    "attendance:registers": Route(TAKERS),
    "attendance:registers_missing": Route(OFFICE),
    "attendance:register": Route(TAKERS, needs=("school", "session", "group")),
    "attendance:register_times": Route(OFFICE, needs=("school",)),
    "attendance:register_groups": Route(OFFICE, needs=("school",)),
    "attendance:register_group": Route(OFFICE, needs=("school", "group")),
    # cases, and letters with them
    # what waits for a person
    "cases:work": Route(CASE_STAFF, PUPIL_AUTHORITY, trust=True),
    "cases:work_search": Route(
        CASE_STAFF, PUPIL_AUTHORITY, trust=True, method="POST", data={"q": "robin"}
    ),
    "cases:bulk": Route(CASE_STAFF, {R.SUPPORT_WORKER}, method="POST"),
    "cases:bulk_undo": Route(CASE_STAFF, {R.SUPPORT_WORKER}, method="POST"),
    "cases:deadline": Route(CASE_STAFF, PUPIL_AUTHORITY, True, ("deadline",)),
    "cases:due": Route(CASE_STAFF, PUPIL_AUTHORITY, True, ("case",)),
    "cases:case_keep": Route(CASE_STAFF, {R.SUPPORT_WORKER}, needs=("case",)),
    "cases:cases": Route(CASE_STAFF, PUPIL_AUTHORITY, trust=True),
    "cases:open": Route(CASE_STAFF, {R.SUPPORT_WORKER}, needs=("crossing",)),
    "cases:open_for_pupil": Route(CASE_STAFF, {R.SUPPORT_WORKER}, needs=("pupil",)),
    "cases:pupil_cases": Route(CASE_STAFF, PUPIL_AUTHORITY, True, ("pupil",)),
    "cases:case": Route(CASE_STAFF, PUPIL_AUTHORITY, True, ("case",)),
    "cases:case_move": Route(CASE_STAFF, {R.SUPPORT_WORKER}, needs=("case",)),
    "cases:case_close": Route(CASE_STAFF, {R.SUPPORT_WORKER}, needs=("case",)),
    "cases:case_owner": Route(CASE_STAFF, {R.SUPPORT_WORKER}, needs=("case",)),
    "cases:case_happened": Route(CASE_STAFF, {R.SUPPORT_WORKER}, needs=("case",)),
    "cases:case_letter_review": Route(CASE_STAFF, {R.SUPPORT_WORKER}, needs=("case",)),
    "cases:case_proposal": Route(CASE_STAFF, {R.SUPPORT_WORKER}, needs=("case", "proposal")),
    "cases:pupil_policy": Route(CASE_STAFF, PUPIL_AUTHORITY, True, ("pupil",)),
    "cases:policy": Route(CASE_STAFF, PUPIL_AUTHORITY, True, ("case",)),
    "cases:what_ifs": Route(LEADERS, ADMIN),
    "cases:what_if": Route(LEADERS, ADMIN, needs=("replay",)),
    "cases:what_if_chart": Route(LEADERS, ADMIN, needs=("replay",), page=False),
    "cases:what_if_pupils": Route(LEADERS, needs=("replay",)),
    "cases:proposals": Route(CASE_STAFF, PUPIL_AUTHORITY, trust=True),
    "cases:proposals_leave": Route(CASE_STAFF, {R.SUPPORT_WORKER}),
    "cases:proposals_look": Route(CASE_STAFF, {R.SUPPORT_WORKER}, method="POST"),
    "cases:proposal": Route(CASE_STAFF, PUPIL_AUTHORITY, True, ("noted",)),
    "cases:proposal_done": Route(CASE_STAFF, {R.SUPPORT_WORKER}, needs=("noted",), method="POST"),
    "cases:proposal_hold": Route(CASE_STAFF, {R.SUPPORT_WORKER}, needs=("noted",), method="POST"),
    "cases:case_contacts": Route(CASE_STAFF, PUPIL_AUTHORITY, True, ("case",)),
    "cases:case_contact_add": Route(CASE_STAFF, {R.SUPPORT_WORKER}, needs=("case",)),
    "cases:meeting_arrange": Route(CASE_STAFF, {R.SUPPORT_WORKER}, needs=("case",)),
    "cases:meetings": Route(CASE_STAFF, PUPIL_AUTHORITY, trust=True),
    "cases:meeting_new": Route(CASE_STAFF, {R.SUPPORT_WORKER}),
    "cases:meeting_feed": Route(CASE_STAFF, PUPIL_AUTHORITY, trust=True),
    "cases:meeting": Route(CASE_STAFF, PUPIL_AUTHORITY, True, ("meeting",)),
    "cases:meeting_ics": Route(CASE_STAFF, PUPIL_AUTHORITY, True, ("meeting",), page=False),
    "cases:meeting_tell": Route(CASE_STAFF, {R.SUPPORT_WORKER}, needs=("meeting",)),
    "cases:meeting_settle": Route(CASE_STAFF, {R.SUPPORT_WORKER}, needs=("meeting",)),
    "cases:meeting_move": Route(CASE_STAFF, {R.SUPPORT_WORKER}, needs=("meeting",)),
    "cases:meeting_add_case": Route(CASE_STAFF, {R.SUPPORT_WORKER}, needs=("meeting",)),
    "cases:meeting_minutes": Route(CASE_STAFF, {R.SUPPORT_WORKER}, needs=("held", "held_case")),
    "cases:meeting_action": Route(CASE_STAFF, {R.SUPPORT_WORKER}, needs=("held", "held_case")),
    "cases:meeting_action_done": Route(
        CASE_STAFF, {R.SUPPORT_WORKER}, needs=("held", "held_case", "agreed_action")
    ),
    "cases:meeting_copies": Route(CASE_STAFF, {R.SUPPORT_WORKER}, needs=("held", "held_case")),
    "cases:meeting_record": Route(
        CASE_STAFF, CASE_AUTHORITY, True, ("held", "held_case"), page=False
    ),
    "cases:support": Route(CASE_STAFF, PUPIL_AUTHORITY, True, ("case",)),
    "cases:barrier_add": Route(CASE_STAFF, {R.SUPPORT_WORKER}, needs=("case",)),
    "cases:barrier": Route(CASE_STAFF, PUPIL_AUTHORITY, True, ("case", "barrier")),
    "cases:considerations": Route(CASE_STAFF, PUPIL_AUTHORITY, True, ("case",)),
    "cases:support_catalogue": Route(CASE_STAFF, PUPIL_AUTHORITY, True, ("case",)),
    "cases:support_add": Route(CASE_STAFF, {R.SUPPORT_WORKER}, needs=("case",)),
    "cases:support_one": Route(CASE_STAFF, PUPIL_AUTHORITY, True, ("case", "support")),
    "cases:plan": Route(CASE_STAFF, PUPIL_AUTHORITY, True, ("case",)),
    "cases:plan_start": Route(CASE_STAFF, {R.SUPPORT_WORKER}, needs=("case",)),
    "cases:plan_chart": Route(CASE_STAFF, PUPIL_AUTHORITY, True, ("case",), page=False),
    "cases:cycle": Route(CASE_STAFF, PUPIL_AUTHORITY, True, ("case", "cycle")),
    "cases:cycle_assess": Route(CASE_STAFF, {R.SUPPORT_WORKER}, needs=("case", "cycle")),
    "cases:cycle_target": Route(CASE_STAFF, {R.SUPPORT_WORKER}, needs=("case", "cycle")),
    "cases:cycle_action": Route(CASE_STAFF, {R.SUPPORT_WORKER}, needs=("case", "cycle")),
    "cases:cycle_action_end": Route(
        CASE_STAFF, {R.SUPPORT_WORKER}, needs=("case", "cycle", "action")
    ),
    "cases:cycle_log": Route(CASE_STAFF, {R.SUPPORT_WORKER}, needs=("case", "cycle")),
    "cases:cycle_midway": Route(CASE_STAFF, {R.SUPPORT_WORKER}, needs=("case", "cycle")),
    "cases:cycle_review": Route(CASE_STAFF, {R.SUPPORT_WORKER}, needs=("case", "cycle")),
    "cases:cycle_pdf": Route(CASE_STAFF, PUPIL_AUTHORITY, True, ("case", "cycle"), page=False),
    "cases:case_referrals": Route(CASE_STAFF, CASE_AUTHORITY, True, ("case",)),
    "cases:referrals": Route(CASE_STAFF, CASE_AUTHORITY, trust=True),
    "cases:referral": Route(CASE_STAFF, CASE_AUTHORITY, True, ("referral",)),
    "cases:referral_write": Route(CASE_STAFF, needs=("draft_referral",)),
    "cases:referral_send": Route(CASE_STAFF, needs=("draft_referral",)),
    "cases:referral_withdraw": Route(CASE_STAFF, needs=("referral",), method="POST"),
    "cases:referral_receive": Route(
        authority={R.SUPPORT_WORKER}, needs=("referral",), method="POST"
    ),
    "cases:referral_answer": Route(
        authority={R.SUPPORT_WORKER}, needs=("referral",), method="POST"
    ),
    "cases:referral_pdf": Route(CASE_STAFF, CASE_AUTHORITY, True, ("referral",), page=False),
    "cases:referral_copy": Route(CASE_STAFF, needs=("referral", "adult"), page=False),
    "cases:family": Route(CASE_STAFF, PUPIL_AUTHORITY, True, ("case",)),
    "cases:family_ask": Route(CASE_STAFF, {R.SUPPORT_WORKER}, needs=("case", "sibling")),
    "cases:sibling_requests": Route({R.HEADTEACHER, R.SAFEGUARDING_LEAD}),
    "cases:sibling_request": Route({R.HEADTEACHER, R.SAFEGUARDING_LEAD}, needs=("question",)),
    "cases:case_send_on": Route(CASE_STAFF, {R.SUPPORT_WORKER}, needs=("case",)),
    "cases:case_before": Route(needs=("case",)),  # the world's case carries on from none
    "cases:case_people": Route({R.HEADTEACHER, R.SAFEGUARDING_LEAD}, needs=("case",)),
    "cases:case_name": Route({R.HEADTEACHER, R.SAFEGUARDING_LEAD}, needs=("case",), method="POST"),
    "cases:case_unname": Route(
        {R.HEADTEACHER, R.SAFEGUARDING_LEAD}, needs=("case", "person"), method="POST"
    ),
    "cases:case_share": Route({R.HEADTEACHER, R.SAFEGUARDING_LEAD}, needs=("case",)),
    "cases:case_share_end": Route(
        {R.HEADTEACHER, R.SAFEGUARDING_LEAD}, needs=("case", "grant"), method="POST"
    ),
    "cases:case_safeguarding": Route({R.SAFEGUARDING_LEAD}, needs=("case",)),
    # of a restricted case that nobody named can open: the world's has somebody (test_take_over)
    "cases:case_take_over": Route(needs=("case",)),
    # an outside professional's own pages: nobody of the cast is one (test_restricted_cases)
    "cases:shared_cases": Route(),
    "cases:shared_case": Route(needs=("case",)),
    "cases:contracts": Route(CASE_STAFF, PUPIL_AUTHORITY, True, ("case",)),
    "cases:contract_offer": Route(CASE_STAFF, {R.SUPPORT_WORKER}, needs=("case",)),
    "cases:contract_none": Route(CASE_STAFF, {R.SUPPORT_WORKER}, needs=("case",)),
    "cases:contract": Route(CASE_STAFF, PUPIL_AUTHORITY, True, ("contract",)),
    "cases:contract_reword": Route(CASE_STAFF, {R.SUPPORT_WORKER}, needs=("contract",)),
    "cases:contract_meet": Route(CASE_STAFF, {R.SUPPORT_WORKER}, needs=("contract",)),
    "cases:contract_sign": Route(CASE_STAFF, {R.SUPPORT_WORKER}, needs=("contract",)),
    "cases:contract_move": Route(CASE_STAFF, {R.SUPPORT_WORKER}, needs=("contract", "happened")),
    "cases:contract_progress": Route(CASE_STAFF, PUPIL_AUTHORITY, True, ("contract",), page=False),
    "cases:contract_copy": Route(
        CASE_STAFF, PUPIL_AUTHORITY, True, ("contract", "signer"), page=False
    ),
    # requests for penalty notices, and leave in term time
    "legal:requests": Route(CASE_STAFF, CASE_AUTHORITY, trust=True),
    "legal:request": Route(CASE_STAFF, CASE_AUTHORITY, True, ("notice_request",)),
    "legal:request_write": Route(OFFICE, ASKERS, needs=("draft_request",)),
    "legal:request_register": Route(OFFICE, ASKERS, needs=("draft_request",), method="POST"),
    "legal:request_attach": Route(OFFICE, ASKERS, needs=("draft_request",), method="POST"),
    "legal:request_document": Route(
        CASE_STAFF, CASE_AUTHORITY, True, ("draft_request", "request_file"), page=False
    ),
    "legal:request_declare": Route({R.HEADTEACHER}, needs=("draft_request",)),
    "legal:request_send": Route(OFFICE, ASKERS, needs=("draft_request",)),
    "legal:request_take_back": Route(OFFICE, ASKERS, needs=("notice_request",), method="POST"),
    "legal:request_review": Route(authority=NOTICE_DECIDERS, needs=("notice_request",)),
    "legal:request_pdf": Route(CASE_STAFF, CASE_AUTHORITY, True, ("notice_request",), page=False),
    "legal:case_request": Route(CASE_STAFF, CASE_AUTHORITY, True, ("case",)),
    "legal:request_excluded": Route(OFFICE, ASKERS, needs=("pupil",)),
    "legal:leave_absences": Route(CASE_STAFF, CASE_AUTHORITY, trust=True),
    "legal:leave_lane": Route(CASE_STAFF, CASE_AUTHORITY, True, ("leave",)),
    "legal:leave_absence_request": Route(
        OFFICE, ASKERS, needs=("pupil",), method="POST", data={"on": "2026-10-05"}
    ),
    # penalty notices, and what each parent has had
    "legal:penalties": Route(CASE_STAFF, PUPIL_AUTHORITY, trust=True),
    "legal:penalty": Route(CASE_STAFF, PUPIL_AUTHORITY, True, ("penalty",)),
    "legal:penalty_serve": Route(authority=NOTICE_KEEPERS, needs=("penalty",)),
    "legal:penalty_rebut": Route(authority=NOTICE_KEEPERS, needs=("penalty",)),
    "legal:penalty_say": Route(authority=NOTICE_KEEPERS, needs=("penalty",)),
    "legal:penalty_answer": Route(authority=NOTICE_DECIDERS, needs=("penalty",)),
    "legal:penalty_withdraw": Route(
        {R.HEADTEACHER}, NOTICE_KEEPERS | NOTICE_DECIDERS, needs=("penalty",)
    ),
    "legal:penalty_agree": Route({R.HEADTEACHER}, needs=("penalty",), method="POST"),
    "legal:penalty_decide": Route(authority=NOTICE_DECIDERS, needs=("penalty",)),
    "legal:penalty_stop": Route(authority=NOTICE_DECIDERS, needs=("penalty",)),
    "legal:penalty_stands": Route(authority=NOTICE_DECIDERS, needs=("penalty",)),
    "legal:of_letter": Route(CASE_STAFF, PUPIL_AUTHORITY, True, ("penalty_letter",), page=False),
    # payments: the council's money, and nobody's at a school
    "legal:payments": Route(authority=NOTICE_KEEPERS),
    "legal:payment_record": Route(authority=NOTICE_KEEPERS),
    "legal:payment": Route(authority=NOTICE_KEEPERS, needs=("payment",)),
    "legal:payment_match": Route(authority=NOTICE_KEEPERS, needs=("payment",)),
    "legal:payment_off": Route(authority=NOTICE_KEEPERS, needs=("payment",)),
    "legal:payment_back": Route(authority=NOTICE_KEEPERS, needs=("payment",)),
    "legal:payment_bounce": Route(authority=NOTICE_KEEPERS, needs=("payment",)),
    "legal:payment_aside": Route(authority=NOTICE_KEEPERS, needs=("payment",)),
    "legal:payment_questions": Route(authority=NOTICE_KEEPERS),
    "legal:payment_question": Route(authority=NOTICE_KEEPERS, needs=("payment_question",)),
    "legal:payment_refunds": Route(authority=NOTICE_KEEPERS),
    "legal:payment_refund": Route(authority=NOTICE_KEEPERS, needs=("refund",)),
    "legal:payment_month": Route(authority=NOTICE_KEEPERS),
    "legal:payment_bucket": Route(authority=NOTICE_KEEPERS, needs=("bucket",)),
    "legal:payment_files": Route(authority=NOTICE_KEEPERS),
    "legal:payment_file_new": Route(authority=NOTICE_KEEPERS),
    "legal:payment_file": Route(authority=NOTICE_KEEPERS, needs=("payment_file",)),
    "legal:return": Route(authority=NOTICE_KEEPERS),
    "legal:return_cell": Route(authority=NOTICE_KEEPERS, needs=("year", "return_cell")),
    "legal:return_make": Route(authority=NOTICE_KEEPERS, needs=("year",)),
    "legal:return_made": Route(authority=NOTICE_KEEPERS, needs=("legal_return",)),
    "legal:return_file": Route(authority=NOTICE_KEEPERS, needs=("legal_return",), page=False),
    "legal:office": Route(authority=NOTICE_KEEPERS),
    "legal:border": Route(CASE_STAFF, PUPIL_AUTHORITY, True, ("pupil",)),
    "legal:border_place": Route(OFFICE, {R.SUPPORT_WORKER, R.LEGAL_OFFICER}, needs=("pupil",)),
    "legal:border_check": Route(authority=NOTICE_KEEPERS, needs=("pupil", "noticed")),
    "legal:external_add": Route(authority=NOTICE_KEEPERS, needs=("pupil", "noticed")),
    "legal:external": Route(authority=NOTICE_KEEPERS, needs=("pupil", "noticed", "external")),
    # corrected marks
    "legal:rechecks": Route(CASE_STAFF, PUPIL_AUTHORITY, trust=True),
    "legal:recheck": Route(CASE_STAFF, PUPIL_AUTHORITY, True, ("legal_recheck",)),
    # Notices to Improve
    "legal:improvements": Route(CASE_STAFF, PUPIL_AUTHORITY, trust=True),
    "legal:improvement_new": Route(OFFICE, ASKERS, needs=("case",)),
    "legal:improvement_none": Route(OFFICE, ASKERS, needs=("case",)),
    "legal:improvement": Route(CASE_STAFF, PUPIL_AUTHORITY, True, ("improvement",)),
    "legal:improvement_write": Route(OFFICE, ASKERS, needs=("improvement",)),
    "legal:improvement_issue": Route({R.HEADTEACHER}, NOTICE_DECIDERS, needs=("improvement",)),
    "legal:improvement_progress": Route(
        CASE_STAFF, PUPIL_AUTHORITY, True, ("improvement",), page=False
    ),
    "legal:improvement_step": Route(OFFICE, ASKERS, needs=("improvement", "improvement_event")),
    # education supervision orders
    "legal:orders": Route(CASE_STAFF, PUPIL_AUTHORITY, trust=True),
    "legal:order": Route(CASE_STAFF, PUPIL_AUTHORITY, True, ("order",)),
    "legal:order_new": Route(authority={R.LEGAL_OFFICER}, needs=("case",)),
    "legal:order_apply": Route(authority={R.AUTHORISING_OFFICER}, needs=("order",)),
    "legal:order_step": Route(authority={R.LEGAL_OFFICER}, needs=("order", "order_step")),
    # prosecutions: by the council alone
    "legal:prosecutions": Route(CASE_STAFF, PUPIL_AUTHORITY, trust=True),
    "legal:prosecution": Route(CASE_STAFF, PUPIL_AUTHORITY, True, ("prosecution",)),
    "legal:prosecution_new": Route(authority={R.LEGAL_OFFICER}, needs=("case",)),
    "legal:prosecution_from": Route(authority={R.LEGAL_OFFICER}, needs=("penalty",)),
    "legal:prosecution_authorise": Route(authority={R.AUTHORISING_OFFICER}, needs=("prosecution",)),
    "legal:prosecution_back": Route(authority=OFFICERS, needs=("prosecution",)),
    **{
        f"legal:prosecution_{step}": Route(authority={R.LEGAL_OFFICER}, needs=("prosecution",))
        for step in (
            "sessions",
            "consider",
            "ask",
            "answer",
            "no_answer",
            "weigh",
            "papers",
            "evidential",
            "interest",
            "charge",
            "hearing",
            "decide",
            "discontinue",
            "drop",
            "report",
            "carried_out",
            "stands",
        )
    },
    # the gates before legal steps
    "legal:case": Route(CASE_STAFF, PUPIL_AUTHORITY, True, ("case",)),
    "legal:case_gates_pdf": Route(CASE_STAFF, PUPIL_AUTHORITY, True, ("case",), page=False),
    "legal:case_gate_state": Route(OFFICE, CASE_AUTHORITY, needs=("case", "gate_test")),
    "legal:case_brake": Route(OFFICE, CASE_AUTHORITY, needs=("case",)),
    "legal:case_override_ask": Route(set(), OFFICERS, needs=("case", "gate_step")),
    "legal:case_gate_tasks": Route(OFFICE, CASE_AUTHORITY, needs=("case", "gate_step")),
    "legal:pupil": Route(CASE_STAFF, PUPIL_AUTHORITY, True, ("pupil",)),
    "legal:pupil_gates_pdf": Route(CASE_STAFF, PUPIL_AUTHORITY, True, ("pupil",), page=False),
    "legal:pupil_gate_state": Route(OFFICE, CASE_AUTHORITY, needs=("pupil", "gate_test")),
    "legal:pupil_brake": Route(OFFICE, CASE_AUTHORITY, needs=("pupil",)),
    "legal:pupil_override_ask": Route(set(), OFFICERS, needs=("pupil", "gate_step")),
    "legal:override": Route(CASE_STAFF, PUPIL_AUTHORITY, True, ("override",)),
    "legal:officers": Route(CASE_STAFF, PUPIL_AUTHORITY, trust=True),
    "legal:officer_name": Route({R.HEADTEACHER}, needs=("school",)),
    "legal:officer_end": Route({R.HEADTEACHER}, needs=("officer",)),
    "cases:checklists": Route(CASE_STAFF, PUPIL_AUTHORITY, True, ("case",)),
    "cases:checklist_state": Route(CASE_STAFF, {R.SUPPORT_WORKER}, needs=("case",)),
    "cases:checklists_csv": Route(CASE_STAFF, PUPIL_AUTHORITY, True, ("case",), page=False),
    "cases:checklists_pdf": Route(CASE_STAFF, PUPIL_AUTHORITY, True, ("case",), page=False),
    "legal:bundle": Route(authority={R.LEGAL_OFFICER}, needs=("bundled",)),
    "legal:bundle_file": Route(
        authority={R.LEGAL_OFFICER}, needs=("bundle", "bundle_part"), page=False
    ),
    "legal:bundle_checker": Route(authority={R.LEGAL_OFFICER}, page=False),
    "cases:rechecks": Route(CASE_STAFF, PUPIL_AUTHORITY, trust=True),
    "cases:recheck": Route(CASE_STAFF, PUPIL_AUTHORITY, True, ("recheck",)),
    "cases:letter_prepare": Route(OFFICE, {R.SUPPORT_WORKER}, needs=("case",)),
    "cases:letter_log": Route(CASE_STAFF, {R.SUPPORT_WORKER}, needs=("case",)),
    "cases:letter_logged": Route(CASE_STAFF, PUPIL_AUTHORITY, True, ("case", "logged")),
    "cases:leave_letter": Route(OFFICE, {R.SUPPORT_WORKER}, needs=("to_answer",), method="POST"),
    "cases:letters": Route(CASE_STAFF, PUPIL_AUTHORITY, trust=True),
    "cases:letter": Route(CASE_STAFF, PUPIL_AUTHORITY, True, ("letter",)),
    "cases:letter_pdf": Route(CASE_STAFF, PUPIL_AUTHORITY, True, ("letter",), page=False),
    "cases:letter_approve": Route(OFFICE, needs=("letter",), method="POST"),
    "cases:letter_again": Route(OFFICE, needs=("letter",), method="POST"),
    "cases:letter_release": Route(OFFICE, needs=("letter",), method="POST"),
    "cases:letter_hold": Route(OFFICE, {R.SUPPORT_WORKER}, needs=("letter",), method="POST"),
    "cases:letter_withdraw": Route(OFFICE, {R.SUPPORT_WORKER}, needs=("letter",), method="POST"),
    "cases:certificate": Route(CASE_STAFF, PUPIL_AUTHORITY, True, ("pupil",)),
    "cases:certificate_pdf": Route(CASE_STAFF, PUPIL_AUTHORITY, True, ("pupil",), page=False),
    # the API
    "api-schools": Route(SCHOOL_STAFF, AUTHORITY_STAFF, trust=True, page=False),
    "api-pupils": Route(TEACHING, PUPIL_AUTHORITY, trust=True, page=False),
    "api-standings": Route(TEACHING, PUPIL_AUTHORITY, trust=True, page=False),
    "api-crossings": Route(TEACHING, PUPIL_AUTHORITY, trust=True, page=False),
    "api-jobs": Route(SCHOOL_STAFF, AUTHORITY_STAFF, trust=True, page=False),
    "api-job": Route(OFFICE, ADMIN, needs=("job",), page=False),
}

# Signed-in pages outside an authority, with tests of their own.
ELSEWHERE = {"authorities:places", "authorities:trust"}
