"""Where things are kept between runs: the state folder, its lock, and what is running."""

import fcntl
import hashlib
import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from launcher import binaries, children
from launcher.children import Account
from launcher.errors import LauncherError
from launcher.postgres import SOCKET_FOLDER_LIMIT

PROJECT = Path(__file__).resolve().parent.parent
FOLDERS = ("pids", "mail", "spool", "log", "redis")


@dataclass(frozen=True, slots=True)
class Running:
    """What `up` wrote when it was ready: enough for another command to join it."""

    pid: int
    address: str
    env: dict[str, str]  # addresses of the private servers only: never a secret
    parts: list[str]  # names, as in pids/


def folder(env: Mapping[str, str] = os.environ) -> Path:
    """The state folder: STATE_DIR, else `var` in the project. Made if missing, with its rooms.

    The rooms are private, for mail and letters hold personal data. As root the folder itself may
    be walked through (not listed), because PostgreSQL runs as another user below it.
    """
    state = Path(env.get("STATE_DIR") or PROJECT / "var").absolute()
    try:
        if not state.exists():
            state.mkdir(parents=True)
            state.chmod(0o711 if os.geteuid() == 0 else 0o700)  # whatever the umask says
        for name in FOLDERS:
            (state / name).mkdir(mode=0o700, exist_ok=True)
        ours = all(os.access(state / name, os.W_OK | os.X_OK) for name in FOLDERS)
    except PermissionError:
        ours = False
    if not ours:
        raise LauncherError(
            f"The state folder {state} belongs to another user. Run ./onroll as that user, or set "
            "STATE_DIR to a folder of your own."
        )
    return state


def secret_key(state: Path) -> str:
    """The site's secret key, made once and readable by its owner only."""
    path = state / "secret-key"
    try:
        made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(made, "w") as file:
        key = secrets.token_urlsafe(48)
        file.write(key)
    return key


def _elsewhere(state: Path) -> Path:
    """A folder outside the project for what the server's user must reach; the same each time."""
    name = hashlib.sha256(os.fsencode(state.resolve())).hexdigest()[:12]
    place = binaries.SHARED_STATE / name
    for room in (binaries.SHARED_STATE, place):
        room.mkdir(parents=True, exist_ok=True)
        room.chmod(0o711)  # to be walked through by the server's user, whatever the umask says
    (place / "belongs-to").write_text(f"{state.resolve()}\n")
    return place


def _link(link: Path, target: Path) -> Path:
    """Leave a link in the state folder, so that a person finds where the thing went."""
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(target)
    return target


def database_folder(state: Path, account: Account | None) -> Path:
    """Where the private database lives: `pg` in the state folder, or where its link points.

    When the server's user cannot walk down to the state folder (a project below /root), the
    database goes to /var/lib/onroll and `pg` becomes a link to it.
    """
    place = state / "pg"
    if not place.exists() and not binaries.reachable(state, account):
        return _link(place, _elsewhere(state) / "pg")
    if place.exists() and not binaries.reachable(place.resolve().parent, account):
        raise LauncherError(
            f"The user {account.name if account else ''} cannot reach the database in {place}. "
            "Move the project to a folder that every user can walk through, such as /srv."
        )
    return place.resolve()


def socket_folder(state: Path, account: Account | None) -> Path:
    """Where the sockets live: `sockets` in the state folder, unless its path is too long or closed.

    Then they go to a short private folder, and `sockets` becomes a link to it.
    """
    place = state / "sockets"
    if place.is_symlink() and _is_ours(place.resolve(), account):
        return place.resolve()
    if place.is_symlink():
        place.unlink()
    if not binaries.reachable(state, account):
        return _link(place, _elsewhere(state) / "sockets")
    if len(os.fsencode(place.resolve())) > SOCKET_FOLDER_LIMIT:
        return _link(place, _short_folder())
    place.mkdir(mode=0o700, exist_ok=True)
    return place.resolve()


def _short_folder() -> Path:
    made = Path(tempfile.mkdtemp(prefix="onroll-"))
    if len(os.fsencode(made)) <= SOCKET_FOLDER_LIMIT:
        return made
    shutil.rmtree(made)
    return Path(tempfile.mkdtemp(prefix="onroll-", dir="/tmp"))


def _is_ours(target: Path, account: Account | None) -> bool:
    """Whether a linked folder is still the one we made: others can make folders in /tmp too."""
    try:
        found = target.stat()
    except OSError:
        return False
    owners = {os.geteuid(), account.uid if account else os.geteuid()}
    return found.st_uid in owners and not found.st_mode & 0o077


def _lock_file(state: Path) -> int:
    return os.open(state / "pids" / "lock", os.O_RDWR | os.O_CREAT, 0o600)


def _try_lock(held: int) -> bool:
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def locked(state: Path, *, seconds: float) -> Iterator[int]:
    """Hold the state folder's lock, waiting up to `seconds` for it. Yields its descriptor.

    Children inherit the descriptor, so the lock outlives a killed supervisor until the last of
    its children is gone: nobody starts a second server on the same files.
    """
    held = _lock_file(state)
    try:
        if not children.wait_until(lambda: _try_lock(held), seconds=seconds, every=0.2):
            raise LauncherError(_busy(state))
        yield held
    finally:
        os.close(held)


def is_locked(state: Path) -> bool:
    """Whether somebody works with the private servers of this state folder right now."""
    held = _lock_file(state)
    try:
        return not _try_lock(held)
    finally:
        os.close(held)


def _busy(state: Path) -> str:
    now = running(state)
    if now:
        return f"Onroll is already running at {now.address}. Stop it with `./onroll down`."
    return (
        f"Another ./onroll command is using the state in {state}. "
        "Wait until it ends, or stop it, and try again."
    )


def supervisor_pid(state: Path) -> int | None:
    """The process id of the live supervisor, ready or still starting; None if there is none."""
    try:
        pid = int((state / "pids" / "onroll.pid").read_text())
    except (OSError, ValueError):
        return None
    alive = children.state_of(pid) not in (None, "Z")
    return pid if alive and is_locked(state) else None


def write_running(state: Path, now: Running) -> None:
    """Say that the site is ready."""
    partial = state / "running.json.new"
    partial.write_text(json.dumps(asdict(now), indent=2))
    partial.replace(state / "running.json")


def running(state: Path) -> Running | None:
    """What is running now, or None. A file left by a killed supervisor does not count."""
    try:
        now = Running(**json.loads((state / "running.json").read_text()))
    except (OSError, ValueError, TypeError):
        return None
    return now if supervisor_pid(state) == now.pid else None
