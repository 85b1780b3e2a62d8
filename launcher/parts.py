"""The parts of the site: each is started, watched, started again when it dies, and stopped."""

import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from launcher import children
from launcher.children import Child
from launcher.errors import LauncherError

PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0)  # seconds before each start again; then we give up
STEADY = 60.0  # seconds: a part that lived so long starts counting its deaths afresh
PATIENCE = 30.0  # seconds that a part has to end when asked


@dataclass(slots=True)
class Part:
    """One part: how it is started, and how it has fared. `child` is None while it is down."""

    name: str
    place: Path
    start: Callable[[], Child]
    child: Child | None = None
    started: float = 0.0  # on the monotonic clock, in seconds, as `due` is
    deaths: int = 0  # each soon after a start
    due: float | None = None  # when it is to be started again

    @property
    def log(self) -> Path:
        """Where it writes what it has to say."""
        return self.place / "log" / f"{self.name}.log"


def say(line: str) -> None:
    """Tell the person at the terminal."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def note(place: Path, line: str) -> None:
    """Keep a line with its time for whoever looks later. A full disk must not stop the watch."""
    moment = datetime.now(UTC).isoformat(timespec="seconds")
    with suppress(OSError), (place / "log" / "supervisor.log").open("a") as log:
        log.write(f"{moment} {line}\n")


def _report(part: Part, line: str) -> None:
    note(part.place, f"{part.name} {line}")
    say(f"{part.name} {line}")


def write_pid(place: Path, name: str, pid: int) -> None:
    """Note a process id where `status`, `down` and an operator look for it."""
    path = place / "pids" / f"{name}.pid"
    partial = path.with_suffix(".new")
    partial.write_text(f"{pid}\n")
    partial.replace(path)  # nobody reads half a number


def drop_pid(place: Path, name: str) -> None:
    """Forget a process that has ended."""
    (place / "pids" / f"{name}.pid").unlink(missing_ok=True)


def begin(stack: ExitStack, place: Path, name: str, start: Callable[[], Child]) -> Part:
    """Start a part; when the stack unwinds, whatever then runs of it is stopped and forgotten."""
    part = Part(name, place, start)
    stack.callback(_stop, part)
    _start(part)
    return part


def _start(part: Part) -> None:
    # Told to stop between these two steps, we forget the new child; the kernel ends it with us.
    part.child = part.start()
    part.started = time.monotonic()
    write_pid(part.place, part.name, part.child.process.pid)


def _stop(part: Part) -> None:
    if part.child is not None:
        children.stop(part.child, patience=PATIENCE)
    drop_pid(part.place, part.name)


def ask_all(parts: Sequence[Part]) -> None:
    """Ask every part to end, without waiting."""
    for part in parts:
        if part.child is not None and part.child.process.poll() is None:
            part.child.process.send_signal(part.child.stop_signal)


def check(parts: Sequence[Part]) -> None:
    """Raise if a part has ended: for the first start, when to try again would only hide why."""
    for part in parts:
        status = part.child.process.poll() if part.child else None
        if status is not None:
            raise LauncherError(
                f"{part.name} {_how_it_ended(status)}, so everything was stopped. "
                f"The log {part.log} ends:\n{children.tail(part.log)}"
            )


def tend(parts: Sequence[Part], now: float) -> None:
    """One look at every part: note who died, start again whose pause is over.

    `now` is on the monotonic clock, in seconds. Raises when a part dies again and again.
    """
    for part in parts:
        if part.child is not None:
            status = part.child.process.poll()
            if status is not None:
                _mourn(part, now, _how_it_ended(status))
        elif part.due is not None and now >= part.due:
            _revive(part, now)


def _mourn(part: Part, now: float, how: str) -> None:
    """Clear away what the dead part left, and set when it starts again."""
    _stop(part)
    part.child = None
    part.deaths = part.deaths + 1 if now - part.started < STEADY else 1
    if part.deaths > len(PAUSES):
        line = (
            f"{part.name} {how}. It has ended {part.deaths} times, each within {STEADY:.0f} "
            "seconds of its start, so everything was stopped."
        )
        note(part.place, line)
        raise LauncherError(
            f"{line} Mend what its log says and run `./onroll up` again. "
            f"The log {part.log} ends:\n{children.tail(part.log)}"
        )
    pause = PAUSES[part.deaths - 1]
    part.due = now + pause
    _report(part, f"{how}. It starts again in {pause:g} s. Its log is {part.log}.")


def _revive(part: Part, now: float) -> None:
    part.started, part.due = now, None
    try:
        _start(part)
    except (LauncherError, OSError) as problem:
        note(part.place, str(problem))
        _mourn(part, now, "could not be started again")
        return
    pid = part.child.process.pid if part.child else None
    _report(part, f"runs again, as process {pid}.")


def _how_it_ended(status: int) -> str:
    """Words for an exit status, which is negative when a signal killed the process."""
    if status >= 0:
        return f"ended by itself (status {status})"
    return f"was killed by signal {-status} ({signal.strsignal(-status)})"
