"""The benchmark is honest: its SQL reference finds the same, and a difference would be seen."""

import os

import numpy as np
import pytest
from django.db import connections
from psycopg2.extensions import make_dsn

from attendance.selectors import standings
from attendance.services import sweeps
from authorities.tenancy import scope
from bench import rows, sweep
from bench import world as worlds
from bench.__main__ import SIZES, size
from tests.owner import owner_cursor

PUPILS = 240


@pytest.fixture
def owner_dsn(transactional_db, monkeypatch):
    """The address of this test's database, as the owner."""
    params = connections["owner"].get_connection_params()
    known = {name: params[name] for name in ("dbname", "user", "host", "port") if params.get(name)}
    dsn = make_dsn(**known, password=params.get("password") or None)
    monkeypatch.setitem(os.environ, "DATABASE_URL", dsn)
    yield dsn
    with owner_cursor() as cursor:
        cursor.execute(
            "DROP TABLE IF EXISTS bench_mark, bench_session, bench_compulsory, bench_standing"
        )


@pytest.fixture
def swept_twice(owner_dsn, monkeypatch):
    """A small world of three schools, swept by the reference and by ours."""
    monkeypatch.setattr(worlds, "SCHOOL", 80)
    world = worlds.build(owner_dsn, PUPILS, seed=5)
    with owner_cursor() as cursor:
        rows.build(cursor, world)
        rows.sweep(cursor, world.authority_id, world.schools)
    with scope([world.authority_id]):
        of = standings.scope_for(world.authority_id, worlds.AS_OF)
        sweeps.sweep_schools(of, [world.schools], before=None, now=sweep.NOW)
    return world


def test_the_reference_in_sql_finds_the_same_of_every_pupil(swept_twice):
    told = []

    assert sweep.same(told.append), told

    with owner_cursor() as cursor:
        cursor.execute("SELECT count(*), count(*) FILTER (WHERE state > 0) FROM bench_standing")
        pupils, met = cursor.fetchone()
    assert 200 < pupils <= PUPILS
    assert met > 5


def test_one_field_of_one_pupil_that_differs_is_seen(swept_twice):
    with owner_cursor() as cursor:
        cursor.execute(
            "UPDATE bench_standing SET run_longest = run_longest + 1 WHERE enrolment_id = ("
            "SELECT max(enrolment_id) FROM bench_standing)"
        )
    told = []

    assert not sweep.same(told.append)
    assert len(told) == 2


def test_a_sweep_of_nobody_is_not_identical(owner_dsn):
    with owner_cursor() as cursor:
        cursor.execute(rows.TABLES)

    assert not sweep.same(lambda sentence: None)


def test_the_world_looks_like_the_published_rates():
    random = np.random.default_rng(1)
    sessions = worlds.calendar(random, 2025)
    held = worlds.year_of_marks(random, sessions, 3000)
    possible, absent, unauthorised = ((held >= least).sum(axis=1) for least in (0x40, 0x60, 0x80))

    assert 360 <= int(sessions.sum()) <= 400
    assert 0.91 < 1 - absent.sum() / possible.sum() < 0.95
    assert 0.12 < (10 * absent >= possible).mean() < 0.25
    assert 0.2 < unauthorised.sum() / absent.sum() < 0.4


def test_gates_fail_on_what_they_name():
    found = {
        "identical": True,
        "ratio": 29.9,
        "ratios": {"ours : copy": 12.1, "5% changed : full": 0.16},
        "rss_mb": 200.0,
        "bytes_per_pupil_year": {"marks": 1501, "with ledger": 6001},
    }

    assert [name for name, gate in sweep.GATES.items() if gate(found)] == ["identical"]


def test_a_size_is_a_number_or_a_name():
    assert (size("county"), size("4321")) == (250_000, 4321)
    assert SIZES["authority"] == 60_000
    with pytest.raises(ValueError, match="many"):
        size("many")
