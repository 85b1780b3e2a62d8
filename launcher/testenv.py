"""Run one command beside throw-away servers: `python -m launcher.testenv -- pytest tests/x -q`.

Each run has its own PostgreSQL and Redis in its own folder, so several run at once. A server that
the environment names (DATABASE_URL, REDIS_URL) is used as it is and nothing is started for it.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from launcher import children, postgres, redis
from launcher.errors import LauncherError

PROJECT = Path(__file__).resolve().parent.parent
# Set here and not in pyproject.toml, so that tests of plain Python run without any server.
SETTINGS = "config.settings"


@contextmanager
def servers(env: Mapping[str, str] = os.environ) -> Iterator[dict[str, str]]:
    """`env` completed with the addresses of throw-away servers; they are gone afterwards.

    The database's address is the superuser's, who stands for the owner in tests: the suite makes
    its own databases and switches to the application's role itself.
    """
    full = dict(env)
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="onroll-"))
        folder.chmod(0o711)  # the server's user must walk through; nobody may list
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        if not env.get("DATABASE_URL"):
            cluster = postgres.prepared(folder / "pg", folder / "s", env=env)
            postgres.initialise(cluster, durable=False)
            server = postgres.start(cluster, log=folder / "postgres.log", durable=False)
            stack.callback(children.stop, server)
            postgres.run_sql(cluster, f"CREATE ROLE {postgres.APP_ROLE} NOLOGIN")
            postgres.ensure_database(cluster, owner=postgres.SUPERUSER)
            full["DATABASE_URL"] = cluster.url(postgres.SUPERUSER)
            full.pop("DATABASE_OWNER_URL", None)
        if not env.get("REDIS_URL"):
            path = folder / "redis.sock"
            server = redis.start(folder / "redis", path, log=folder / "redis.log", durable=False)
            stack.callback(children.stop, server)
            full["REDIS_URL"] = redis.socket_url(path)
        full.setdefault("STATE_DIR", str(folder / "var"))
        (folder / "var").mkdir()
        full.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS)
        yield full


def run_beside_servers(argv: Sequence[str], env: Mapping[str, str] = os.environ) -> int:
    """Run `argv` with throw-away servers and return its exit status."""
    with servers(env) as full:
        venv = str(Path(sys.executable).parent)
        full["PATH"] = os.pathsep.join([venv, full.get("PATH", os.defpath)])
        full.setdefault("SECRET_KEY", "only-for-tests-and-never-for-a-site-that-people-use")
        tie = children.tied_to(os.getpid(), signal.SIGTERM)
        return subprocess.run(list(argv), env=full, preexec_fn=tie).returncode


def main(argv: Sequence[str]) -> int:
    """The command line. Everything after `--` is the command."""
    command = list(argv[1:] if argv[:1] == ["--"] else argv)
    if not command:
        sys.stderr.write("Usage: python -m launcher.testenv -- COMMAND [ARGUMENTS]\n")
        return 2
    # As an exception the signal runs the clean-up; by default it would leave the folder behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        return run_beside_servers(command)
    except LauncherError as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
