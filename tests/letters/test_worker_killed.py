"""A worker group killed again and again, and Redis emptied: each letter once, none lost.

A small size of a drill: the same loop with more letters and more kills is for `./onroll drill`.
"""

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager, suppress

import pytest
import redis
from celery import current_app
from django.conf import settings
from django.db import connection

from audit.models import Event
from authorities.tenancy import scope
from letters.models import Letter, LetterDocument, Outbox
from letters.services import drafting
from tests import factories
from tests.cases.family import NOW

LETTERS, KILLS = 20, 3
PATIENCE = 120


@contextmanager
def workers():
    """A real worker group of two, as `./onroll up` starts it, on the test's own database."""
    base, _, query = os.environ["DATABASE_URL"].partition("?")
    url = f"{base.rpartition('/')[0]}/{connection.settings_dict['NAME']}"
    environment = {
        **os.environ,
        "DATABASE_URL": f"{url}?{query}" if query else url,
        "STATE_DIR": str(settings.STATE_DIR),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "LOG_LEVEL": "ERROR",
    }
    argv = [sys.executable, "-m", "celery", "-A", "config", "worker", "-c", "2", "-l", "ERROR"]
    group = subprocess.Popen(  # noqa: S603  our own command
        [*argv, "--without-gossip", "--without-mingle"],
        env=environment,
        cwd=settings.BASE_DIR,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield group
    finally:
        with suppress(ProcessLookupError):
            os.killpg(group.pid, signal.SIGKILL)
        group.wait()


def states(ids):
    with scope(ids):
        return Counter(Letter.objects.values_list("state", flat=True))


def wait_for(ids, handed_over, patience):
    """Until so many letters are handed over, nudging as the timetable does each minute."""
    end = time.monotonic() + patience
    while states(ids)["handed over"] < handed_over and time.monotonic() < end:
        current_app.send_task("letters.hand_over_waiting")
        time.sleep(0.5)


@pytest.mark.redis
@pytest.mark.slow
@pytest.mark.real_clock
def test_killed_workers_and_an_empty_redis_lose_and_double_no_letter(live_family):
    ids = live_family.cast.ids
    with scope(ids):
        adults = [factories.adult(live_family.cast.pupil) for _ in range(LETTERS)]
        rows = live_family.prepare(*adults)
        for row in rows:
            drafting.approve(row.letter, reach=live_family.reach, now=NOW)
    chance = random.Random(20261117)

    for kill in range(KILLS):
        with workers() as group:
            wait_for(ids, 1 + kill * 3, patience=40)
            time.sleep(chance.random())
            os.killpg(group.pid, signal.SIGKILL)
        if kill == 1:
            redis.Redis(unix_socket_path=os.environ["REDIS_URL"].partition("://")[2]).flushall()
    with workers():
        wait_for(ids, LETTERS, PATIENCE)

    assert states(ids) == {"handed over": LETTERS}
    spool = settings.SPOOL_DIR
    references = sorted(row.letter.reference for row in rows)
    assert sorted(path.stem for path in spool.glob("*.pdf")) == references
    assert sorted(path.stem for path in spool.glob("*.json")) == references
    for reference in references:
        told = json.loads((spool / f"{reference}.json").read_text())
        pdf = (spool / f"{reference}.pdf").read_bytes()
        assert told["sha256"] == hashlib.sha256(pdf).hexdigest()
    addresses = [json.loads(p.read_text())["address_lines"][1] for p in spool.glob("*.json")]
    assert len(set(addresses)) == LETTERS
    with scope(ids):
        handed = Event.objects.filter(kind="letter.handed_over").values_list("subject", flat=True)
        assert max(Counter(handed).values()) == 1
        assert len(handed) == LetterDocument.objects.count() == LETTERS
        assert set(Outbox.objects.values_list("state", flat=True)) == {"done"}
