"""Takes the pictures of the tutorials and of the README again, from a running demo.

    ./onroll up --port 8140 --detach
    .venv/bin/python docs/take_pictures.py http://127.0.0.1:8140 var/demo.json
    ./onroll down

Needs requirements-dev.txt and Chromium. Use a demo made the same day, on a weekday in term, and a
copy that you can throw away: the morning is really played, so a case is opened and a letter is
sent to the print spool. The import is undone again. Pictures go to docs/images/, 1280 wide.
With --tour only pages that are looked at. Those of registers want the time before nine.

Look at every picture before you commit it.
"""

import argparse
import base64
import hashlib
import hmac
import io
import json
import re
import shutil
import struct
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import pypdfium2
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, sync_playwright

IMAGES = Path(__file__).resolve().parent / "images"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
WIDTH, HEIGHT = 1280, 800
SCHOOL = "990104"  # the demo's first secondary school: it shows everything
COLOURS = 96  # enough for screens; keeps each picture well under 150 kB
GAP = 24  # white left below what is shown
ABOVE = 36  # left above a heading, for the small line over it
SEEN = 3  # rows marked as seen, so that Still is not empty
LOOKED_AT = 12  # pupils looked at to find one to open a case for
A_MEETING = "main a[href*='/meetings/']:not([href*='add']):has-text('Attendance meeting')"
A_CONTRACT = "main a[href*='/contracts/']:not([href$='/contracts/'])"
A_REQUEST = "main table a[href*='/leave/']"
DECIDE = "main a:text-is('Decide')"
PREVIEW = "main button:text-is('See the preview')"
A_REFERRAL = "main a[href*='/referrals/']:not([href$='/referrals/'])"
ROWS = 60  # of the small register file
COUNT = re.compile(r"(\d+) unauthorised sessions in 10")
MISSED = re.compile(r"Missed\s+(\d+)")


def one_time_code(secret: str) -> str:
    """The six digits that an authenticator app shows now (RFC 6238)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    start = digest[-1] & 15
    number = struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"


def keep(name: str, picture: Image.Image) -> None:
    """Writes one picture with few colours and says how large it is."""
    path = IMAGES / f"{name}.png"
    few = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    few.save(path, optimize=True)
    print(f"{path.name}: {picture.width} by {picture.height}, {path.stat().st_size // 1000} kB")


def edges(place: Locator) -> tuple[float, float]:
    """Where something begins and ends on the page, in pixels from the top."""
    box = place.evaluate(
        "e => [e.getBoundingClientRect().top + scrollY, e.getBoundingClientRect().bottom + scrollY]"
    )
    return box[0], box[1]


def take(
    page: Page,
    name: str,
    first: str | int = 0,
    last: str | int = HEIGHT,
    above: int = ABOVE,
    below: int = GAP,
) -> None:
    """Takes the page from one element to another; a number is a place in pixels."""
    page.evaluate("document.activeElement && document.activeElement.blur()")
    page.wait_for_timeout(400)
    top = first if isinstance(first, int) else edges(page.locator(first).first)[0] - above
    bottom = last if isinstance(last, int) else edges(page.locator(last).first)[1] + below
    whole = Image.open(io.BytesIO(page.screenshot(full_page=True)))
    keep(name, whole.crop((0, max(0, int(top)), WIDTH, min(whole.height, int(bottom)))))


def press(page: Page, words: str) -> None:
    """Presses the first button or link in the page's own part that says exactly this."""
    page.locator(f"main :is(a, button):text-is('{words}')").first.click()
    page.wait_for_load_state()


def sign_in(browser: Browser, site: str, demo: dict, role: str) -> Page:
    """A page signed in as somebody of the school, its council or its trust."""
    account = next(a for a in demo["accounts"] if a["role"] == role and a["school"] in (SCHOOL, ""))
    context = browser.new_context(base_url=site, viewport={"width": WIDTH, "height": HEIGHT})
    page = context.new_page()
    page.goto("/accounts/login/")
    page.fill("input[name=login]", account["email"])
    page.fill("input[name=password]", account["password"])
    page.click("main button[type=submit]")
    page.wait_for_selector("input[name=code]")
    if role == OFFICER:
        take(page, "sign-in-code", last=420)
    page.fill("input[name=code]", one_time_code(account["totp_secret"]))
    page.click("main button[type=submit]")
    page.wait_for_selector("main h1")
    return page


def worklist(page: Page) -> None:
    """A few rows are marked as seen; then the list, and the pupils with reasons still to find."""
    home = page.url
    for row in range(SEEN):
        page.locator("main table tbody tr").nth(row).locator("input[type=checkbox]").check()
    press(page, "Mark ticked rows as seen")
    page.goto(home)
    take(page, "worklist", last="main table tbody tr:nth-child(4)", below=1)
    page.click(".onroll-tabs a:has-text('Provisional')")
    page.wait_for_load_state()
    take(page, "provisional", ".onroll-tabs", "main table tbody tr:nth-child(3)", 10, 1)


def a_pupil(page: Page, la: str) -> tuple[str, str]:
    """The pupil who missed least of those over the line, and where to open a case.

    One without a case and with two adults: the pictures show a letter to one of two parents.
    """
    page.goto(f"/la/{la}/")
    rows = []
    for row in page.locator("main table tbody tr").all():
        count = COUNT.search(row.inner_text())
        to_open = row.locator("a:has-text('Open case')").first
        if count and to_open.count():
            pupil = row.locator("a").first.get_attribute("href")
            rows.append((int(count[1]), pupil, to_open.get_attribute("href")))
    found = []
    for _, pupil, to_open in sorted(rows)[:LOOKED_AT]:
        page.goto(to_open)
        missed = MISSED.search(page.inner_text("main"))
        if missed and page.locator("main button:text-is('Open the case')").count():
            found.append((int(missed[1]), pupil, to_open))
    for _, pupil, to_open in sorted(found):
        page.goto(pupil)
        if page.locator("main a:has-text('in full')").count() > 1:
            return pupil, to_open
    raise SystemExit("No pupil is left without a case. Make a fresh demo and try again.")


def pupil_pages(page: Page, pupil: str) -> None:
    """The pupil's page and the proof."""
    page.goto(pupil)
    take(page, "pupil", last=960)
    page.goto(f"{pupil}proof/")
    take(page, "proof", ".onroll-proof", ".onroll-proof table tbody tr:nth-child(5)", 12, 1)


def register_file(demo_path: Path, folder: Path) -> Path:
    """A small file: the last rows of the school's own, with every reason found to be illness."""
    source = demo_path.parent / "demo" / "files" / f"{SCHOOL}-marks-corrected.csv"
    heading, *rows = source.read_text(encoding="utf-8").splitlines()
    found = [row.replace(",N", ",I") for row in rows[-ROWS:]]
    small = folder / "reasons.csv"
    small.write_text("\n".join([heading, *found]) + "\n", encoding="utf-8")
    return small


def imports(page: Page, la: str, small: Path) -> None:
    """Upload, columns, check, import, result, undo."""
    page.goto(f"/la/{la}/imports/new/")
    page.set_input_files("input[type=file]", small)
    page.check("input[value=week]")
    take(page, "import-upload", "main h1", "main button:text-is('Upload')")
    press(page, "Upload")
    press(page, "Check the file")
    page.wait_for_selector("main button:text-is('Import')", timeout=60_000)
    take(page, "import-check", "main h1", "main :is(a, button):has-text('Do not import')")
    press(page, "Import")
    page.wait_for_selector("main :text-is('Undo this import')", timeout=60_000)
    take(page, "import-result", "main h1", "main :text-is('Undo this import')")
    press(page, "Undo this import")
    page.fill("main textarea", "Tried out while learning.")
    press(page, "Undo this import")


def calendar(page: Page, la: str) -> None:
    """The school's year."""
    page.goto(f"/la/{la}/schools/{SCHOOL}/calendar/")
    take(page, "calendar", "main h1", 895, above=62)


def case_and_letter(page: Page, to_open: str) -> None:
    """A case is opened; a letter is prepared, read and approved."""
    page.goto(to_open)
    take(page, "open-case", "main h1", "main button:text-is('Open the case')")
    press(page, "Open the case")
    press(page, "Prepare a letter")
    press(page, "Prepare")
    page.locator("main table a").first.click()
    page.wait_for_load_state()
    take(page, "letter", "main h1", "main button:has-text('Approve')")
    page.locator("main button:has-text('Approve')").click()
    page.wait_for_load_state()


def held(page: Page, demo: dict) -> None:
    """A letter to an adult whose address is protected."""
    case = next(c for c in demo["cases"] if c["shows"] == "protected_mother")
    for letter in case["letters"]:
        page.goto(f"/la/{case['authority']}/letters/{letter}/")
        if page.locator("main :text('address is protected')").count():
            take(page, "held-letter", "main h1", 772)
            return
    raise SystemExit("No letter is held for a protected address. Make a fresh demo and try again.")


def certificate(page: Page, pupil: str) -> None:
    """The first page of the PDF."""
    page.goto(f"{pupil}certificate/")
    made = page.locator("main form:has(button:has-text('Make the certificate'))")
    link = page.locator("main a:has-text('Make the certificate')")
    address = link.first.get_attribute("href") if link.count() else made.get_attribute("action")
    pdf = pypdfium2.PdfDocument(page.request.get(address).body())
    sheet = pdf[0].render(scale=WIDTH / pdf[0].get_width()).to_pil()
    keep("certificate", sheet.crop((0, 40, WIDTH, 1060)))


def registers(page: Page, la: str) -> None:
    """A tutor's registers of the day; the class as it is filled in; what is refused; and saved.

    Take this before nine in the morning, or the register has closed and the page says so.
    """
    page.goto(f"/la/{la}/registers/")
    take(page, "registers", last="main table:last-of-type tbody tr:nth-child(3)", below=1)
    page.locator("main a:has-text('Take')").first.click()
    page.wait_for_selector("form[data-register]")
    rows = page.locator("[data-pupil]")
    for at, mark in ((2, "N"), (5, "I"), (8, "late")):
        rows.nth(at).locator(f"input[value={mark}]").check()
    rows.nth(8).locator("input[name^=at-]").fill("8:42")
    press(page, "Mark everyone else present")
    take(page, "register-class")
    rows.nth(11).locator("input[value=other]").check()
    rows.nth(11).locator("select").select_option("B")
    press(page, "Save register")
    page.wait_for_selector(".govuk-error-summary")
    take(page, "register-refused", last=560)
    page.locator("[data-pupil]").nth(11).locator("input[name^=detail-]").fill(
        "Choir at the town hall"
    )
    press(page, "Save register")
    page.wait_for_selector(".govuk-notification-banner--success")
    take(page, "register-saved", last=560)


@dataclass(frozen=True)
class Shot:
    """One picture of a page as it is.

    role     who looks
    address  of the page, with {la}, {school} and {case:…} of the demo
    first, last  as in `take`; press: links to follow first, one after the other
    """

    name: str
    role: str
    address: str
    first: str | int = "main h1"
    last: str | int = 900
    press: tuple[str, ...] = ()


OFFICER, HEAD, LEAD = "attendance officer", "headteacher", "safeguarding lead"
WORKER, TRUST, OUTSIDE = "support worker", "trust lead", "outside professional"
ROAD, PANEL, KEPT = "{case:two_plans}", "{case:panel}", "{case:restricted}"
SHOTS = (
    Shot("proposals", OFFICER, "/la/{la}/proposals/", last=860),
    Shot("case", OFFICER, f"{ROAD}", last=1100),
    Shot("barriers", OFFICER, f"{ROAD}support/", last=1100),
    Shot("plan", OFFICER, f"{ROAD}plan/", last=1300),
    Shot("contacts", OFFICER, f"{ROAD}contacts/", last=1000),
    Shot("minutes", OFFICER, f"{ROAD}contacts/", last=1300, press=(A_MEETING,)),
    Shot("contract", OFFICER, "{case:contract_in_force}contracts/", press=(A_CONTRACT,), last=1200),
    Shot("checklists", OFFICER, f"{PANEL}checklists/", last=1000),
    Shot("work", OFFICER, "/la/{la}/work/", last=900),
    Shot("absences", OFFICER, "/la/{la}/absences/", last=760),
    Shot("correction", OFFICER, "/la/{la}/corrections/new/", last=900),
    Shot("returns", OFFICER, "/la/{la}/returns/", last=860),
    Shot("not-seen", OFFICER, "/la/{la}/not-seen/", last=760),
    Shot("leave-list", HEAD, "/la/{la}/leave/", last=700),
    Shot("leave-decide", HEAD, "/la/{la}/leave/", last=1100, press=(A_REQUEST, DECIDE)),
    Shot("year-end", HEAD, "/la/{la}/schools/{school}/year-end/", last=1200, press=(PREVIEW,)),
    Shot("what-applies", HEAD, f"{ROAD}policy/", last=900),
    Shot("referrals", WORKER, "/la/{la}/referrals/", last=760),
    Shot("referral", WORKER, f"{PANEL}referrals/", last=1200, press=(A_REFERRAL,)),
    Shot("case-people", LEAD, f"{KEPT}people/", last=1000),
    Shot("safeguarding", LEAD, f"{KEPT}safeguarding/", last=900),
    Shot("family", LEAD, "{case:brother_and_sister}family/", last=900),
    Shot("trust-cases", TRUST, "/la/{la}/cases/", last=860),
    Shot("governor", "governor", "/la/{la}/schools/", last=760),
    Shot("shared", OUTSIDE, "/la/{la}/shared/", last=420),
    Shot("shared-case", OUTSIDE, "/la/{la}/shared/", last=1200, press=("main .govuk-list a",)),
)


def addresses(demo: dict, la: str) -> dict[str, str]:
    """What the addresses of SHOTS are filled in with."""
    cases = {f"case:{one['shows']}": one["url"] for one in demo["cases"]}
    return {"la": la, "school": SCHOOL, **cases}


def tour(browser: Browser, site: str, demo: dict, la: str) -> None:
    """Every picture of SHOTS, signed in once as each role."""
    known = addresses(demo, la)
    pages: dict[str, Page] = {}
    for shot in SHOTS:
        if shot.role not in pages:
            pages[shot.role] = sign_in(browser, site, demo, shot.role)
        page = pages[shot.role]
        address = shot.address
        for key, value in known.items():
            address = address.replace(f"{{{key}}}", value)
        page.goto(address)
        for link in shot.press:
            page.locator(link).first.click()
            page.wait_for_load_state()
        take(page, shot.name, shot.first, shot.last)


def main() -> None:
    """Plays the morning and takes its pictures."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("site", help="such as http://127.0.0.1:8140")
    asked.add_argument("demo", type=Path, help="var/demo.json of that demo")
    asked.add_argument("--tour", action="store_true", help="only the pages as they are")
    given = asked.parse_args()
    demo = json.loads(given.demo.read_text(encoding="utf-8"))
    la = next(school["authority"] for school in demo["schools"] if school["urn"] == SCHOOL)
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        tour(browser, given.site, demo, la)
        if given.tour:
            return
        page = sign_in(browser, given.site, demo, "attendance officer")
        worklist(page)
        pupil, to_open = a_pupil(page, la)
        pupil_pages(page, pupil)
        imports(page, la, register_file(given.demo, Path(folder)))
        calendar(page, la)
        case_and_letter(page, to_open)
        held(page, demo)
        certificate(page, pupil)
        head = sign_in(browser, given.site, demo, HEAD)
        head.goto(f"/la/{la}/audit/")
        take(head, "audit", "main h1", "main table tbody tr:nth-child(5)", 24, 1)
        registers(sign_in(browser, given.site, demo, "tutor"), la)
        browser.close()


if __name__ == "__main__":
    main()
