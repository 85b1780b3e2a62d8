"""Saving registers through the real site: gunicorn as `./onroll up` starts it, and HTTP clients.

Each save is one tutor's form of a class of 30, opened first as a browser opens it, with two
pupils absent and one late. Three turns: one client alone (what one save costs), a steady stream
of 40 a second (each counted from when it was due, so that waiting counts), and eight clients as
fast as they can. The database, the site and the clients share the machine; `cpu_ms` says what one
save takes of the site's and the database's processors, which holds on a busy machine too.
`identical` is true only when every mark then stands in the register as it was sent.
"""

import argparse
import os
import re
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any
from urllib.parse import urlencode

import numpy as np
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.utils import timezone

from attendance import marks as codec
from attendance.models import (
    Calendar,
    Enrolment,
    GroupTutor,
    Pupil,
    RegisterTimes,
    RegisterYear,
)
from attendance.services.registers import MarksFrame, record_marks
from authorities.models import Authority, Membership, School, User
from authorities.permissions import Role
from authorities.tenancy import scope
from bench.sweep import owner_does
from bench.world import connect
from launcher import children, prepare, state
from launcher.site import Wish, _free_port, _processes
from rules.dates import ONE_DAY
from rules.marks import DatedSession, Session

CLASS = 30
CLASSES_A_SCHOOL = 20
RATE = 40  # saves a second
STEADY_SECONDS = 15
ALONE = 60
FLAT_OUT = 320
CLIENTS = 24
TOKEN = "b" * 32  # as the cookie and in the form: it need only be the same
BASED = re.compile(rb'name="based-(\d+)" value="([0-9a-f]+)"')
Say = Callable[[str], None]

GATES: dict[str, Callable[[dict[str, Any]], bool]] = {
    "identical": lambda found: bool(found["identical"]),
    "no errors": lambda found: found["errors"] == 0,
    "a class of 30 under 60 ms alone (p95)": lambda found: found["alone"]["p95_ms"] < 60,
    "40 saves a second hold": lambda found: found["steady"]["saves_a_second"] >= RATE * 0.98,
    "the steady stream does not queue up (p95 under 500 ms)": lambda found: (
        found["steady"]["p95_ms"] < 500
    ),
}


@dataclass(frozen=True)
class Class:
    """One class: where its registers are, whose they are, and the tutor's cookies."""

    school: School
    group: str
    pupils: tuple[int, ...]
    cookies: str

    def path(self, when: DatedSession) -> str:
        """The address of one register."""
        half = "pm" if when.session else "am"
        return f"/la/990/registers/{self.school.urn}/{when.day}/{half}/{self.group}/"


@dataclass(frozen=True)
class Form:
    """One register's form as the browser would send it."""

    of: Class
    when: DatedSession
    body: str


@dataclass
class Turn:
    """What came of some saves: seconds each, errors, and how long all took."""

    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    whole: float = 0.0
    cpu: dict[str, float] = field(default_factory=dict)

    def result(self) -> dict[str, Any]:
        """The figures, in milliseconds."""
        p50, p95, p99 = np.percentile(self.seconds, [50, 95, 99]) * 1000
        return {
            "saves": len(self.seconds),
            "p50_ms": round(p50, 1),
            "p95_ms": round(p95, 1),
            "p99_ms": round(p99, 1),
            "errors": len(self.errors),
            "saves_a_second": round(len(self.seconds) / self.whole, 1),
            "cpu_ms": {
                name: round(spent / len(self.seconds) * 1000, 1) for name, spent in self.cpu.items()
            },
        }


# The world


def build(classes: int, year: int) -> list[Class]:
    """Schools with classes of 30, their tutors signed in, and one session marked already."""
    authority = Authority.objects.create(code="990", name="Bench")
    made = []
    with scope([authority.pk]):
        for first in range(0, classes, CLASSES_A_SCHOOL):
            count = min(CLASSES_A_SCHOOL, classes - first)
            made += a_school(authority, 100_000 + first, count, year)
    owner_does("VACUUM ANALYZE")
    return made


def a_school(authority: Authority, number: int, classes: int, year: int) -> list[Class]:
    """One school whose calendar has every session, so that any day serves."""
    school = School.objects.create(
        authority=authority,
        urn=str(number),
        number="1",
        name=f"School {number}",
        phase="secondary",
        kind="maintained",
    )
    Calendar.objects.create(
        authority=authority, school=school, year=year, sessions=b"\x01" * codec.SLOTS
    )
    start = codec.session_at(year, 0).day
    for half, hour in ((0, 8), (1, 13)):
        RegisterTimes.objects.create(
            authority=authority,
            school=school,
            session=half,
            starts_on=start,
            opens_at=f"{hour}:30",
            closes_at=f"{hour + 1}:00",
        )
    made = [a_class(authority, school, f"7-{n:02}", start) for n in range(classes)]
    pupils = np.array(sorted(pk for one in made for pk in one.pupils), dtype=np.int64)
    frame = MarksFrame(
        enrolment=pupils,
        day=np.full(len(pupils), start.toordinal()),
        session=np.zeros(len(pupils), np.uint8),
        number=np.full(len(pupils), codec.NUMBERS["/"], np.uint8),
    )
    record_marks(school=school, marks=frame, batch=None, by=None, reason="", now=timezone.now())
    return made


def a_class(authority: Authority, school: School, group: str, start: date) -> Class:
    """Thirty pupils and their tutor, who is signed in."""
    pupils = Pupil.objects.bulk_create(
        Pupil(
            authority=authority,
            surname=f"Example{n:02}",
            forenames="Robin",
            sort_name=f"example{n:02}",
            born_on=date(start.year - 12, 5, 4),
        )
        for n in range(CLASS)
    )
    enrolled = Enrolment.objects.bulk_create(
        Enrolment(
            authority=authority,
            school=school,
            pupil=pupil,
            starts_on=start,
            registration_group=group,
            year_group="7",
        )
        for pupil in pupils
    )
    tutor = User.objects.create(email=f"{group}.{school.urn}@example.org", name="A Tutor")
    Membership.objects.create(
        authority=authority, school=school, user=tutor, role=Role.TUTOR, starts_on=start
    )
    GroupTutor.objects.create(
        authority=authority,
        school=school,
        registration_group=group,
        tutor=tutor,
        starts_on=start,
    )
    return Class(school, group, tuple(row.pk for row in enrolled), cookies_of(tutor))


def cookies_of(user: User) -> str:
    """The cookies of somebody who signed in and passed the second factor."""
    from django.conf import settings
    from django.contrib.sessions.backends.db import SessionStore

    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session["second_factor"] = True
    session.save()
    return (
        f"{settings.SESSION_COOKIE_NAME}={session.session_key}; {settings.CSRF_COOKIE_NAME}={TOKEN}"
    )


# The site and its clients


@dataclass(frozen=True)
class Site:
    """A running site: its port, and the first processes of the site and of the database."""

    port: int
    parents: dict[str, int]


@contextmanager
def site() -> Iterator[Site]:
    """Gunicorn as `./onroll up` starts it."""
    with tempfile.TemporaryDirectory(prefix="onroll-bench-site-") as folder:
        place = Path(folder)
        (place / "log").mkdir()
        port = _free_port(Wish("127.0.0.1", 0, False))
        wish = Wish("127.0.0.1", port, False)
        env = os.environ | {
            "STATE_DIR": folder,
            "PUBLIC_URL": f"http://127.0.0.1:{port}",
            "PYTHONPATH": str(state.PROJECT),
        }
        prepare.static_files(place, env)
        web = _processes(place, wish)["web"]
        server = children.spawn("web", web, log=place / "web.log", env=env, cwd=state.PROJECT)
        try:
            if not children.wait_until(lambda: answers(port), seconds=90):
                raise RuntimeError(children.tail(place / "web.log"))
            yield Site(port, {"site": server.process.pid, "database": postmaster()})
        finally:
            children.stop(server)


def answers(port: int) -> bool:
    """Whether the site is there."""
    try:
        line = HTTPConnection("127.0.0.1", port, timeout=5)
        line.request("GET", "/health/")
        return line.getresponse().status < 500
    except (OSError, HTTPException):
        return False


class Client:
    """One browser: a connection that is kept, and opened again when the site lets it go."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.line = HTTPConnection("127.0.0.1", port, timeout=60)

    def ask(self, method: str, path: str, cookies: str, body: str = "") -> tuple[int, bytes]:
        """The status and the page."""
        headers = {"Cookie": cookies, "Content-Type": "application/x-www-form-urlencoded"}
        for last in (False, True):
            try:
                self.line.request(method, path, body or None, headers)
                answer = self.line.getresponse()
                return answer.status, answer.read()
            except (OSError, HTTPException):
                self.line.close()
                if last:
                    raise
        raise AssertionError("unreachable")

    def open(self, of: Class, when: DatedSession) -> Form:
        """Open a register and fill it in: two absent, one late, the others present."""
        status, page = self.ask("GET", of.path(when), of.cookies)
        based = BASED.findall(page)
        if status != 200 or len(based) != CLASS:
            raise RuntimeError(f"The register answered {status} with {len(based)} pupils.")
        sent = {"csrfmiddlewaretoken": TOKEN, "save": "1"}
        for at, (pk, mark) in enumerate(based):
            key = pk.decode()
            choice = {3: "N", 17: "N", 21: "late"}.get(at, "present")
            sent |= {f"based-{key}": mark.decode(), f"mark-{key}": choice}
            sent |= {f"other-{key}": "", f"detail-{key}": "", f"at-{key}": ""}
            if choice == "late":
                sent[f"at-{key}"] = "1:40pm" if when.session else "8:40"
        return Form(of, when, urlencode(sent))

    def save(self, form: Form) -> str:
        """Send the form; "" when it was saved, else what came instead."""
        try:
            status, page = self.ask("POST", form.of.path(form.when), form.of.cookies, form.body)
        except (OSError, HTTPException) as problem:
            return repr(problem)
        return "" if status == 302 else f"{status} {page[:80]!r}"


def processor_seconds(parent: int) -> float:
    """What a process and its children have used so far, those that ended included."""
    spent = 0
    for folder in Path("/proc").iterdir():
        try:
            numbers = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if folder.name == str(parent) or numbers[1] == str(parent):
            spent += sum(map(int, numbers[11:15]))  # its own time and its ended children's
    return spent / os.sysconf("SC_CLK_TCK")


def postmaster() -> int:
    """The process that the database's own processes come from."""
    owner = connect(os.environ["DATABASE_URL"])
    with owner, owner.cursor() as cursor:
        cursor.execute("SHOW data_directory")
        folder = Path(cursor.fetchone()[0])
    owner.close()
    return int((folder / "postmaster.pid").read_text().split()[0])


def opened(
    port: int, wanted: Sequence[tuple[Class, DatedSession]]
) -> tuple[list[Form], list[float]]:
    """Every register's form, and how long each page took."""
    client, forms, seconds = Client(port), [], []
    for of, when in wanted:
        start = time.perf_counter()
        forms.append(client.open(of, when))
        seconds.append(time.perf_counter() - start)
    return forms, seconds


def saved(of: Site, forms: Sequence[Form], clients: int, rate: float | None = None) -> Turn:
    """Save the forms: at a rate, each counted from when it was due, or as fast as they go."""
    turn, lock, work = Turn(), threading.Lock(), SimpleQueue[tuple[float, Form]]()
    begins = time.perf_counter() + 0.2
    for at, form in enumerate(forms):
        work.put((begins + at / rate if rate else 0.0, form))

    def client() -> None:
        mine = Client(of.port)
        while True:
            try:
                due, form = work.get_nowait()
            except Empty:
                return
            time.sleep(max(0.0, (due or begins) - time.perf_counter()))
            start = due or time.perf_counter()
            problem = mine.save(form)
            with lock:
                turn.seconds.append(time.perf_counter() - start)
                if problem:
                    turn.errors.append(problem)

    before = {name: processor_seconds(pid) for name, pid in of.parents.items()}
    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    turn.whole = time.perf_counter() - begins
    turn.cpu = {name: processor_seconds(pid) - before[name] for name, pid in of.parents.items()}
    return turn


def is_recorded(forms: Sequence[Form], authority_id: int, year: int) -> bool:
    """Whether every mark that was sent stands in the register."""
    with scope([authority_id]):
        rows = RegisterYear.objects.filter(year=year).values_list("enrolment_id", "marks")
        held = {pk: bytes(marks) for pk, marks in rows}
    for form in forms:
        here = "\\" if form.when.session is Session.PM else "/"
        expected = {3: "N", 17: "N", 21: "L"}
        place = codec.position(*form.when)
        for at, pk in enumerate(form.of.pupils):
            if codec.code_of(held[pk][place]) != expected.get(at, here):
                return False
    return True


def run(options: argparse.Namespace, say: Say) -> dict[str, Any]:
    """All three turns, each over registers that nobody has taken yet."""
    year = codec.year_of(timezone.localdate()) - 1  # whole, so that no session is to come
    count = max(CLASSES_A_SCHOOL, options.size // CLASS)
    say(f"Making {count} classes of {CLASS}")
    classes = build(count, year)
    steady = RATE * STEADY_SECONDS
    wanted = registers(classes, year, ALONE + steady + FLAT_OUT)
    with site() as of:
        say(f"Opening {len(wanted)} registers")
        forms, pages = opened(of.port, wanted)
        say("One client alone")
        alone = saved(of, forms[:ALONE], 1)
        say(f"{RATE} saves a second for {STEADY_SECONDS} seconds")
        stream = saved(of, forms[ALONE : ALONE + steady], CLIENTS, RATE)
        say("Eight clients as fast as they can")
        fast = saved(of, forms[ALONE + steady :], 8)
    turns = {"alone": alone, "steady": stream, "flat_out": fast}
    found: dict[str, Any] = {
        "bench": "register",
        "classes": count,
        "pupils": CLASS,
        "page_p50_ms": round(float(np.percentile(pages, 50)) * 1000, 1),
        **{name: turn.result() for name, turn in turns.items()},
        "errors": sum(len(turn.errors) for turn in turns.values()),
        "identical": is_recorded(forms, classes[0].school.authority_id, year),
    }
    for problem in [one for turn in turns.values() for one in turn.errors][:5]:
        print(problem, file=sys.stderr)
    found["gates"] = {name: bool(gate(found)) for name, gate in GATES.items()}
    return found


def registers(classes: Sequence[Class], year: int, count: int) -> list[tuple[Class, DatedSession]]:
    """That many registers, each class in turn, day by day from the second day of the year."""
    found: list[tuple[Class, DatedSession]] = []
    day = codec.session_at(year, 0).day + ONE_DAY
    while len(found) < count:
        for half in Session:
            found += [(one, DatedSession(day, half)) for one in classes]
        day += ONE_DAY
    return found[:count]
