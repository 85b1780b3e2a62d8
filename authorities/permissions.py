"""Every permission and every role, in one table. Nobody holds a permission but through a role."""

from enum import StrEnum

from django.db import models


class Permission(StrEnum):
    """Something a person may do at a place."""

    VIEW_SCHOOL = "view school"
    VIEW_PUPIL = "view pupil"
    VIEW_CONTACTS = "view parents' contact details"
    VIEW_PROTECTED = "see contact details that are kept from others"
    VIEW_SENSITIVE = "view health and other sensitive codes"
    EXPORT = "export lists"
    MAKE_CERTIFICATE = "make a registration certificate"
    IMPORT = "import files"
    CHANGE_CALENDAR = "change calendars"
    CHANGE_PUPIL = "change pupils"
    TAKE_REGISTER = "take a register"
    AMEND_REGISTER = "keep the register: amend marks, log reasons, agree arrangements, make returns"
    AGREE_AMENDMENT = "agree to a change of an old mark"
    LOG_SIGHTING = "log contacts with a family and sightings of a pupil"
    DECIDE_LEAVE = "decide requests for leave"
    VIEW_CASE = "view case"
    CHANGE_CASE = "open and change cases"
    MAKE_REFERRAL = "refer a pupil to the council"
    DECIDE_REFERRAL = "answer referrals for the council"
    SHARE_SIBLING = "answer another school about a brother or sister"
    RESTRICT_CASE = "say who alone sees a case, and share one with an outside professional"
    SAFEGUARD = "write and read safeguarding notes"
    VIEW_SHARED = "see the cases that are shared with you"
    PREPARE_LETTER = "prepare letters"
    APPROVE_LETTER = "approve letters"
    VIEW_LEGAL = "see notices, and what came of them"
    PREPARE_NOTICE = "prepare Notices to Improve and requests for penalty notices"
    DECLARE_NOTICE = "as headteacher: declare a request for a penalty notice, name officers"
    DECIDE_NOTICE = "decide on notices, where the policy gives the decision to the role"
    OVERRIDE_GATE = "ask or agree that a step is taken although its gate is shut"
    SERVE_NOTICE = "send notices, and record how they were served"
    KEEP_PAYMENTS = "keep payments and match them to notices"
    PROSECUTE = "prepare prosecutions and orders"
    AUTHORISE_PROCEEDINGS = "authorise prosecutions and orders"
    MAKE_LEGAL_RETURN = "make the yearly return of parental responsibility measures"
    VIEW_AUDIT = "view the audit trail"
    MANAGE_PEOPLE = "invite people and give roles"
    ADOPT_PACK = "adopt policy packs"
    TRY_PACK = "try policy packs on past registers"


P = Permission


class Role(models.TextChoices):
    """The standing roles. A membership gives one of them at one place for a time."""

    PLATFORM_OPERATOR = "platform operator", "Platform operator"
    AUTHORITY_ADMINISTRATOR = "authority administrator", "Authority administrator"
    SUPPORT_WORKER = "support worker", "Attendance support worker"
    LEGAL_OFFICER = "legal officer", "Legal officer"
    NOTICE_CLERK = "notice clerk", "Notice clerk"
    AUTHORISING_OFFICER = "authorising officer", "Authorising officer"
    HEADTEACHER = "headteacher", "Headteacher"
    ATTENDANCE_LEAD = "attendance lead", "Attendance lead"
    ATTENDANCE_OFFICER = "attendance officer", "Attendance officer"
    TUTOR = "tutor", "Tutor"
    SAFEGUARDING_LEAD = "safeguarding lead", "Safeguarding lead"
    GOVERNOR = "governor", "Governor"
    TRUST_LEAD = "trust lead", "Trust attendance lead"
    PARENT = "parent", "Parent"
    OUTSIDE_PROFESSIONAL = "outside professional", "Outside professional"


SEE = frozenset({P.VIEW_SCHOOL, P.VIEW_PUPIL})
CASEWORK = SEE | {
    P.VIEW_CONTACTS,
    P.VIEW_SENSITIVE,
    P.EXPORT,
    P.MAKE_CERTIFICATE,
    P.VIEW_CASE,
    P.VIEW_LEGAL,
}
SCHOOL_OFFICE = CASEWORK | {
    P.IMPORT,
    P.CHANGE_CALENDAR,
    P.CHANGE_PUPIL,
    P.CHANGE_CASE,
    P.MAKE_REFERRAL,
    P.PREPARE_LETTER,
    P.PREPARE_NOTICE,
    P.TAKE_REGISTER,
    P.AMEND_REGISTER,
    P.LOG_SIGHTING,
}

ROLES: dict[Role, frozenset[Permission]] = {
    Role.PLATFORM_OPERATOR: frozenset(),
    Role.AUTHORITY_ADMINISTRATOR: frozenset(
        {
            P.VIEW_SCHOOL,
            P.IMPORT,
            P.CHANGE_CALENDAR,
            P.VIEW_AUDIT,
            P.MANAGE_PEOPLE,
            P.ADOPT_PACK,
            P.TRY_PACK,
        }
    ),
    Role.SUPPORT_WORKER: CASEWORK
    | {P.CHANGE_CASE, P.PREPARE_LETTER, P.PREPARE_NOTICE, P.LOG_SIGHTING, P.DECIDE_REFERRAL},
    Role.LEGAL_OFFICER: CASEWORK
    | {
        P.PREPARE_NOTICE,
        P.DECIDE_NOTICE,
        P.OVERRIDE_GATE,
        P.SERVE_NOTICE,
        P.KEEP_PAYMENTS,
        P.PROSECUTE,
        P.MAKE_LEGAL_RETURN,
    },
    Role.NOTICE_CLERK: SEE
    | {
        P.VIEW_CONTACTS,
        P.VIEW_CASE,
        P.MAKE_CERTIFICATE,
        P.VIEW_LEGAL,
        P.EXPORT,
        P.SERVE_NOTICE,
        P.KEEP_PAYMENTS,
        P.MAKE_LEGAL_RETURN,
    },
    Role.AUTHORISING_OFFICER: CASEWORK
    | {P.DECIDE_NOTICE, P.OVERRIDE_GATE, P.AUTHORISE_PROCEEDINGS},
    Role.HEADTEACHER: SCHOOL_OFFICE
    | {
        P.APPROVE_LETTER,
        P.VIEW_AUDIT,
        P.MANAGE_PEOPLE,
        P.AGREE_AMENDMENT,
        P.DECIDE_LEAVE,
        P.DECLARE_NOTICE,
        P.DECIDE_NOTICE,
        P.TRY_PACK,
        P.SHARE_SIBLING,
        P.RESTRICT_CASE,
    },
    Role.ATTENDANCE_LEAD: SCHOOL_OFFICE | {P.APPROVE_LETTER, P.AGREE_AMENDMENT, P.TRY_PACK},
    Role.ATTENDANCE_OFFICER: SCHOOL_OFFICE | {P.APPROVE_LETTER},
    Role.TUTOR: SEE | {P.TAKE_REGISTER},
    Role.SAFEGUARDING_LEAD: CASEWORK
    | {
        P.VIEW_PROTECTED,
        P.CHANGE_PUPIL,
        P.CHANGE_CASE,
        P.LOG_SIGHTING,
        P.MAKE_REFERRAL,
        P.SHARE_SIBLING,
        P.RESTRICT_CASE,
        P.SAFEGUARD,
    },
    Role.GOVERNOR: frozenset({P.VIEW_SCHOOL}),
    Role.TRUST_LEAD: CASEWORK,
    Role.PARENT: frozenset(),
    Role.OUTSIDE_PROFESSIONAL: frozenset({P.VIEW_SHARED}),
}

AUTHORITY_ROLES = (
    Role.AUTHORITY_ADMINISTRATOR,
    Role.SUPPORT_WORKER,
    Role.LEGAL_OFFICER,
    Role.NOTICE_CLERK,
    Role.AUTHORISING_OFFICER,
)
SCHOOL_ROLES = (
    Role.HEADTEACHER,
    Role.ATTENDANCE_LEAD,
    Role.ATTENDANCE_OFFICER,
    Role.TUTOR,
    Role.SAFEGUARDING_LEAD,
    Role.GOVERNOR,
)
