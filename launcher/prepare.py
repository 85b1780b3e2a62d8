"""What must be true of the database and the static files before anything answers."""

import hashlib
import subprocess
from collections.abc import Mapping
from pathlib import Path

from launcher import private, state
from launcher.children import tail
from launcher.errors import LauncherError

LOCK = "requirements.txt"


def run_step(
    said: str, *arguments: str, place: Path, env: Mapping[str, str], show: bool = False
) -> None:
    """Run one management command, its output to a log; show the log's end when it fails.

    `show` sends what it says of its progress to the terminal instead.
    """
    log = place / "log" / "prepare.log"
    with log.open("ab") as output:
        done = subprocess.run(
            private.manage(*arguments),
            env=dict(env),
            cwd=state.PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=None if show else subprocess.STDOUT,
        )
    if done.returncode:
        raise LauncherError(f"{said} failed. The log {log} ends:\n{tail(log)}")


def database(place: Path, env: Mapping[str, str], *, outside: bool) -> None:
    """The application's role first, then the tables. Harmless to repeat.

    A private database has its roles from us: `outside` says that this one may lack them.
    """
    if outside and private.has_command("prepare_database"):
        run_step("Preparing the database", "prepare_database", place=place, env=env)
    run_step("Making the tables", "migrate", "--no-input", place=place, env=env)


def static_files(place: Path, env: Mapping[str, str]) -> None:
    """Collect styles and scripts, unless nothing changed since the last time."""
    stamp = place / "static.stamp"
    now = _static_digest()
    if (place / "static").exists() and stamp.exists() and stamp.read_text() == now:
        return
    run_step("Collecting the styles", "collectstatic", "--no-input", place=place, env=env)
    stamp.write_text(now)


def _static_digest() -> str:
    """A digest of what collectstatic would read: our files, and the lock for everybody else's."""
    digest = hashlib.sha256((state.PROJECT / LOCK).read_bytes())
    for folder in ("static", *(f"{app.parent.name}/static" for app in _apps())):
        for file in sorted((state.PROJECT / folder).rglob("*")):
            if file.is_file():
                found = file.stat()
                digest.update(f"{file} {found.st_size} {found.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _apps() -> list[Path]:
    return sorted(state.PROJECT.glob("*/apps.py"))


def demo(place: Path, env: Mapping[str, str], *, new_database: bool) -> None:
    """Make the demo authority, unless this state folder's database has one already."""
    made = (place / "demo.json").exists() and not new_database
    if private.has_command("seed") and not made:
        said = "Making the demo authority"
        run_step(said, "seed", "--if-empty", place=place, env=env, show=True)
