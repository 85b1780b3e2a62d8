"""The application itself under the supervisor: what a stand-in cannot show."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher import children
from tests.launcher.conftest import REAL, Project, stopped_afterwards
from tests.launcher.test_parts_that_die import killed

MOST_SECONDS = 15.0  # from the death of a server to the first page that needs it


@pytest.fixture
def site(short_folder: Path) -> Iterator[Project]:
    """The real project with a state folder of its own."""
    yield from stopped_afterwards(Project(REAL, short_folder / "var"))


def worker_answers(site: Project) -> bool:
    """Whether the worker takes a message from the queue and replies."""
    now = json.loads((site.state / "running.json").read_text())
    key = (site.state / "secret-key").read_text()
    asked = subprocess.run(
        [sys.executable, "-m", "celery", "-A", "config", "inspect", "ping", "-t", "2"],
        cwd=REAL,
        env=site.environment({**now["env"], "SECRET_KEY": key}),
        capture_output=True,
        text=True,
    )
    return "1 node online" in asked.stdout


def replaced(site: Project, before: dict[str, int], part: str) -> bool:
    """Whether another process has taken the part's place."""
    return site.pids().get(part, before[part]) != before[part]


def test_web_and_worker_find_their_servers_again_after_both_were_killed(site: Project):
    site.started_up()
    assert site.answers()
    before = site.pids()

    died = time.monotonic()
    for server in ("postgres", "redis"):
        os.kill(before[server], signal.SIGKILL)
    assert children.wait_until(lambda: replaced(site, before, "postgres"), seconds=MOST_SECONDS)
    assert children.wait_until(site.answers, seconds=MOST_SECONDS)
    assert time.monotonic() - died < MOST_SECONDS

    assert children.wait_until(lambda: worker_answers(site), seconds=30)
    kept = ("web", "worker", "beat")
    assert {name: site.pids()[name] for name in kept} == {name: before[name] for name in kept}

    killed(site, "web")
    assert children.wait_until(site.answers, seconds=MOST_SECONDS)
