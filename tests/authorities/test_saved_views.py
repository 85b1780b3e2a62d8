"""Saved views: a person's own filters, kept under a name."""

import pytest
from django.core import signing
from django.urls import reverse

from authorities import saved_views as service
from authorities.access import NotFound
from authorities.models import SavedView
from authorities.permissions import Role
from rules.errors import Conflict, InvalidInput
from tests.cast import sign_in


@pytest.fixture
def officer(client, cast):
    return sign_in(client, cast.officer)


@pytest.fixture
def reach(cast):
    return cast.reach(cast.officer)


def token(query="tab=overdue", route="cases:work"):
    return signing.dumps({"route": route, "query": query}, salt="saved view")


def keep(reach, name="Mine", query="tab=overdue", route="cases:work"):
    return service.keep(reach=reach, token=token(query, route), name=name)


def says(response):
    return " ".join(response.content.decode().split())


def names(reach, route="cases:work"):
    return [view.name for view in service.views_of(reach, route)]


def test_filters_are_kept_from_the_list_and_open_it_again(officer, cast):
    listed = officer.get(reverse("cases:work", args=["990"]), {"tab": "overdue", "whose": "mine"})
    sent = listed.context["list"].views.token

    kept = officer.post(
        reverse("authorities:view_keep", args=["990"]), {"token": sent, "name": " Mine,  late "}
    )

    assert kept.url == "/la/990/work/?tab=overdue&whose=mine"
    shown = says(officer.get(kept.url))
    assert '<strong aria-current="true">Mine, late</strong>' in shown
    plain = says(officer.get("/la/990/work/"))
    assert 'href="/la/990/work/?tab=overdue&amp;whose=mine">Mine, late</a>' in plain


def test_what_was_typed_is_never_kept(officer, cast):
    listed = officer.get(
        reverse("cases:cases", args=["990"]), {"q": "Robin", "stage": "stage 1", "page": "2"}
    )

    kept = signing.loads(listed.context["list"].views.token, salt="saved view")

    assert kept == {"route": "cases:cases", "query": "stage=stage+1"}


def test_nothing_is_offered_to_keep_where_nothing_is_chosen(officer):
    listed = officer.get(reverse("cases:work", args=["990"]))

    assert listed.context["list"].views.token == ""
    assert "Keep these filters" not in says(listed)


def test_the_list_opens_with_the_view_that_is_chosen_for_it(officer, reach):
    view = keep(reach)
    service.open_with(reach=reach, pk=view.pk, yes=True)

    opened = officer.get("/la/990/work/")

    assert opened.url == "/la/990/work/?tab=overdue"
    cleared = officer.get(opened.url).context["list"].clear
    assert officer.get(f"/la/990/work/{cleared}").status_code == 200  # not sent back to the view
    service.open_with(reach=reach, pk=view.pk, yes=False)
    assert officer.get("/la/990/work/").status_code == 200


def test_one_list_opens_with_one_view(reach):
    first, second, other = keep(reach), keep(reach, "B"), keep(reach, "C", route="cases:cases")
    for view in (first, other, second):
        service.open_with(reach=reach, pk=view.pk, yes=True)

    assert set(SavedView.objects.filter(is_default=True)) == {second, other}


def test_an_address_that_nobody_signed_is_refused(reach):
    for sent in ("", "x", signing.dumps({"route": "cases:work", "query": "q=x"}, salt="other")):
        with pytest.raises(InvalidInput, match="choose the filters"):
            service.keep(reach=reach, token=sent, name="Mine")


@pytest.mark.parametrize("name", ["", "  ", "a" * 41, "a\u202eb"])
def test_a_name_that_will_not_do_is_refused(reach, name):
    with pytest.raises(InvalidInput):
        keep(reach, name)


def test_a_name_of_forty_characters_will_do(reach):
    assert keep(reach, "a" * 40).name == "a" * 40


def test_the_same_name_again_takes_the_new_filters(reach):
    keep(reach)
    keep(reach, query="tab=week")

    assert [view.query for view in service.views_of(reach)] == ["tab=week"]


def test_too_many_views_and_too_long_ones_are_refused(reach):
    for number in range(12):
        keep(reach, f"View {number}")
    with pytest.raises(Conflict, match="Delete one first"):
        keep(reach, "One more")
    with pytest.raises(InvalidInput, match="too many filters"):
        keep(reach, "Long", "a" * 601, route="cases:cases")


def test_views_are_renamed_put_in_order_and_deleted(reach):
    first, second = keep(reach, "First"), keep(reach, "Second")

    service.rename(reach=reach, pk=second.pk, name="Other")
    service.move_up(reach=reach, pk=second.pk)
    assert names(reach) == ["Other", "First"]
    service.move_up(reach=reach, pk=second.pk)
    assert names(reach) == ["Other", "First"]
    with pytest.raises(Conflict, match="of that name already"):
        service.rename(reach=reach, pk=first.pk, name="Other")
    service.delete(reach=reach, pk=second.pk)
    assert names(reach) == ["First"]


def test_nobody_sees_or_changes_somebody_elses(cast, reach):
    view = keep(reach)
    other = cast.reach(cast.person(Role.ATTENDANCE_LEAD, "hillside"))

    assert names(other) == []
    for change in (
        lambda: service.rename(reach=other, pk=view.pk, name="Theirs"),
        lambda: service.delete(reach=other, pk=view.pk),
        lambda: service.open_with(reach=other, pk=view.pk, yes=True),
        lambda: service.move_up(reach=other, pk=view.pk),
    ):
        with pytest.raises(NotFound):
            change()


def test_the_page_changes_them(officer, reach):
    view = keep(reach)
    address = reverse("authorities:view_change", args=["990", view.pk])

    def press(action, **data):
        return says(officer.post(address, {"action": action, **data}, follow=True))

    assert "No saved views yet" not in press("rename", name="Late ones")
    assert "Enter a name for this view" in press("rename", name="")
    assert "The list opens with it" in press("open with")
    assert "The list opens with it" not in press("open without")
    assert "Late ones" in press("up")
    assert "No saved views yet" in press("delete")
    assert officer.post(address, {"action": "delete"}).status_code == 404


def test_a_bad_name_on_the_list_is_answered(officer):
    answer = officer.post(
        reverse("authorities:view_keep", args=["990"]), {"token": token(), "name": ""}, follow=True
    )

    assert "Enter a name for this view" in says(answer)
