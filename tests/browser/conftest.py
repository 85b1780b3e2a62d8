"""A real Chromium against a real server with the cast's rows committed."""

from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from playwright.sync_api import Browser, Locator, Page, expect

from authorities.models import User

PATIENCE = 15_000  # milliseconds: a busy machine is not a broken page
expect.set_options(timeout=PATIENCE)


@pytest.fixture(autouse=True)
def a_click_ends_when_the_page_has_loaded(monkeypatch) -> None:
    """Playwright's click ends as soon as the next page begins to arrive: a test that counts or
    measures at once would look at half a page, on a busy machine."""
    click = Locator.click

    def click_and_load(self: Locator, **how: object) -> None:
        click(self, **how)
        self.page.wait_for_load_state()

    monkeypatch.setattr(Locator, "click", click_and_load)


@pytest.fixture
def page_for(chromium: Browser, live_server) -> Iterator[Callable[..., Page]]:
    """A page signed in as somebody, at a width. Any script or policy error fails the test."""
    contexts, problems = [], []

    def open_page(user: User | None = None, width: int = 1280, scripts: bool = True) -> Page:
        context = chromium.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": 900},
            java_script_enabled=scripts,
        )
        contexts.append(context)
        if user is not None:
            context.add_cookies([session_cookie(user, live_server.url)])
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on(
            "console",
            lambda said: problems.append(said.text) if said.type == "error" else None,
        )
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert problems == []


def session_cookie(user: User, url: str) -> dict[str, str]:
    """The cookie of somebody who signed in and passed the second factor."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session["second_factor"] = True
    session.save()
    return {"name": settings.SESSION_COOKIE_NAME, "value": session.session_key, "url": url}
