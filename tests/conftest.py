"""The standing cast, the clock that stands still, and a real PostgreSQL as the application sees it.

Every test talks to the database as the role onroll_app, under row-level security. The owner's
connection makes the databases and clears them; no test may use it to arrange its rows.
"""

import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.test import TransactionTestCase
from playwright.sync_api import Browser, sync_playwright

from tests import cast as casting
from tests.owner import owner_cursor

PROJECT = Path(__file__).resolve().parent.parent
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or "/usr/bin/chromium"
QUIET = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
TUESDAY = "2026-11-17 09:00:00+00:00"  # in term, clear of half-term and of the clock change


def migrations_digest() -> str:
    """A name for the schema: the digest of all our migrations and of the database's own rules."""
    digest = hashlib.sha256()
    parts = [*PROJECT.glob("*/migrations/**/*.py"), *PROJECT.glob("*/migrations/**/*.sql")]
    for path in sorted([*parts, *PROJECT.glob("*/models*/**/*.py"), *PROJECT.glob("*/models.py")]):
        digest.update(path.read_bytes())
    digest.update((PROJECT / "authorities/database_rules.py").read_bytes())
    return digest.hexdigest()[:12]


def create_database(name: str, template: str | None = None) -> None:
    """Make a database as the owner. A clone of the template takes a tenth of a migration's time."""
    owner = connections["owner"]
    with owner._nodb_cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        clone = f' TEMPLATE "{template}"' if template else ""
        cursor.execute(f'CREATE DATABASE "{name}"{clone}')


def point_at(name: str) -> None:
    """Send both connections to this database."""
    for alias in ("default", "owner"):
        connections[alias].close()
        settings.DATABASES[alias]["NAME"] = name
        connections[alias].settings_dict["NAME"] = name


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: pytest.FixtureRequest) -> Iterator[None]:
    """One migrated template for each schema, and a clone of it for each test process."""
    template = f"onroll_template_{migrations_digest()}"
    mine = f"test_onroll_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}"
    with django_db_blocker.unblock():
        owner = connections["owner"]
        with owner._nodb_cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(7300)")
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [template])
            if not cursor.fetchone():
                half = f"{template}_half"  # a run that is stopped here leaves no template
                create_database(half)
                point_at(half)
                call_command("migrate", verbosity=0)
                point_at("postgres")
                cursor.execute(f'ALTER DATABASE "{half}" RENAME TO "{template}"')
            create_database(mine, template)
        point_at(mine)
    yield
    with django_db_blocker.unblock():
        for alias in ("default", "owner"):
            connections[alias].close()
        with connections["owner"]._nodb_cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{mine}" WITH (FORCE)')


def clear_tables(case: TransactionTestCase) -> None:
    """Empty every table as the owner: the application's role has no TRUNCATE."""
    connections["default"].close()
    with owner_cursor() as cursor:
        cursor.execute(
            "SELECT string_agg(format('%I', relname), ', ') FROM pg_class"
            " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
            " AND relname NOT IN ('django_migrations', 'django_content_type', 'auth_permission')"
        )
        cursor.execute(f"TRUNCATE {cursor.fetchone()[0]} RESTART IDENTITY CASCADE")


TransactionTestCase._fixture_teardown = clear_tables


@pytest.fixture(autouse=True)
def standing_clock(request: pytest.FixtureRequest) -> Iterator[None]:
    """The clock stands still on a Tuesday in term, except in tests that talk to real servers."""
    if request.node.get_closest_marker("real_clock"):
        yield
        return
    with time_machine.travel(TUESDAY, tick=False):
        yield


@pytest.fixture(autouse=True)
def state_dir(settings, tmp_path):
    """Mail, spool and logs of a test stay with the test."""
    settings.STATE_DIR = tmp_path
    settings.SPOOL_DIR = tmp_path / "spool"
    return tmp_path


@pytest.fixture
def cast(db) -> Iterator[casting.Cast]:
    """Two authorities, a trust across both, and a person in each role. Its scope stays open.

    The test body may read and arrange rows of both authorities; requests made with the test
    client narrow the scope to what the page gives, as in life.
    """
    with casting.everywhere() as everybody:
        yield everybody


@pytest.fixture
def live_cast(transactional_db) -> casting.Cast:
    """The same cast, committed: for tests with threads, workers and other connections.

    Open a scope yourself: `with scope(cast.ids): …`.
    """
    with casting.everywhere() as everybody:
        pass
    return everybody


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for the session: two of Playwright's loops cannot share a thread.

    The loop runs on in this thread, so Django is told to let queries pass beside it.
    """
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()
