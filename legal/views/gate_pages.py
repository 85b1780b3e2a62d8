"""The gate of each step as rows of a page or a print."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse

from attendance.views.addresses import href
from authorities.access import Reach
from authorities.permissions import Permission
from cases.selectors.shown import Shown
from cases.views.checklists import DO
from frontend.templatetags.govuk import count_of, words
from legal.access import Place
from legal.selectors import gate_excluded
from legal.selectors.gate_facts import Facts, Said
from legal.selectors.gate_history import history, links_of, overrides_of, things_of
from legal.selectors.gate_loading import Loaded, load
from legal.selectors.gates import LEGAL_STEPS, GateAnswer, Group, Requirement, at_step
from legal.services.gate_tasks import about, asked_already, for_school
from legal.services.gates import may_state
from rules.gates import ASPECTS, holds
from rules.notice_limit import OTHER_WAY

SIDES = {"school": "The school", "council": "The council", "either": "The school or the council"}
NEEDS_A_CASE = (
    "A prosecution without a notice is prepared from a case. Open one first, or ask the school to."
)
BORDER = "border_checked"  # the clerk who serves notices keeps it too
# Where a person does something about a test: route, of the case or the pupil, and what it says.
DO_TEST: Mapping[str, tuple[str, str, str]] = {
    "nothing_unresolved": ("attendance:pupil_register", "pupil", "Look at the register"),
    "threshold_met_or_reason": ("attendance:pupil_proof", "pupil", "See the proof"),
    "named_parent": ("attendance:pupil_details", "pupil", "Go to the parents on the record"),
    "sufficient_support": ("cases:support", "case", "Add support"),
    "contract_explored": ("cases:contracts", "case", "Go to the contracts"),
    "improvement_failed": ("legal:improvement_new", "case", "Write a Notice to Improve"),
    BORDER: ("legal:border", "pupil", "Record the check"),
}


# Where somebody goes to take a step: route, of the case, and what it says.
START: Mapping[str, tuple[str, str]] = {
    "notice_to_improve": ("legal:improvement_new", "Write a Notice to Improve"),
    "penalty_notice": ("legal:case_request", "Ask for a penalty notice"),
    "prosecution": ("legal:prosecution_new", "Prepare a prosecution"),
    "supervision_order": ("legal:order_new", "Prepare an education supervision order"),
}


class Page:
    """The gates of one place, for one reader: what they may see and press."""

    def __init__(self, reach: Reach, place: Place, of: str, parent: str) -> None:
        self.reach, self.place, self.of, self.parent = reach, place, of, parent
        school = place.enrolment.school
        links = {link.adult.reference: link for link in links_of(place)}
        self.links = links
        adult = links[parent].adult if parent in links else None
        self.loaded: Loaded = load(
            enrolment=place.enrolment, today=reach.today, case=place.case, adult=adult
        )
        open_case = place.case is None or place.case.closed_on is None
        self.may_state = open_case and may_state(reach, school)
        self.may_serve = open_case and reach.may(Permission.SERVE_NOTICE, school)
        self.may_state_council = open_case and may_state(reach, school, "council")
        self.may_go_past = open_case and reach.may_everywhere(Permission.OVERRIDE_GATE)
        self.in_full = reach.may(Permission.VIEW_SENSITIVE, school)
        self.asked = asked_already(place.case) if place.case is not None else set()

    @property
    def facts(self) -> Facts:
        """What the gates are judged by."""
        return self.loaded.facts

    def answers(self) -> list[GateAnswer]:
        """Each gate that asks for something; where there is no case only those that need none."""
        steps = LEGAL_STEPS if self.place.case is not None else ("penalty_notice_for_leave",)
        if gate_excluded.open_requests(self.place.enrolment):
            steps = (*steps, gate_excluded.STEP)
        found = [at_step(self.loaded, step) for step in steps]
        return [one for one in found if one.requirements]

    def at(self, route: str, *more: str) -> str:
        """A page of this place: of the case or of the pupil, for the same parent."""
        at = [self.reach.authority.code, self.reference, *more]
        address = reverse(f"legal:{self.of}_{route}", args=at)
        return f"{address}?{urlencode({'parent': self.parent})}" if self.parent else address

    @property
    def reference(self) -> str:
        """Of the case or of the pupil."""
        if self.place.case is not None:
            return self.place.case.reference
        return self.place.enrolment.pupil.reference

    def context(self) -> dict[str, Any]:
        """Everything that the template draws."""
        return {
            "steps": [self.step(one) for one in self.answers()],
            "brake": self.brake(),
            "parents": self.parents(),
            "overrides": self.overrides(),
            "things": self.things(),
            "history": history(self.reach, self.place, in_full=self.in_full),
            "may_state": self.may_state,
            "has_case": self.place.case is not None,
        }

    def step(self, answer: GateAnswer) -> dict[str, Any]:
        """One gate."""
        missing = len(answer.blocking)
        tasks = [one for one in for_school(answer) if about(answer.step, one.key) not in self.asked]
        return {
            "key": answer.step,
            "title": answer.label[:1].upper() + answer.label[1:],
            "open": answer.open,
            "state": "Open" if answer.open else f"Shut: {count_of(missing, 'thing')} to do",
            "colour": "green" if answer.open else "yellow",
            "groups": [self.group(answer, one) for one in answer.groups],
            "start": self.start(answer.step),
            "asked": sum(about(answer.step, one.key) in self.asked for one in answer.requirements),
            "tasks": self.at("gate_tasks", answer.step)
            if tasks and self.may_state and self.place.case is not None
            else "",
            "override": self.at("override_ask", answer.step)
            if self.may_go_past and any(one.passable for one in answer.blocking)
            else "",
        }

    def start(self, step: str) -> dict[str, str] | None:
        """Where the step is taken, for who prepares it; nothing where its page is not there."""
        if step not in START or not self.may_state or self.place.case is None:
            return None
        route, text = START[step]
        address = href(route, self.reach, reference=self.reference)
        return {"href": address, "text": text} if address else None

    def things(self) -> list[dict[str, str]]:
        """Notices and requests that were begun, as links."""
        return [
            {
                "href": href(one.route, self.reach, reference=one.reference),
                "text": f"{one.words}, {words(one.on)}",
                "state": one.state,
            }
            for one in things_of(self.place)
        ]

    def group(self, answer: GateAnswer, group: Group) -> dict[str, Any]:
        """The national tests, or one policy's gate."""
        return {
            "title": group.title,
            "source": group.source,
            "any": group.needs == "any",
            "open": group.open,
            "lists": [
                {"label": label, "rows": [self.row(answer.step, one) for one in rows]}
                for label, rows in group.lists
            ],
        }

    def row(self, step: str, one: Requirement) -> dict[str, Any]:
        """One requirement."""
        state, colour = ("Shown", "green") if one.met else ("Missing", "yellow")
        if one.overridden:
            state, colour = "Gone past", "orange"
        said = self.said(step, one.key)
        return {
            "words": one.words,
            "source": one.source,
            "why": f"{one.why} {NEEDS_A_CASE}" if self.leads_to_a_case(one) else one.why,
            "state": state,
            "colour": colour,
            "who": "" if one.clear else SIDES[one.side],
            "records": [self.record(shown) for shown in one.records],
            "said": said.words if said is not None and self.in_full else "",
            "do": None if one.met else self.do(one),
            "state_href": self.state_href(step, one),
            "asked": about(step, one.key) in self.asked,
            "overridden": one.overridden
            and {
                "text": one.overridden,
                "href": reverse("legal:override", args=[self.reach.authority.code, one.overridden]),
            },
        }

    def said(self, step: str, test: str) -> Said | None:
        """The statement that counts for a test, if one does."""
        found = [one for one in self.facts.said if (one.step, one.test) == (step, test)]
        latest = found[-1] if found else None
        return latest if latest is not None and latest.counts(self.facts.today) else None

    def record(self, shown: Shown) -> dict[str, str]:
        """A record as a link, where its page is one."""
        address = ""
        if shown.route:
            try:
                address = reverse(shown.route, args=[self.reach.authority.code, *shown.at])
            except NoReverseMatch:
                address = ""
        return {"href": address, "text": shown.words, "day": words(shown.on), "by": shown.by}

    def leads_to_a_case(self, one: Requirement) -> bool:
        """Whether what is left is a prosecution, and no case is there to prepare it from."""
        return self.place.case is None and not one.met and one.why.endswith(OTHER_WAY)

    def open_case(self) -> dict[str, str] | None:
        """Where a case is opened for the pupil, or found, for who opens cases."""
        if not self.reach.may(Permission.CHANGE_CASE, self.place.enrolment.school):
            return None
        pupil = self.place.enrolment.pupil.reference
        address = href("cases:open_for_pupil", self.reach, reference=pupil)
        return {"href": address, "text": "Open a case first"}

    def do(self, one: Requirement) -> dict[str, str] | None:
        """Where something is done about a requirement."""
        if self.leads_to_a_case(one):
            return self.open_case()
        if not (self.may_state or (one.key == BORDER and self.may_serve)):
            return None
        if one.key == "equality_brake":
            return {"href": self.at("brake"), "text": "Answer for each circumstance"}
        route, of, text = DO_TEST.get(one.key, ("", "", ""))
        if not route and self.place.case is not None and one.evidence in DO:
            (route, text), of = DO[one.evidence], "case"
        if not route or (of == "case" and self.place.case is None):
            return None
        pupil = self.place.enrolment.pupil.reference
        reference = pupil if of == "pupil" else self.reference
        address = href(route, self.reach, reference=reference)
        return {"href": address, "text": text} if address else None

    def state_href(self, step: str, one: Requirement) -> str:
        """Where a requirement is stated, for who may."""
        if not one.states:
            return ""
        if not (self.may_state_council if one.states == "council" else self.may_state):
            return ""
        if ":" in one.key and self.place.case is not None and one.side == "school":
            if not self.reach.may(Permission.CHANGE_CASE, self.place.enrolment.school):
                return ""
            address = reverse(
                "cases:checklist_state", args=[self.reach.authority.code, self.reference]
            )
            return f"{address}?{urlencode({'item': one.key})}"
        return self.at("gate_state", step, one.key)

    def brake(self) -> dict[str, Any]:
        """What was thought of, circumstance by circumstance. Texts for those who may read them."""
        rows = []
        for aspect, label in ASPECTS.items():
            thought = self.facts.thoughts.get(aspect)
            known = self.facts.on_record.get(aspect, "")
            counts = thought is not None and holds(thought.on, self.facts.today)
            applies = {"yes": "Applies", "no": "Does not apply"}
            state = applies.get(thought.applies, "Not known") if thought and counts else "Not known"
            rows.append(
                {
                    "label": label,
                    "state": state if self.in_full or state == "Not known" else "Answered",
                    "colour": "yellow" if state == "Not known" else "green",
                    "known": known if self.in_full else "",
                    "considered": thought.considered if thought and self.in_full else "",
                    "adjusted": thought.adjusted if thought and self.in_full else "",
                    "by": thought.by if thought else "",
                    "day": words(thought.on) if thought else "",
                }
            )
        return {"rows": rows, "href": self.at("brake") if self.may_state and self.in_full else ""}

    def parents(self) -> list[dict[str, Any]]:
        """Each parent by what they are to the pupil: a gate may be asked for one alone."""
        here = reverse(f"legal:{self.of}", args=[self.reach.authority.code, self.reference])
        found = [{"text": "Every parent", "href": here, "active": not self.parent}]
        for reference, link in self.links.items():
            text = f"{link.relationship[:1].upper()}{link.relationship[1:]}"
            if self.reach.may(Permission.VIEW_CONTACTS, self.place.enrolment.school):
                text = f"{text}, {link.adult.name}"
            address = f"{here}?{urlencode({'parent': reference})}"
            found.append({"text": text, "href": address, "active": self.parent == reference})
        return found if len(found) > 2 else []

    def overrides(self) -> list[dict[str, str]]:
        """What was asked to go past, for ever."""
        from_rows = overrides_of(self.place)
        return [
            {
                "href": reverse("legal:override", args=[self.reach.authority.code, row.reference]),
                "text": row.get_step_display(),
                "state": OVERRIDE_STATES[row.agreed],
                "day": words(row.asked_on),
                "by": row.asked_by.name,
            }
            for row in from_rows
        ]


OVERRIDE_STATES = {
    None: "Waits for a second officer",
    True: "Agreed by two officers",
    False: "Not agreed",
}
