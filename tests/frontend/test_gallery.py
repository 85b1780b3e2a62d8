"""Every component in a real browser: no accessibility fault, nothing wider than a phone."""

import pytest
from axe_playwright_python.sync_playwright import Axe

pytestmark = [pytest.mark.browser, pytest.mark.real_clock, pytest.mark.slow]
PAGES = (
    "/gallery/",
    "/gallery/?part=list&year=7&sort=-rate",
    "/gallery/?part=list&q=nobody",
    "/gallery/?part=list&view=print",
    "/gallery/?part=flash",
    "/accounts/login/",
    "/accounts/password/reset/",
)


@pytest.mark.urls("tests.frontend.gallery_urls")
def test_progress_moves_on_by_itself(chromium, live_server):
    page = chromium.new_page()

    page.goto(f"{live_server.url}/gallery/")

    page.wait_for_selector("text=Registers read", timeout=10_000)
    assert page.locator("#p2[hx-get]").count() == 0  # finished: it asks no more


@pytest.mark.urls("tests.frontend.gallery_urls")
@pytest.mark.parametrize("width", [320, 1280])
def test_no_page_has_a_fault_that_axe_can_find(chromium, live_server, width):
    page = chromium.new_page(viewport={"width": width, "height": 900})
    complaints = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    found = {}

    for address in PAGES:
        page.goto(live_server.url + address)
        found[address] = [fault["id"] for fault in Axe().run(page).response["violations"]]
        wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        if page.evaluate(wider) > 0:
            found[address].append(f"wider than {width} pixels")

    assert found == {address: [] for address in PAGES}
    assert complaints == []  # the content security policy among them
