"""A small stand-in project, so that the launcher is tested whole without the application.

The launcher takes the folder above itself for the project. A copy of it beside a page of plain
WSGI and an empty Celery application is therefore a project of its own.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from urllib.request import urlopen

import pytest

from launcher import children

REAL = Path(__file__).resolve().parents[2]

WSGI = """
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"ready"]
"""
CELERY = """
import os
from celery import Celery
app = Celery("standin", broker=os.environ["REDIS_URL"])
"""
# Says what it was asked and where the database is, so that a test can read it.
MANAGE = """
import os, sys
with open(os.environ["STATE_DIR"] + "/asked", "a") as file:
    file.write(" ".join(sys.argv[1:]) + " " + os.environ["DATABASE_URL"] + "\\n")
if sys.argv[1] == "fail":
    sys.exit("this was asked to fail")
"""


@dataclass
class Project:
    """A project in a short folder of its own, with everything that it started."""

    folder: Path
    state: Path
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def environment(self, more: Mapping[str, str]) -> dict[str, str]:
        ours = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "STATE_DIR", "SECRET_KEY")
        kept = {name: value for name, value in os.environ.items() if name not in ours}
        kept.pop("DJANGO_SETTINGS_MODULE", None)
        ours_now = {"PYTHONPATH": str(self.folder), "STATE_DIR": str(self.state)}
        return kept | ours_now | dict(more)

    def run(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run one command to its end."""
        return subprocess.run(
            [sys.executable, "-m", "launcher", *arguments],
            cwd=self.folder,
            env=self.environment(more),
            capture_output=True,
            text=True,
            timeout=300,
        )

    def start(self, *arguments: str, **more: str) -> subprocess.Popen[str]:
        """Start one command and go on."""
        process = subprocess.Popen(
            [sys.executable, "-m", "launcher", *arguments],
            cwd=self.folder,
            env=self.environment(more),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.started.append(process)
        return process

    def started_up(self, *arguments: str, **more: str) -> subprocess.Popen[str]:
        """Start `up` on a free port, by default without a demo, and return when it is ready."""
        process = self.start(*(arguments or ("up", "--port", "0", "--no-demo")), **more)
        ready = children.wait_until(
            lambda: (self.state / "running.json").exists() or process.poll() is not None,
            seconds=300,  # a first start on a busy machine
        )
        if not ready or process.poll() is not None:
            process.kill()
            raise AssertionError(f"up did not start: {process.communicate()[0]}")
        return process

    def address(self) -> str:
        """Where the site says that it is."""
        return json.loads((self.state / "running.json").read_text())["address"]

    def answers(self) -> bool:
        """Whether the site's health page comes and says that all is well."""
        try:
            with urlopen(f"{self.address()}/health/", timeout=10) as answer:  # noqa: S310
                return answer.status == 200
        except (OSError, HTTPException):
            return False

    def pids(self) -> dict[str, int]:
        """The noted process ids by name, without the supervisor's own."""
        found = {}
        for path in (self.state / "pids").glob("*.pid"):
            with suppress(FileNotFoundError):  # it died between the look and the reading
                found[path.stem] = int(path.read_text())
        found.pop("onroll", None)
        return found


def alive(pid: int) -> bool:
    """Whether a process still runs; one that only waits to be reaped does not."""
    return children.state_of(pid) not in (None, "Z")


@pytest.fixture(autouse=True)
def standing_clock() -> None:
    """The clock runs here: real servers take real time."""


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A folder with a short path that every user may walk through, as sockets and servers need."""
    former = os.umask(0o022)
    made = Path(tempfile.mkdtemp(prefix="onroll-t-", dir="/tmp"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made)
    os.umask(former)


@pytest.fixture
def project(short_folder: Path) -> Iterator[Project]:
    """The stand-in project. What a test leaves running is stopped."""
    shutil.copytree(REAL / "launcher", short_folder / "launcher")
    (short_folder / "config").mkdir()
    (short_folder / "config" / "__init__.py").touch()
    (short_folder / "config" / "wsgi.py").write_text(WSGI)
    (short_folder / "config" / "celery.py").write_text(CELERY)
    # Celery asks Django for its settings, because the launcher names the module.
    (short_folder / "config" / "settings.py").write_text('SECRET_KEY = "stand-in"\n')
    (short_folder / "manage.py").write_text(MANAGE)
    (short_folder / "requirements.txt").write_text("# nothing\n")
    yield from stopped_afterwards(Project(short_folder, short_folder / "var"))


def stopped_afterwards(made: Project) -> Iterator[Project]:
    """Hand over a project; what the test leaves running is stopped."""
    yield made
    for process in made.started:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    left = made.pids() if made.state.exists() else {}
    children.wait_until(lambda: not any(map(alive, left.values())), seconds=30)
