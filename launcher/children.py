"""Child processes that cannot outlive us, and how they are stopped."""

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Account:
    """The user that a child runs as."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Child:
    """A running process of ours and how to end it politely."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    stop_signal: signal.Signals


def tied_to(parent: int, death_signal: signal.Signals) -> Callable[[], None]:
    """What the child runs just before it becomes the new program: die with the parent.

    The kernel forgets the wish when a process changes user, so this must run after that;
    `subprocess` changes user first. The parent may have died in between: then leave at once.
    """

    def tie() -> None:
        _LIBC.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return tie


def spawn(
    name: str,
    argv: Sequence[str],
    *,
    log: Path,
    env: Mapping[str, str],
    cwd: Path,
    program: Path | None = None,
    account: Account | None = None,
    stop_signal: signal.Signals = signal.SIGTERM,
    death_signal: signal.Signals | None = None,
    keep_open: Sequence[int] = (),
) -> Child:
    """Start one child in its own process group, its output appended to `log`.

    `death_signal` (default: `stop_signal`) is what the kernel sends it when we are gone, even
    after `kill -9`. `program` is what to run when `argv` begins with another name for it.
    `keep_open` are file descriptors that it inherits, such as a held lock.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(
            list(argv),
            executable=program,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(env),
            cwd=cwd,
            process_group=0,  # so that Ctrl-C reaches only the supervisor, which stops in order
            pass_fds=tuple(keep_open),
            preexec_fn=tied_to(os.getpid(), death_signal or stop_signal),
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
    return Child(name, process, log, stop_signal)


def stop(child: Child, *, patience: float = 20.0) -> None:
    """Ask the child to end, wait, then end its whole group. Safe to call twice."""
    if child.process.poll() is None:
        child.process.send_signal(child.stop_signal)
        try:
            child.process.wait(patience)
        except subprocess.TimeoutExpired:
            _kill_group(child)
            child.process.wait()
    _kill_group(child)  # a master that ended may have left workers behind


def _kill_group(child: Child) -> None:
    try:
        os.killpg(child.process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def tail(log: Path, lines: int = 25) -> str:
    """The last lines of a log, for the person who must find out what went wrong."""
    try:
        text = log.read_text(errors="replace")
    except OSError:
        return "(no log)"
    return "\n".join(text.splitlines()[-lines:])


def state_of(pid: int) -> str | None:
    """The kernel's one-letter state of a process (`Z` is a zombie), or None if there is none."""
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2]
    except OSError:
        return None
    return after_name.split()[0]


def wait_until(true: Callable[[], bool], *, seconds: float, every: float = 0.05) -> bool:
    """Poll until `true()` or the time is up; returns the last answer."""
    ends = time.monotonic() + seconds
    while not true():
        if time.monotonic() > ends:
            return False
        time.sleep(every)
    return True
