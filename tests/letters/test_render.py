"""The printed page: tagged, deterministic, on the grid, deaf to hostile words, and confined."""

import dataclasses
import http.server
import io
import os
import subprocess
import sys
import threading
from pathlib import Path

import pikepdf
import pypdfium2
import pytest

from authorities import packs
from letters import render, wording
from letters.catalogue import kind_of
from letters.contexts import Recipient

KIND = kind_of("initial_concern")
ADDRESS = (
    "Ms Ada Larkfield-Featherstone",
    "Flat 4",
    "The Old Granary",
    "12 Orchard Row",
    "Little Sampleton",
    "Sampleton",
    "ZZ99 1AA",
)
TO = Recipient("Ms Ada Larkfield-Featherstone", "Ms Larkfield-Featherstone", ADDRESS)
MM = 72 / 25.4


def page(recipient=TO, *, preview=False, **changes):
    letter = dataclasses.replace(KIND.sample, **changes)
    text = packs.load("dorset").wordings["letter_2"]
    return {
        "subject": KIND.subject,
        "reference": "BCDFGHJKMN",
        "recipient": recipient,
        "letter": letter,
        "blocks": wording.fill(text, letter.placeholders()),
        "preview": preview,
    }


@pytest.fixture(scope="module")
def made():
    return render.printed(KIND.template, page())


def text_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return "\n".join(sheet.get_textpage().get_text_range() for sheet in document)
    finally:
        document.close()


def roles(element) -> list[str]:
    """The names of the structure tree, in reading order."""
    found = [str(element["/S"])[1:]] if "/S" in element else []
    children = element.get("/K", [])
    for child in children if isinstance(children, pikepdf.Array) else [children]:
        if isinstance(child, pikepdf.Dictionary) and "/S" in child:
            found += roles(child)
    return found


def test_the_pdf_says_what_it_is_and_in_which_language(made):
    with pikepdf.open(io.BytesIO(made.pdf)) as pdf:
        assert str(pdf.Root.Lang) == "en"
        assert bool(pdf.Root.MarkInfo.Marked) is True
        assert bool(pdf.Root.ViewerPreferences.DisplayDocTitle) is True
        with pdf.open_metadata() as about:
            assert about["pdfuaid:part"] == "1"
            assert about["dc:title"] == "About your child's attendance"
        assert len(pdf.pages) == made.pages == 1


def test_the_pdf_has_headings_paragraphs_and_a_list_in_reading_order(made):
    with pikepdf.open(io.BytesIO(made.pdf)) as pdf:
        order = [role for role in roles(pdf.Root.StructTreeRoot) if role in {"H1", "H2", "P", "L"}]

    first_heading = order.index("H1")
    assert order[:first_heading] == ["P"] * 13  # address, then the sender's block
    assert order[first_heading:] == ["H1", "P", "P", "P", "H2", "L", "P", "P", "P", "P", "P"]


def test_the_fonts_are_in_the_file_and_nothing_is_attached(made):
    with pikepdf.open(io.BytesIO(made.pdf)) as pdf:
        fonts = [font for sheet in pdf.pages for font in sheet.Resources.Font.values()]
        assert fonts
        for font in fonts:
            described = font.DescendantFonts[0].FontDescriptor
            assert "/FontFile2" in described
            assert "LiberationSans" in str(described.FontName).replace("-", "")
        assert not pdf.attachments


def test_the_page_is_a4_and_its_ink_stays_on_the_grid(made):
    """Millimetres from the top left, as a window envelope and GOV.UK Notify want them."""
    document = pypdfium2.PdfDocument(made.pdf)
    sheet = document[0]
    assert [round(side / MM) for side in sheet.get_size()] == [210, 297]
    dots = sheet.render(scale=4 / MM).to_numpy()[:, :, 0]
    a_mm = dots.shape[1] / 210
    ink = {(int(x / a_mm), int(y / a_mm)) for y, x in zip(*(dots < 200).nonzero(), strict=True)}
    document.close()
    assert all(15 <= x <= 194 and 5 <= y <= 291 for x, y in ink), "inside the margins"
    above_body = {(x, y) for x, y in ink if y < 94}
    window = {(x, y) for x, y in above_body if x < 121}
    assert window, "the address is there"
    assert all(24 <= x <= 120 and 39 <= y <= 66 for x, y in window), "in the window"
    assert all(124 <= x <= 195 for x, y in above_body - window), "the sender's block"


def test_the_address_is_text_in_its_order(made):
    words = text_of(made.pdf)

    places = [words.index(line) for line in ADDRESS]
    assert places == sorted(places)


def test_the_same_letter_gives_the_same_bytes_in_this_child_and_in_another(made):
    assert render.pdf(KIND.template, page()) == made.pdf
    render.PRESS.stop()
    assert render.pdf(KIND.template, page()) == made.pdf


def test_a_preview_is_the_same_page_and_says_that_it_is_one():
    words = text_of(render.pdf(KIND.template, page(preview=True)))

    assert "PREVIEW" in words
    assert "Robin has missed 9½ days of school since September" in words


def test_without_an_address_none_is_printed():
    words = text_of(render.pdf(KIND.template, page(dataclasses.replace(TO, address_lines=()))))

    assert "By hand" in words
    assert "ZZ99 1AA" not in words


HOSTILE = [
    "<b>bold</b>",
    "<script>alert(1)</script>",
    '<img src="{url}/x.png">',
    '<link rel="stylesheet" href="{url}/x.css">',
    '<link rel="attachment" href="file://{canary}">',
    '<a rel="attachment" href="file://{canary}">x</a>',
    "<style>@import url({url})</style>",
    '"><iframe src="{url}">',
    "</body></html>",
    "{% include 'x' %}",
    "{{ request }}",
    "((contact_name))",
    "# Heading",
    "- item",
    "<!-- gone -->",
    "]]>&amp;&lt;",
    "&#60;b&#62;",
    "' OR 1=1 --",
    '=HYPERLINK("x")',
]
FIELDS = ["pupil_first_name", "since", "review_period", "contact_name", "contact_details"]


@pytest.fixture(scope="module")
def listener():
    """A server on this machine that notes every request."""
    asked = []

    class Notes(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_):
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Notes)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()
    thread.join()


def squeezed(text: str) -> str:
    """Without the breaks that a line's end adds."""
    return "".join(text.split()).replace("\ufffe", "").replace("\u00ad", "")


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_in_every_field_appear_as_they_were_typed(words, listener, tmp_path):
    url, asked = listener
    canary = tmp_path / "canary"
    canary.write_text("never in a letter")
    typed = words.replace("{url}", url).replace("{canary}", str(canary))
    to = Recipient(typed, typed, (typed, typed, "ZZ99 1AA"))

    pdf = render.pdf(
        KIND.template,
        page(to, school_name=typed, school_lines=(typed,), **dict.fromkeys(FIELDS, typed)),
    )

    seen = squeezed(text_of(pdf))
    assert seen.count(squeezed(typed)) >= 10
    assert "neverinaletter" not in seen
    assert asked == []
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        assert not opened.attachments


def press(program: str, seconds: float = 10) -> render.Press:
    """A press whose child is this program, told how answers are framed."""
    start = "import sys,struct,time,os\nH=struct.Struct('>cII')\nout=sys.stdout.buffer\n"
    hello = "out.write(H.pack(b'R',0,1)+b'x'); out.flush()\n"
    return render.Press([sys.executable, "-c", start + hello + program], seconds)


@pytest.mark.parametrize(
    ("program", "says"),
    [
        ("sys.exit(3)", "stopped"),
        ("sys.stdin.buffer.read(4); os._exit(9)", "stopped"),
        ("out.write(H.pack(b'F',0,5)+b'Crash'); out.flush(); time.sleep(5)", "Crash"),
        ("time.sleep(30)", "took longer"),
    ],
)
def test_a_child_that_dies_fails_or_hangs_is_a_failure_in_words(program, says):
    broken = press(program, seconds=0.5)

    with pytest.raises(render.RenderFailed, match=says):
        broken.make("<p>x")

    assert broken.child is None


def test_a_child_that_takes_nothing_in_is_given_up_on():
    deaf = press("time.sleep(30)", seconds=0.5)

    with pytest.raises(render.RenderFailed, match="took longer"):
        deaf.make("x" * 5_000_000)


def test_a_child_that_does_not_start_is_named():
    wrong = render.Press([sys.executable, "-c", "print('oh no', end='')"])

    with pytest.raises(render.RenderFailed):
        wrong.make("<p>x")
    unready = render.Press(
        [sys.executable, "-c", "import sys; sys.stdout.buffer.write(b'F'+bytes(8))"]
    )
    with pytest.raises(render.RenderFailed, match="did not start"):
        unready.make("<p>x")


def test_a_child_gone_since_the_last_letter_is_replaced():
    one = render.Press()
    first = one.make("<html lang=en><title>A</title><p>A")
    one.child.kill()
    one.child.wait()

    assert one.make("<html lang=en><title>A</title><p>A") == first
    one.stop()


def test_a_child_is_replaced_after_many_letters_and_by_a_forked_process(monkeypatch):
    monkeypatch.setattr(render, "LETTERS_PER_CHILD", 1)
    one = render.Press()
    one.make("<html lang=en><title>A</title><p>A")
    first = one.child.pid
    one.make("<html lang=en><title>A</title><p>A")
    second = one.child
    assert second.pid != first

    one.owner = -1  # as if we were the fork of the process that started it
    one.make("<html lang=en><title>A</title><p>A")
    assert one.child.pid != second.pid
    assert second.wait() == 0  # not killed: it ended when nobody held its pipe any more
    one.stop()


@pytest.mark.parametrize(
    "attempt",
    [
        "open('/etc/passwd')",
        "open('/etc/hostname', 'rb')",
        "__import__('socket').create_connection(('127.0.0.1', 9))",
        "__import__('socket').getaddrinfo('localhost', 80)",
        "__import__('subprocess').run(['true'])",
        "os.system('true')",
        "os.fork()",
    ],
)
def test_inside_the_child_every_door_is_shut(attempt):
    """The same doors that the child shuts on itself, tried from inside."""
    program = (
        "import importlib.util, os\n"
        f"spec = importlib.util.spec_from_file_location('r', {render.__file__!r})\n"
        "r = importlib.util.module_from_spec(spec)\n"
        "import sys; sys.modules['r'] = r\n"
        "spec.loader.exec_module(r)\n"
        "import socket, subprocess\n"
        "r._close_the_doors()\n"
        f"{attempt}\n"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True)  # noqa: S603  our own words

    assert done.returncode == 1
    assert "PermissionError" in done.stderr


def test_the_child_may_not_write_files_nor_take_more_than_its_memory(tmp_path):
    program = (
        "import importlib.util, os, sys\n"
        f"spec = importlib.util.spec_from_file_location('r', {render.__file__!r})\n"
        "r = importlib.util.module_from_spec(spec); sys.modules['r'] = r\n"
        "spec.loader.exec_module(r)\n"
        f"kept = open({str(tmp_path / 'kept')!r}, 'wb', buffering=0)\n"
        "r._close_the_doors()\n"
        "try:\n    kept.write(b'x')\n"
        "except OSError:\n    print('no writing')\n"
        "try:\n    bytearray(600 * 1024 * 1024)\n"
        "except MemoryError:\n    print('no more memory')\n"
    )
    reader, writer = os.pipe()
    command = [sys.executable, "-c", program]
    done = subprocess.Popen(command, stdout=writer)  # noqa: S603  our own words
    os.close(writer)
    with os.fdopen(reader) as said:
        lines = said.read().splitlines()
    done.wait()

    assert lines == ["no writing", "no more memory"]
    assert Path(tmp_path / "kept").read_bytes() == b""


def test_the_child_has_a_network_of_its_own_wherever_the_machine_allows_it():
    one = render.Press()
    one.make("<html lang=en><title>A</title><p>A")
    program = (
        "import ctypes; u = ctypes.CDLL(None).unshare; "
        "raise SystemExit(u(0x40000000) and u(0x50000000) and 1)"
    )
    command = [sys.executable, "-c", program]
    allowed = subprocess.run(command).returncode == 0  # noqa: S603  our own words

    networks = [Path(f"/proc/{pid}/ns/net").readlink() for pid in ("self", one.child.pid)]
    one.stop()
    assert (networks[0] != networks[1]) is allowed


def test_the_child_knows_no_secret(monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "not-for-the-child")
    one = render.Press()
    one.make("<html lang=en><title>A</title><p>A")

    environment = Path(f"/proc/{one.child.pid}/environ").read_bytes()
    one.stop()
    assert b"not-for-the-child" not in environment


def test_a_page_that_never_ends_is_stopped_and_the_next_one_is_made():
    one = render.Press(seconds=1.5)
    one.make("<html lang=en><title>A</title><p>A")
    endless = "<html lang=en><title>A</title>" + "<table><tr><td>" * 400 + "x" * 200_000

    with pytest.raises(render.RenderFailed):
        one.make(endless)

    one.seconds = 10
    assert one.make("<html lang=en><title>A</title><p>A").pages == 1
    one.stop()
