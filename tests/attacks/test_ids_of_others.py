"""Ids of other schools and authorities inside a form: nothing of theirs changes, ever."""

import pytest

from attendance.models import Crossing
from authorities.models import Membership
from authorities.permissions import Role
from cases.models import Case, CaseLetter
from tests import factories
from tests.cast import sign_in
from tests.tenancy import world as worlds


@pytest.fixture
def world(cast) -> worlds.World:
    return worlds.build(cast)


def a_copy_at(world, authority, school) -> Crossing:
    """Our crossing once more, of a pupil somewhere else."""
    pupil = factories.pupil(authority)
    enrolment = factories.enrolment(pupil, school)
    twin = Crossing.objects.get(pk=world.things["crossing"].pk)
    twin.pk, twin.authority, twin.school, twin.enrolment = None, authority, school, enrolment
    twin._state.adding = True
    twin.seen_at = twin.seen_by = None
    twin.save()
    return twin


def test_a_mixed_list_marks_only_what_is_ours(client, cast, world):
    sign_in(client, cast.officer)
    ours = world.things["crossing"]
    sibling = a_copy_at(world, cast.northmoor, cast.brook)
    foreign = a_copy_at(world, cast.southvale, cast.coast)
    typed = [str(one.pk) for one in (foreign, ours, sibling)] + ["x", "9" * 40]

    client.post("/la/990/worklist/seen/", {"crossing": typed})

    seen = {row.pk for row in Crossing.objects.exclude(seen_at=None)}
    assert seen == {ours.pk}


@pytest.mark.parametrize("place", ["brook", "coast"])
def test_no_case_is_opened_from_a_crossing_of_others(client, cast, world, place):
    sign_in(client, cast.officer)
    school = getattr(cast, place)
    other = a_copy_at(world, school.authority, school)
    before = Case.objects.count()

    answer = client.post(f"/la/990/cases/open/{other.pk}/", {"confirmed": "yes"})

    assert answer.status_code == 404
    assert Case.objects.count() == before


def test_no_letter_is_prepared_when_one_adult_is_not_the_pupils(client, cast, world):
    sign_in(client, cast.officer)
    case, own = world.things["case"], world.things["adult"]
    stranger = factories.adult(factories.pupil(cast.southvale))
    neighbour = factories.adult(factories.pupil(cast.northmoor))
    before = CaseLetter.objects.count()

    for other in (stranger, neighbour):
        form = {"letter": "dorset:letter_2", "adults": [own.reference, other.reference]}
        answer = client.post(f"/la/990/cases/{case.reference}/letters/", form)
        assert answer.status_code == 200
        assert "valid choice" in str(answer.context["form"].errors["adults"])

    assert CaseLetter.objects.count() == before


def test_a_headteacher_gives_no_role_beyond_the_own_school(client, cast):
    sign_in(client, cast.person(Role.HEADTEACHER, "hillside"))
    before = Membership.objects.count()

    for place, role in (
        ("authority", "authority administrator"),
        (cast.brook.urn, "tutor"),
        (cast.coast.urn, "tutor"),
        (cast.hillside.urn, "authority administrator"),
        (cast.hillside.urn, "trust lead"),
        (cast.hillside.urn, "platform operator"),
    ):
        form = {"name": "A", "email": "a@example.org", "place": place, "role": role}
        assert client.post("/la/990/people/invite/", form).status_code == 200

    assert Membership.objects.count() == before
