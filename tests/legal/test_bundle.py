"""Court bundles, as real files: made once, read as a reader would, checked without Onroll."""

import io
import json
import re
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pikepdf
import pytest
from django.db import connection

from audit.models import Event
from authorities.access import Forbidden
from authorities.models import Job
from authorities.permissions import Role
from legal.bundle_verifier import verify
from legal.models import BundleFile, CourtBundle, PenaltyNotice, Prosecution
from legal.selectors.bundles import bundles_of, changed_since, state_of
from legal.services import bundle_press, bundles
from legal.services.bundle_press import text_of
from letters.models import LetterDocument
from letters.render import RenderFailed
from rules.errors import Conflict, RuleNotMet
from tests.legal.bundle_scenes import SECRETS, Scene, light, scene

VERIFIER = Path(verify.__file__)


@pytest.fixture(name="scene")
def a_scene(cast) -> Scene:
    return scene(cast)


@pytest.fixture(name="light")
def a_light_scene(cast) -> Scene:
    return light(cast)


@pytest.fixture(name="quick")
def a_quick_press(monkeypatch):
    """Page makers that need no layout: what is asked of them is kept."""
    asked: list[str] = []
    with bundle_press.printers() as real:
        page = real.make("<html lang=en><title>A page</title><p>A page")

    class Quick(bundle_press.Printers):
        def make(self, html):
            asked.append(html)
            return page

    monkeypatch.setattr(bundle_press, "Printers", Quick)
    monkeypatch.setattr(bundles, "places", lambda chapters: {})
    return asked


def flat(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def test_one_press_makes_two_files_that_stand_up_in_court(scene, tmp_path):
    with connection.cursor() as cursor:  # the chain's links, which a commit writes
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    bundle = scene.make()

    served, own = scene.file(bundle), scene.file(bundle, "prosecutor")
    pdf = bytes(served.pdf)
    pages = text_of(pdf)
    whole = flat(" ".join(pages))

    # what is in each
    assert [part["title"] for part in served.manifest["parts"]] == [
        "Court bundle",
        "Draft statement of a witness",
        "Exhibits",
        "Headteacher's certificate",
        "Register extract with its history",
        "What the prosecution rests on",
        "Letters, and proof of service",
        "Letters",
        "Chronology",
        "Plans, contracts and support",
        "Caution letter",
        "Caution, questions and answers",
        "Disclosure schedule: what may help the parent",
    ]
    assert [part["title"] for part in own.manifest["parts"]] == [
        "The two tests",
        "Defences, authority and the gate",
        "What is not in the bundle",
    ]
    assert (served.pages, own.pages) == (len(pages), 3)
    assert bundle.version == scene.prosecution.version

    # nobody else is there, in any form, in either file
    for text in (whole, flat(" ".join(text_of(bytes(own.pdf)))), json.dumps(served.manifest)):
        for secret in SECRETS:
            assert secret.casefold() not in text.casefold(), secret
        assert "1632960777" not in digits(text)
        assert "7700900777" not in digits(text)
    assert "wants nobody to know" not in whole
    assert "with the father" not in whole
    assert "in Sampleton" not in whole
    assert "Her sister █████ walks Robin to school from █████" in whole
    assert "Write to █████ about him" in whole
    assert "She will try the breakfast club" in whole
    assert "Served: 17 November 2026, by hand." in whole

    # what the prosecutor thought is not served; what helps the parent is
    assert "realistic prospect" not in whole
    assert "realistic prospect" in flat(" ".join(text_of(bytes(own.pdf))))
    assert "Robin had a cold on 6 October" in whole
    assert "SEN support. Reading" in whole
    assert "I could not pay in time." in whole
    assert "The ledger holds no payment on a notice to this parent." in whole
    assert bundle.kept_out == 6

    # every page is numbered, every part has its bookmark, each letter too
    for number, text in enumerate(pages, start=1):
        assert f"Bundle page {number} of {len(pages)}" in text
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        outline = list(opened.open_outline().root)
        assert [item.title for item in outline][:2] == [
            "1. Court bundle",
            "2. Draft statement of a witness",
        ]
        assert len(outline[7].children) == 2
        check_statement(opened, pages)
        check_letters(opened, scene)

    # the checker, run as somebody else would run it
    file = tmp_path / "bundle.pdf"
    file.write_bytes(pdf)
    assert "This bundle is whole." in checked(file)
    assert "This bundle is whole." in checked(file, "--sha256", served.sha256)
    assert "not the one whose number the council gave" in checked(file, "--sha256", "0" * 64)
    file.write_bytes(bytes(own.pdf))
    assert own.manifest["audit"]["links"], "the prosecutor's file has the chain's links"
    assert "This bundle is whole." in checked(file)
    check_tampering(pdf, bytes(own.pdf))


def checked(file: Path, *more: str) -> str:
    """What the checker says, run alone in an empty folder, without this project's packages."""
    ran = subprocess.run(  # noqa: S603
        [sys.executable, "-I", "-S", str(VERIFIER), str(file), *more],
        capture_output=True,
        text=True,
        cwd=file.parent,
        check=False,
    )
    assert ran.returncode == (0 if "is whole" in ran.stdout else 1), ran.stderr
    return ran.stdout


def check_statement(opened: pikepdf.Pdf, pages: list[str]) -> None:
    """Each numbered sentence leads to a page, says its number, and the record is there."""
    numbers = {page.obj.objgen: index + 1 for index, page in enumerate(opened.pages)}
    text = flat(pages[1]).partition("do not believe to be true.")[2]
    sentences = re.findall(r"(\d+)\. (.+?) page (\d+)", text)
    leads = [
        numbers[note.Dest[0].objgen] for note in opened.pages[1].Annots if note.Subtype == "/Link"
    ]
    assert [int(number) for number, _, _ in sentences] == list(range(1, len(sentences) + 1))
    assert len(sentences) == len(leads) == 17
    assert leads == [int(page) for _, _, page in sentences]
    where = {said: flat(pages[int(page) - 1]) for _, said, page in sentences}
    for said, page in where.items():
        for start, record in (
            ("Robin Ash Example was born", "born on 4 May 2016"),
            ("The prosecution rests on 10 sessions", "Monday 5 October 2026, morning: O"),
            ("Penalty notice PN", "You are getting this notice because"),
            ("It counts as received", "Pat Wren, authorised officer of Northmoor"),
            ("No mark of this time", "Register extract with its history"),
            ("The council considered", "An education supervision order"),
            ("Ms Ada Larkfield answered", "Answered on 4 January 2027"),
            ("On 17 November 2026 a letter went", "Dear Ms Larkfield"),
        ):
            if said.startswith(start):
                assert record in page, said
    for page in opened.pages:
        for note in page.get("/Annots", []):
            assert "/A" not in note, "no link leaves the bundle"


def check_letters(opened: pikepdf.Pdf, scene: Scene) -> None:
    """Each letter to the mother is attached as it was sent; none to anybody else is."""
    attached = {
        name: spec.get_file().read_bytes()
        for name, spec in opened.attachments.items()
        if "letter-" in name
    }
    kept = LetterDocument.objects.filter(letter__case_letter__adult=scene.mother)
    others = LetterDocument.objects.filter(letter__case_letter__adult=scene.father)
    assert others.exists(), "the father had letters too"
    assert sorted(attached.values()) == sorted(bytes(row.pdf) for row in kept)


def wrong_with(data: bytes) -> str:
    """Everything that the checker finds, in one text."""
    return " ".join(verify.wrong_with(data))


def check_tampering(pdf: bytes, other: bytes) -> None:
    """A changed byte, a missing part, a swapped part and an edited manifest are all found."""
    assert wrong_with(pdf) == ""
    assert wrong_with(other) == ""
    for at_byte in (20, len(pdf) // 2, pdf.rindex(verify.SEAL) - 3):
        changed = bytearray(pdf)
        changed[at_byte] ^= 1
        assert "changed after it was sealed" in wrong_with(bytes(changed))
    assert "seal is missing" in wrong_with(pdf[: len(pdf) // 2])
    assert "end of the file is missing" in wrong_with(b"%PDF" + pdf[pdf.rindex(verify.SEAL) :])
    for change, found in CHANGES:
        assert found in resealed(pdf, change), change.__name__
    assert "not the one that was sealed" in resealed(pdf, edit_manifest, manifest="0" * 64)
    links = dict(BundleFile.objects.get(part="prosecutor").manifest)
    assert list(verify.wrong_links(links)) == []
    links["audit"]["links"][0]["event"] += " "
    assert "does not follow from what it says" in " ".join(verify.wrong_links(links))
    second = {**links["audit"]["links"][1], "number": links["audit"]["links"][0]["number"] + 1}
    links["audit"]["links"] = [links["audit"]["links"][0], {**second, "previous": "00"}]
    assert "does not follow the one before" in " ".join(verify.wrong_links(links))


def resealed(pdf: bytes, change, manifest: str = "") -> str:
    """What somebody could do who has the tools: change it, and seal it again."""
    with pikepdf.open(io.BytesIO(pdf[: pdf.rindex(verify.SEAL)])) as opened:
        change(opened)
        out = io.BytesIO()
        modes = pikepdf.ObjectStreamMode
        packed = change is pack
        opened.save(out, object_stream_mode=modes.generate if packed else modes.disable)
        held = opened.attachments.get("manifest.json")
        text = held.get_file().read_bytes() if held else b""
    made = out.getvalue()
    seal = {
        "sha256": sha256(made).hexdigest(),
        "manifest": manifest or sha256(text).hexdigest(),
    }
    return wrong_with(made + verify.SEAL + json.dumps(seal).encode() + b"\n")


def attach(opened: pikepdf.Pdf, name: str, data: bytes) -> None:
    opened.attachments[name] = pikepdf.AttachedFileSpec(opened, data, filename=name)


def pack(opened: pikepdf.Pdf) -> None:
    """Nothing is changed, but another program writes it."""


def swap_pages(opened: pikepdf.Pdf) -> None:
    first, second = opened.pages[3], opened.pages[4]
    opened.pages[3] = second
    opened.pages[4] = first


def swap_files(opened: pikepdf.Pdf) -> None:
    one, two = [name for name in opened.attachments if name != "manifest.json"][3:5]
    first, second = (opened.attachments[name].get_file().read_bytes() for name in (one, two))
    attach(opened, one, second)
    attach(opened, two, first)


def drop_page(opened: pikepdf.Pdf) -> None:
    del opened.pages[5]


def drop_file(opened: pikepdf.Pdf) -> None:
    del opened.attachments[next(name for name in opened.attachments if name.startswith("08-"))]


def add_file(opened: pikepdf.Pdf) -> None:
    attach(opened, "extra.pdf", b"x")


def write_over(opened: pikepdf.Pdf) -> None:
    opened.pages[4].contents_add(opened.make_stream(b"0 0 100 100 re f"))


def edit_manifest(opened: pikepdf.Pdf) -> None:
    text = json.loads(opened.attachments["manifest.json"].get_file().read_bytes())
    text["parts"][3]["first"] += 1
    attach(opened, "manifest.json", json.dumps(text).encode())


def cut_manifest(opened: pikepdf.Pdf) -> None:
    text = json.loads(opened.attachments["manifest.json"].get_file().read_bytes())
    text["parts"].pop()
    attach(opened, "manifest.json", json.dumps(text).encode())


def other_manifest(opened: pikepdf.Pdf) -> None:
    attach(opened, "manifest.json", b'{"format": "another"}')


def no_manifest(opened: pikepdf.Pdf) -> None:
    del opened.attachments["manifest.json"]


CHANGES = (
    (pack, "Another program wrote this file again"),
    (swap_pages, "Page 4 is not the page that was made"),
    (swap_files, "is not what was made"),
    (drop_page, "It was made with"),
    (drop_file, "“Letters” is missing"),
    (add_file, "attached that no part has: extra.pdf"),
    (write_over, "Page 5 is not the page that was made"),
    (edit_manifest, "are not where the manifest says"),
    (cut_manifest, "The parts do not fill the pages"),
    (other_manifest, "another kind of bundle"),
    (no_manifest, "The manifest is missing"),
)


def test_pressed_twice_at_once_it_makes_one(light):
    first = light.ask()
    again = light.ask(reach=light.legal)

    assert (again.pk, again.job_id) == (first.pk, first.job_id)
    assert CourtBundle.objects.count() == 1
    assert Job.objects.filter(kind="legal.make_bundle").count() == 1
    assert Event.objects.filter(kind="bundle.asked").count() == 1


def test_one_that_failed_is_tried_again_and_not_begun_beside_it(light):
    bundle = light.ask()
    Job.objects.filter(pk=bundle.job_id).update(state="failed", problem="It stopped.")
    assert state_of(bundles_of(light.prosecution)[0], light.prosecution)["text"] == "Not made"

    again = light.ask()

    again.job.refresh_from_db()
    assert (again.pk, again.job.state) == (bundle.pk, "waiting")
    assert state_of(bundles_of(light.prosecution)[0], light.prosecution)["text"] == "Being made"


def test_made_again_it_is_a_new_one_and_the_old_one_stays(light, quick):
    old = light.make()
    kept = light.file(old).sha256
    (shown,) = bundles_of(light.prosecution)
    assert [file.part for file in shown.kept] == ["served", "prosecutor"]
    assert state_of(shown, light.prosecution)["text"] == "Made"

    CourtBundle.objects.update(review="A mark was corrected.")
    old.refresh_from_db()
    assert changed_since(old, light.prosecution) == "A mark was corrected."
    assert state_of(old, light.prosecution)["text"] == "Out of date"

    new = light.make()
    assert new.pk != old.pk
    assert changed_since(new, light.prosecution) == ""
    assert light.file(old).sha256 == kept
    light.prosecution.version += 1
    assert "has gone on" in changed_since(new, light.prosecution)


def test_run_twice_the_second_finds_it_made(light, quick):
    asked = light.ask()
    CourtBundle.objects.update(review="A mark was corrected while it waited.")
    bundle = light.make(asked)
    pages = len(quick)

    assert bundle.review == ""

    assert light.make(bundle).pk == bundle.pk
    assert len(quick) == pages


def test_it_is_not_made_while_a_person_must_look_at_the_prosecution(light):
    bundle = light.ask()
    Prosecution.objects.filter(pk=light.prosecution.pk).update(review="A mark was corrected.")

    with pytest.raises(Conflict, match=r"A mark was corrected\. Look at the prosecution again"):
        light.ask()
    with pytest.raises(Conflict, match="Look at the prosecution again"):
        light.make(bundle)
    assert not BundleFile.objects.exists()


def test_it_is_not_made_while_a_person_must_look_at_the_penalty_notice(scene):
    PenaltyNotice.objects.update(review="More than two count.")

    with pytest.raises(Conflict, match=r"More than two count\. Look at the penalty notice again"):
        scene.ask()


def test_what_is_out_of_date_is_not_served_and_the_prosecutor_may_still_read_it(light, quick):
    bundle = light.make()
    CourtBundle.objects.update(review="A mark was corrected.")
    served, own = (
        BundleFile.objects.select_related("bundle__prosecution__school").get(
            bundle=bundle, part=part
        )
        for part in ("served", "prosecutor")
    )

    with pytest.raises(Conflict, match="It cannot be served"):
        bundles.take(reach=light.legal, file=served)
    assert not Event.objects.filter(kind="bundle.read").exists()
    assert bundles.take(reach=light.legal, file=own) == bytes(own.pdf)


def test_there_is_none_of_a_prosecution_that_was_dropped(light):
    Prosecution.objects.filter(pk=light.prosecution.pk).update(state="not proceeded with")

    with pytest.raises(Conflict, match="ended without going to court"):
        light.ask()


@pytest.mark.parametrize("role", [Role.NOTICE_CLERK, Role.SUPPORT_WORKER])
def test_only_who_prosecutes_may_make_it(light, role):
    with pytest.raises(Forbidden):
        light.ask(reach=light.cast.reach(light.cast.person(role)))


def test_who_may_not_read_every_code_may_not_make_it(light, monkeypatch):
    from authorities import permissions

    shorn = {
        **permissions.ROLES,
        Role.LEGAL_OFFICER: permissions.ROLES[Role.LEGAL_OFFICER]
        - {permissions.Permission.VIEW_SENSITIVE},
    }
    monkeypatch.setattr("authorities.access.ROLES", shorn)
    with pytest.raises(Forbidden, match="every attendance code"):
        light.ask()


def test_a_finished_file_with_somebody_else_in_it_is_thrown_away(scene, quick, monkeypatch):
    monkeypatch.setattr(
        bundles, "text_of", lambda pdf: ["A page", "Said by Mr Reedham at the gate"]
    )
    monkeypatch.setattr(bundles, "_may_stand", lambda guard, row: True)

    with pytest.raises(RuleNotMet, match=r"page 2, in “.+”, has the name or the details") as told:
        scene.make()

    assert "Reedham" not in str(told.value)


def test_a_letter_that_names_somebody_else_stays_out(scene, quick, monkeypatch):
    named = [row.letter.reference for row in bundles.letters_to(scene.prosecution)]
    monkeypatch.setattr(bundles, "_search", lambda made, guard: None)
    monkeypatch.setattr(bundles, "text_of", lambda pdf: ["Dear Ms Larkfield and Mr Reedham"])

    bundle = scene.make()

    parts = [part["key"] for part in scene.file(bundle).manifest["parts"]]
    assert "letters" not in parts
    assert "caution" not in parts
    own = " ".join(quick)
    assert len(named) == 2
    assert all(f"Letter {reference}" in own for reference in named)


def test_a_certificate_that_names_somebody_protected_is_made_by_hand(light):
    light.cast.hillside.name = "Reedham School"
    light.cast.hillside.save()

    with pytest.raises(RuleNotMet, match="Make it by hand"):
        light.make()


def test_a_page_that_cannot_be_made_says_what_to_do(light, monkeypatch):
    def broken(self, html):
        raise RenderFailed("It took longer than 60 seconds.")

    monkeypatch.setattr(bundle_press.Printers, "make", broken)

    with pytest.raises(RuleNotMet, match="Try again when the machine is less busy"):
        light.make()


def test_page_numbers_that_never_settle_stop_it(light, quick, monkeypatch):
    turns = iter(range(100))
    monkeypatch.setattr(bundles, "places", lambda chapters: {"statement": next(turns)})

    with pytest.raises(RuleNotMet, match="did not settle"):
        light.make()


def test_taking_a_file_checks_it_and_is_written_down(light, quick):
    bundle = light.make()
    file = light.file(bundle)

    assert bundles.take(reach=light.legal, file=file) == bytes(file.pdf)
    assert Event.objects.filter(kind="bundle.read").count() == 1

    file.pdf = bytes(file.pdf) + b" "
    with pytest.raises(Conflict, match="not the one that was made"):
        bundles.take(reach=light.legal, file=file)


def test_without_a_case_a_notice_or_a_letter_there_is_still_a_bundle(scene, quick):
    Prosecution.objects.filter(pk=scene.prosecution.pk).update(
        case=None, notice=None, letter=None, proof={}, considered_on=None, answers={"odd": "Yes"}
    )
    bundle = scene.make()

    said = " ".join(quick)
    assert "There was no penalty notice." in said
    assert "There was no case." in said
    assert "No proof was frozen." in said
    assert "the council must consider one before it prosecutes" in said
    assert scene.file(bundle).manifest["parts"]
