"""The running site: `up`, `down` and `status`."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from functools import partial
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from launcher import children, parts, prepare, private, state
from launcher.errors import LauncherError
from launcher.parts import Part, note, say

LOOPBACK = "127.0.0.1"
EVERY_ADDRESS = ("0.0.0.0", "::", "")  # noqa: S104 - named to be recognised, not bound to
LEFTOVERS = 30.0  # seconds for the children of a killed supervisor to end
READY_WITHIN = 90.0  # seconds for the first page
SIGN_IN = "  {role:<28} {email:<44} {password}  second factor {totp_secret}"
DETACH_WITHIN = 900.0  # seconds for a first start with its demo authority


@dataclass(frozen=True, slots=True)
class Wish:
    """What the person asked of `up`."""

    host: str
    port: int
    demo: bool


class Stopped(Exception):
    """Somebody asked us to stop."""


def _processes(place: Path, wish: Wish) -> dict[str, Sequence[str]]:
    """The command line of each process of the site."""
    python = [sys.executable, "-m"]
    beaten = str(place / "beat-schedule")
    web = ["gunicorn", "config.wsgi:application", "--bind", _bind(wish), "--workers", "2"]
    web += ["--worker-class", "gthread", "--threads", "4", "--timeout", "120"]
    # Preloading reads the code once for all workers: half the time to the first page.
    web += ["--graceful-timeout", "10", "--no-control-socket", "--preload"]
    worker = ["celery", "-A", "config", "worker", "--concurrency", "2", "--loglevel", "INFO"]
    worker += ["--without-mingle", "--without-gossip"]
    beat = ["celery", "-A", "config", "beat", "--schedule", beaten, "--loglevel", "INFO"]
    return {"web": python + web, "worker": python + worker, "beat": python + beat}


def _bind(wish: Wish) -> str:
    host = f"[{wish.host}]" if ":" in wish.host else wish.host
    return f"{host}:{wish.port}"


def _free_port(wish: Wish) -> int:
    """The wished port if nobody listens on it (0: any free one)."""
    family = socket.AF_INET6 if ":" in wish.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((wish.host, wish.port))
        except OSError as problem:
            raise LauncherError(
                f"Port {wish.port} on {wish.host} cannot be used ({problem.strerror}). "
                "Choose another with `./onroll up --port N`."
            ) from None
        return int(probe.getsockname()[1])


def _site_environment(wish: Wish, env: Mapping[str, str]) -> dict[str, str]:
    full = dict(env)
    full.setdefault("PUBLIC_URL", f"http://{LOOPBACK}:{wish.port}")
    if wish.host not in (LOOPBACK, "localhost"):
        names = [LOOPBACK, "localhost", wish.host, socket.gethostname()]
        full.setdefault("ALLOWED_HOSTS", ",".join(names))
    return full


def up(wish: Wish) -> int:
    """Start everything, say where it is, and keep it so until somebody stops it.

    A part that dies is started again; one that dies again and again ends the whole with status 1.
    """
    for each in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(each, _ask_to_stop)
    os.umask(0o077)  # what the site writes (mail, letters, accounts) is for its owner
    place = state.folder()
    try:
        with ExitStack() as stack:
            _run(stack, place, wish)
    except Stopped:
        note(place, "Onroll has stopped.")
        say("Onroll has stopped.")
        return 0
    return 1


def _ask_to_stop(*_: object) -> None:
    for each in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)  # a second Ctrl-C must not cut the stopping short
    raise Stopped


def _run(stack: ExitStack, place: Path, wish: Wish) -> None:
    began = time.monotonic()
    live = state.supervisor_pid(place)
    lock = stack.enter_context(state.locked(place, seconds=0 if live else LEFTOVERS))
    parts.write_pid(place, "onroll", os.getpid())
    stack.callback(parts.drop_pid, place, "onroll")
    (place / "running.json").unlink(missing_ok=True)
    wish = Wish(wish.host, _free_port(wish), wish.demo)
    say("Starting the database and the queue")
    full = private.base_environment(place, os.environ)
    servers = private.start_servers(stack, place, full, lock=lock)
    env = _site_environment(wish, full | servers.urls)
    _prepare(place, wish, env, servers)
    say("Starting web, worker and timetable")
    watched = servers.parts + _start_rooms(stack, place, wish, env, lock)
    _wait_for_page(wish, watched)
    address = f"http://{_bind(replace(wish, host=_asked(wish)))}"
    stack.callback((place / "running.json").unlink, missing_ok=True)
    names = [part.name for part in watched]
    state.write_running(place, state.Running(os.getpid(), address, servers.urls, names))
    note(place, f"Onroll is at {address}.")
    say(_welcome(place, address, time.monotonic() - began))
    _watch(watched)


def _prepare(place: Path, wish: Wish, env: Mapping[str, str], servers: private.Servers) -> None:
    say("Preparing the database and the pages")
    with ThreadPoolExecutor(1) as other:
        collecting = other.submit(prepare.static_files, place, env)
        prepare.database(place, env, outside="DATABASE_URL" not in servers.urls)
        if wish.demo:
            prepare.demo(place, env, new_database=servers.new_database)
        collecting.result()


def _start_rooms(
    stack: ExitStack, place: Path, wish: Wish, env: Mapping[str, str], lock: int
) -> list[Part]:
    started = []
    for name, argv in _processes(place, wish).items():
        log = place / "log" / f"{name}.log"
        start = partial(
            children.spawn, name, argv, log=log, env=env, cwd=state.PROJECT, keep_open=[lock]
        )
        started.append(parts.begin(stack, place, name, start))
    # Ask all at once, so that stopping takes as long as the slowest and not the sum.
    stack.callback(parts.ask_all, started)
    return started


def _wait_for_page(wish: Wish, watched: Sequence[Part]) -> None:
    ends = time.monotonic() + READY_WITHIN
    while not _healthy(wish):
        parts.check(watched)
        if time.monotonic() > ends:
            log = next(part.log for part in watched if part.name == "web")
            raise LauncherError(f"No page came. The log {log} ends:\n{children.tail(log)}")
        time.sleep(0.1)


def _asked(wish: Wish) -> str:
    """The address to ask: every address of the machine includes the loopback."""
    return LOOPBACK if wish.host in EVERY_ADDRESS else wish.host


def _healthy(wish: Wish) -> bool:
    link = HTTPConnection(_asked(wish), wish.port, timeout=10)
    try:
        link.request("GET", "/health/", headers={"Host": "127.0.0.1"})
        return link.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        link.close()


def _watch(watched: Sequence[Part]) -> None:
    while True:
        parts.tend(watched, time.monotonic())
        time.sleep(0.25)


def _welcome(place: Path, address: str, seconds: float) -> str:
    lines = [f"Onroll is at {address} (ready in {seconds:.0f} s). Ctrl-C stops it."]
    accounts = _accounts(place)
    if accounts:
        lines += ["", "Sign in to the demo with:", *accounts]
        lines += [f"More accounts and addresses: {place / 'demo.json'}"]
    return "\n".join(lines)


def _accounts(place: Path) -> list[str]:
    """One sign-in for each role of the demo, as lines."""
    try:
        listed = json.loads((place / "demo.json").read_text())["accounts"]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    first: dict[str, str] = {}
    for account in listed:
        line = SIGN_IN.format_map(_Blank(account))
        first.setdefault(account.get("role", ""), line)
    return list(first.values())


class _Blank(dict[str, Any]):
    """A mapping that shows a missing value as nothing."""

    def __missing__(self, key: str) -> str:
        return ""


def up_detached(arguments: Sequence[str]) -> int:
    """Start `up` in the background and return when it is ready, or when it has failed."""
    place = state.folder()
    now = state.running(place)
    if now:
        raise LauncherError(
            f"Onroll is already running at {now.address}. Stop it with `./onroll down`."
        )
    log = place / "log" / "onroll.log"
    with log.open("wb") as output:
        supervisor = subprocess.Popen(
            [sys.executable, "-m", "launcher", "up", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd=state.PROJECT,
        )
    children.wait_until(
        lambda: state.running(place) is not None or supervisor.poll() is not None,
        seconds=DETACH_WITHIN,
        every=0.1,
    )
    time.sleep(0.2)  # the welcome is written just after the file
    said = log.read_text(errors="replace")
    (sys.stdout if state.running(place) else sys.stderr).write(said)
    return 0 if state.running(place) else 1


def down() -> int:
    """Stop the running site and wait until its last process is gone."""
    place = state.folder()
    pid = state.supervisor_pid(place)
    if pid is None and not state.is_locked(place):
        say("Onroll is not running.")
        return 0
    if pid is not None:
        os.kill(pid, signal.SIGTERM)
    if not children.wait_until(lambda: not state.is_locked(place), seconds=90, every=0.1):
        raise LauncherError("Onroll has not stopped within 90 seconds. See `./onroll status`.")
    say("Onroll has stopped.")
    return 0


def status() -> int:
    """Say what runs. Exit status 0 when every part of the site runs, 3 when not."""
    place = state.folder()
    now = state.running(place)
    say(f"Onroll is at {now.address}." if now else "Onroll is not running.")
    live = _live(place)
    for name, pid in live.items():
        say(f"  {name:<10} process {pid}")
    down = [name for name in now.parts if name not in live] if now else []
    for name in down:
        say(f"  {name:<10} has died and is being started again")
    return 0 if now and not down else 3


def _live(place: Path) -> dict[str, int]:
    """The noted processes that still run, by name."""
    live = {}
    for path in sorted((place / "pids").glob("*.pid")):
        with suppress(OSError, ValueError):  # it may end while we look
            pid = int(path.read_text())
            if children.state_of(pid) not in (None, "Z"):
                live[path.stem] = pid
    return live
