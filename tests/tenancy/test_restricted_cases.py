"""A restricted case through every route: seen by those named on it, and by nobody else.

And an outside professional through every route: the agreed pages of one case, and nothing else.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.apps import apps
from django.db import models, transaction
from django.urls import reverse

from authorities.access import reach_of
from authorities.permissions import Role
from authorities.tenancy import scope
from cases.access import cases_for, deadlines_for, rechecks_for, shared_cases_for
from cases.models import Case, CaseGrant
from cases.services import bulk, restricted
from tests.cast import TODAY, sign_in
from tests.tenancy import world as worlds
from tests.tenancy.matrix import ROUTES
from tests.tenancy.world import NOW

OUTSIDER = restricted.Outsider(
    email="social.worker@example.org",
    name="Alex Example",
    profession="Social worker",
    why="Agreed with the family on 12 November",
    ends_on=date(2026, 12, 18),
)


@pytest.fixture
def world(cast) -> worlds.World:
    return worlds.build(cast)


def lead_of(cast):
    return cast.person(Role.SAFEGUARDING_LEAD, "hillside")


def restrict(world):
    """The safeguarding lead and the headteacher alone see the case."""
    cast = world.cast
    restricted.restrict(
        reach=cast.reach(lead_of(cast)),
        case=world.things["case"],
        people=[cast.person(Role.HEADTEACHER, "hillside").pk],
        reason="The family is known to somebody in the office",
        now=NOW,
    )


def share(world):
    cast = world.cast
    restricted.share(
        reach=cast.reach(lead_of(cast)), case=world.things["case"], with_=OUTSIDER, now=NOW
    )
    return CaseGrant.objects.get(profession="Social worker").user


def pages():
    return sorted(name for name, route in ROUTES.items() if route.method == "GET")


def ask_all(client, world):
    """Each GET route with its answer, undone afterwards."""
    for name in pages():
        url = reverse(name, kwargs=world.arguments(name, ROUTES[name].needs))
        with transaction.atomic():
            yield name, client.get(url)
            transaction.set_rollback(True)


@pytest.mark.parametrize(
    ("role", "place"),
    [(Role.ATTENDANCE_OFFICER, "hillside"), (Role.SUPPORT_WORKER, "northmoor")],
)
def test_who_is_not_named_finds_no_trace_of_it_on_any_page(client, cast, world, role, place):
    restrict(world)
    case, letter = world.things["case"].reference, world.things["letter"].reference
    sign_in(client, cast.person(role, place))

    wrong = []
    for name, answer in ask_all(client, world):
        if "case" in ROUTES[name].needs and answer.status_code not in (403, 404):
            wrong.append((name, answer.status_code))
        shown = b"".join(answer) if answer.streaming else answer.content
        if case.encode() in shown or (letter.encode() in shown and answer.status_code == 200):
            wrong.append((name, "names it"))

    assert wrong == []


# What is sent, to every route: the pages above were only asked for


def leads_to(thing: Any, case: Case, steps: int = 4) -> bool:
    """Whether a thing of the world is of a case: it, or something that leads to it by its links."""
    if thing == case:
        return True
    if not isinstance(thing, models.Model) or not steps:
        return False
    if thing._meta.label == "cases.Meeting":
        return thing.about.filter(case=case).exists()
    if thing._meta.label == "letters.Letter":
        return thing.case_letter.case_id == case.pk
    links = [field.name for field in thing._meta.fields if own_link(field)]
    return any(leads_to(getattr(thing, name), case, steps - 1) for name in links)


def own_link(field: Any) -> bool:
    return field.is_relation and field.related_model._meta.app_label == "cases"


def of_the_case(world) -> list[str]:
    """Every route whose address names something of the restricted case."""
    case = world.things["case"]
    own = {name for name, thing in world.things.items() if leads_to(thing, case)}
    return sorted(name for name, route in ROUTES.items() if own & set(route.needs))


def paths_to(model: Any, steps: int = 4) -> Iterator[str]:
    """How to get from a model of cases to the case, through links of its own."""
    for field in model._meta.fields:
        if own_link(field) and field.related_model is not model and steps:
            if field.related_model is Case:
                yield field.name
            else:
                yield from (f"{field.name}__{p}" for p in paths_to(field.related_model, steps - 1))


def rows_of(case: Case) -> dict[str, list[Any]]:
    """Each row of each table that belongs to a case, and the case."""
    found = {"": list(Case.objects.filter(pk=case.pk).values_list())}
    for model in apps.get_app_config("cases").get_models():
        if path := next(iter(sorted(paths_to(model), key=len)), None):
            rows = model.objects.filter(**{path: case}).order_by("pk")
            found[model._meta.label] = list(rows.values_list())
    return found


def everything_that_names(world) -> dict[str, Any]:
    """A form that names the case in every way a page here reads one."""
    case, clock = world.things["case"], world.things["deadline"]
    officer = str(world.cast.officer.pk)
    return {
        "row": [bulk.case_token(case), f"{clock.kind}|{clock.pk}|{clock.version}"],
        "case": case.reference,
        "pupil": case.pupil.reference,
        "enrolment": str(case.enrolment_id),
        "about": "work",
        "action": "give",
        "to": officer,
        "owner": officer,
        "confirm": "yes",
        "version": "1",
        "seen": "1",
        "reason": "I want to see",
        "note": "I want to see",
    }


def post_all(client, world, names):
    """Each route with its answer to what is sent, and the case as it is then; undone afterwards."""
    for name in names:
        url = reverse(name, kwargs=world.arguments(name, ROUTES[name].needs))
        with transaction.atomic():
            answer = client.post(url, {**everything_that_names(world), **ROUTES[name].data})
            yield name, answer, rows_of(world.things["case"])
            transaction.set_rollback(True)


def test_the_tables_of_a_case_are_found_and_hold_something(world):
    """The test below can fail: it looks at rows that are there."""
    found = rows_of(world.things["case"])

    tables = "Deadline Cycle Target Meeting Contract Referral CaseGrant CaseLetter MinutesCopy"
    assert {f"cases.{name}" for name in tables.split()} - set(found) == {"cases.Meeting"}
    for name in ("Deadline", "Cycle", "Target", "Contract", "Referral", "MeetingCase", "Minutes"):
        assert found[f"cases.{name}"], name


def test_what_took_an_answer_before_is_not_there_once_it_is_restricted(client, cast, world):
    """By the attendance officer, who may do all of this on every other case of the school."""
    names = [one for one in of_the_case(world) if Role.ATTENDANCE_OFFICER in ROUTES[one].school]
    sign_in(client, cast.officer)
    before = {name: answer.status_code for name, answer, _ in post_all(client, world, names)}
    restrict(world)

    after = {name: answer.status_code for name, answer, _ in post_all(client, world, names)}

    assert [name for name in names if before[name] == 404] == []
    # 405: it only shows; 403: the officer reads it, and somebody else answers
    taken = [name for name in names if before[name] not in (403, 405)]
    assert len(taken) >= 35
    assert {name: after[name] for name in taken if after[name] not in (403, 404)} == {}


@pytest.mark.parametrize(
    ("role", "place"),
    [
        (Role.ATTENDANCE_OFFICER, "hillside"),
        (Role.ATTENDANCE_LEAD, "hillside"),
        (Role.SUPPORT_WORKER, "northmoor"),
        (Role.LEGAL_OFFICER, "northmoor"),
    ],
)
def test_whatever_somebody_not_named_sends_anywhere_changes_nothing_of_it(
    client, cast, world, role, place
):
    restrict(world)
    kept = rows_of(world.things["case"])
    sign_in(client, cast.person(role, place))
    names = sorted(name for name in ROUTES if name.startswith("cases:"))

    wrong = []
    for name, answer, rows in post_all(client, world, names):
        wrong += [(name, table) for table in rows if rows[table] != kept[table]]
        if name in of_the_case(world) and answer.status_code not in (403, 404, 405):
            wrong.append((name, answer.status_code))
        if world.things["case"].reference.encode() in answer.content:
            wrong.append((name, "names it"))

    assert wrong == []


def test_an_outside_professional_changes_nothing_of_a_case_that_is_shared(client, cast, world):
    sign_in(client, share(world))
    kept = rows_of(world.things["case"])

    wrong = []
    for name, answer, rows in post_all(client, world, of_the_case(world)):
        wrong += [(name, table) for table in rows if rows[table] != kept[table]]
        if answer.status_code not in (403, 404, 405):
            wrong.append((name, answer.status_code))

    assert wrong == []


def test_who_is_named_sees_it_as_before(client, cast, world):
    restrict(world)

    for role in (Role.SAFEGUARDING_LEAD, Role.HEADTEACHER):
        sign_in(client, cast.person(role, "hillside"))
        case = world.things["case"]
        page = client.get(reverse("cases:case", args=["990", case.reference]))
        listed = client.get(reverse("cases:cases", args=["990"]))
        assert page.status_code == 200
        assert b"Restricted" in page.content
        assert case.reference.encode() in listed.content


def test_the_doors_keep_it_from_lists_counts_and_work(cast, world):
    restrict(world)
    officer, lead = cast.reach(cast.officer), cast.reach(lead_of(cast))

    assert (cases_for(officer).count(), cases_for(lead).count()) == (0, 1)
    assert rechecks_for(officer).count() == 0
    assert rechecks_for(lead).count() >= 1
    assert deadlines_for(officer).count() == 0


def test_a_grant_without_a_role_here_opens_nothing(cast, world):
    """A person named once, whose role has ended since, sees nothing."""
    restrict(world)
    gone = cast.person(Role.GOVERNOR, "hillside")
    CaseGrant.objects.create(
        user=gone,
        permission=restricted.permission(restricted.Given.NAMED),
        content_object=world.things["case"],
    )

    assert cases_for(cast.reach(gone)).count() == 0


def test_the_database_keeps_grants_in_their_authority(cast, world):
    share(world)

    assert CaseGrant.objects.count() == 1
    with scope([cast.southvale.pk]):
        assert CaseGrant.objects.count() == 0
    with scope([]):
        assert CaseGrant.objects.count() == 0


def test_an_outside_professional_sees_the_agreed_pages_of_one_case_and_nothing_else(
    client, cast, world
):
    user = share(world)
    sign_in(client, user)
    case = world.things["case"]
    # the last holds the person's own saved filters, of which there can be none
    open_to_them = {"cases:shared_cases", "cases:shared_case", "authorities:views"}

    wrong = []
    for name, answer in ask_all(client, world):
        inside = answer.status_code == 200
        if inside != (name in open_to_them):
            wrong.append((name, answer.status_code))
    page = client.get(reverse("cases:shared_case", args=["990", case.reference]))

    assert wrong == []
    assert case.pupil.name in page.content.decode()
    for hidden in ("Northsecret Lane", world.things["adult"].surname, "01632"):
        assert hidden not in page.content.decode()


def test_an_outside_professional_sees_it_until_the_last_day(cast, world):
    user = share(world)

    def sees(day):
        return list(shared_cases_for(reach_of(user, cast.northmoor, day)))

    assert sees(TODAY) == [world.things["case"]]
    assert sees(date(2026, 12, 18)) == [world.things["case"]]
    CaseGrant.objects.update(ends_on=TODAY)
    assert sees(date(2026, 12, 18)) == []


def test_restricting_a_case_shuts_out_the_outside_professional_who_is_not_named(cast, world):
    user = share(world)

    restrict(world)

    assert list(shared_cases_for(cast.reach(user))) == []


def test_a_restricted_case_can_be_shared_by_somebody_named(cast, world):
    restrict(world)

    user = share_again(world)

    assert list(shared_cases_for(cast.reach(user))) == [world.things["case"]]
    assert list(cases_for(cast.reach(user))) == []


def share_again(world):
    cast = world.cast
    grant = restricted.share(
        reach=cast.reach(lead_of(cast)), case=world.things["case"], with_=OUTSIDER, now=NOW
    )
    return grant.user


def test_nobody_else_can_open_a_second_case_or_learn_who_has_the_first(client, cast, world):
    restrict(world)
    sign_in(client, cast.officer)

    answer = client.post(reverse("cases:open", args=["990", world.things["crossing"].pk]))

    assert answer.status_code == 409
    assert "Ask the safeguarding lead of the school" in answer.content.decode()
    assert world.things["case"].reference not in answer.content.decode()
    assert Case.objects.filter(enrolment=cast.enrolment).count() == 1
