"""Who must not be in a bundle, and how a text is searched for them."""

import pytest

from legal.models import Prosecution
from legal.selectors.bundle_people import BLACK, Guard, guard_of
from tests import factories
from tests.cast import TODAY
from tests.legal.penalty_scenes import at


@pytest.fixture(name="about")
def an_about(cast):
    """The prosecution of Ms Ada Larkfield about Robin Larkfield."""
    cast.pupil.forenames, cast.pupil.surname = "Robin", "Larkfield"
    cast.pupil.save()
    mother = factories.adult(
        cast.pupil,
        title="Ms",
        forenames="Ada",
        surname="Larkfield",
        address="12 Orchard Row\nNorthmoor",
        postcode="ZZ99 1AA",
        phone="01632 960111",
        email="ada@example.org",
    )

    def guard() -> Guard:
        return guard_of(
            Prosecution.objects.create(
                authority=cast.northmoor,
                enrolment=cast.enrolment,
                pupil=cast.pupil,
                school=cast.hillside,
                adult=mother,
                state="preparing",
                offence="444(1)",
                first=TODAY,
                last=TODAY,
                made_by=cast.officer,
                made_at=at(TODAY),
            )
        )

    return guard


def other(cast, **more):
    """A second parent whose details are not kept back, unless told."""
    return factories.adult(
        cast.pupil,
        **{
            "title": "Mr",
            "forenames": "Tom Ian",
            "surname": "Reedham",
            "address": "3 Mill Street\nSampleton",
            "postcode": "ZZ99 2BB",
            "phone": "+44 1632 960777",
            "email": "tom@example.org",
            "link": {"relationship": "father"},
            **more,
        },
    )


def test_with_nobody_else_around_the_child_everything_stays(about):
    guard = about()

    assert guard.text("Ms Larkfield of 12 Orchard Row", "A line") == (
        "Ms Larkfield of 12 Orchard Row"
    )
    assert not guard.found_in("Ms Larkfield")
    assert guard.page("<p>Robin</p>", "A page") == "<p>Robin</p>"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Mr Reedham rang", f"{BLACK} rang"),
        ("Tom Ian Reedham rang", f"{BLACK} rang"),
        ("Tom rang, then Ian", f"{BLACK} rang, then {BLACK}"),
        ("reedham, tom", BLACK),
        ("At 3 Mill Street, Sampleton", f"At {BLACK}, Sampleton"),
        ("At 3  Mill\nStreet", f"At {BLACK}"),
        ("ZZ992BB and zz99 2bb", f"{BLACK} and {BLACK}"),
        ("01632 960777, (01632) 960-777, 1632960777", f"{BLACK}, ({BLACK}, {BLACK}"),
        ("+44 1632 960777", BLACK),
        ("Write to tom@example.org", f"Write to {BLACK}"),
        ("Tomorrow the atom is at Reedhams Lane", "Tomorrow the atom is at Reedhams Lane"),
        ("The father came", "The father came"),
    ],
)
def test_somebody_else_is_blacked_out(about, cast, text, kept):
    other(cast)

    assert about().text(text, "A line") == kept


@pytest.mark.parametrize(
    "text", ["Tom rang", "At 3 Mill Street", "Dad came", "The father's home", "Her ex-partner rang"]
)
def test_a_line_about_somebody_protected_is_left_out_whole(about, cast, text):
    other(cast, protected_address="unknown")
    guard = about()

    assert guard.text(text, "A line") is None
    assert guard.page(f"<p>{text}</p>", "A page") is None
    assert [what for what, _ in guard.kept_out] == ["A line", "A page"]


def test_a_court_order_protects_as_an_address_does(about, cast):
    other(cast, link={"relationship": "father", "court_order": "no contact"})

    assert about().text("Dad came", "A line") is None


def test_a_second_mother_does_not_hide_the_first(about, cast):
    other(cast, protected_address="yes", link={"relationship": "mother"})

    assert about().text("Her mother came", "A line") == "Her mother came"


def test_a_shared_name_and_a_shared_home_stay(about, cast):
    other(
        cast,
        forenames="Will",
        surname="Larkfield",
        address="12 Orchard Row\nNorthmoor",
        postcode="ZZ99 1AA",
        phone="01632 960111",
        email="ada@example.org",
    )
    guard = about()

    assert guard.text("Ms Larkfield of 12 Orchard Row will come", "A line") == (
        "Ms Larkfield of 12 Orchard Row will come"
    )
    assert guard.text("Will Larkfield and Mr Larkfield", "A line") == f"{BLACK} and {BLACK}"
    assert guard.by_hand == ("Will",)


def test_tags_and_styles_of_a_page_are_left_alone(about, cast):
    other(cast, forenames="Style", surname="Body")
    page = "<style>body { color: black; }</style><body class='style'>Body &amp; more</body>"

    assert about().page(page, "A page") == (
        f"<style>body {{ color: black; }}</style><body class='style'>{BLACK} &amp; more</body>"
    )


def test_brothers_and_sisters_and_their_parents_are_somebody_else(about, cast):
    tom = other(cast)
    half = factories.pupil(cast.northmoor, forenames="Wilfred", surname="Reedham-Vole")
    tom.pupil_links.create(authority=cast.northmoor, pupil=half, relationship="father")
    factories.adult(half, forenames="Hester", surname="Vole", protected_address="no")
    guard = about()

    assert guard.text("Wilfred and Hester Vole", "A line") == f"{BLACK} and {BLACK}"
    assert guard.found_in("Hester  \n Vole")
