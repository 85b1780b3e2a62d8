"""A private PostgreSQL cluster: made, started as our own child, given its roles, stopped.

Why not `pg_ctl`: a server that it starts outlives us, and it takes a killed server that is still
a zombie for a running one. A direct child that the kernel ends with us has neither fault.
"""

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from launcher import binaries, children
from launcher.children import Account, Child
from launcher.errors import LauncherError

SUPERUSER = "postgres"
OWNER_ROLE = "onroll_owner"
APP_ROLE = "onroll_app"
DATABASE = "onroll"
SOCKET_FOLDER_LIMIT = 90  # bytes: the kernel allows 107 for the folder and `/.s.PGSQL.5432`
RECOVERY = 300.0  # seconds that a server may read its log again after a crash

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_preload_libraries": "pg_stat_statements",
    "shared_buffers": "256MB",
    "max_connections": "100",
    "jit": "off",  # our queries are short: compiling them costs more than it saves
    # An error is logged without its statement, its key or its row: all of them hold people's data.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_timezone": "UTC",
    "timezone": "UTC",
}
# A crash may lose a throw-away cluster whole; nothing else is bought with these.
THROW_AWAY = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "shared_buffers": "128MB",
    "autovacuum_naptime": "10min",
}


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where one private cluster lives and who runs it."""

    bindir: Path
    data: Path
    sockets: Path
    account: Account | None

    def url(self, role: str, database: str = DATABASE) -> str:
        """A connection URL over the socket; the folder is percent-encoded as the host."""
        return f"postgres://{role}@{quote(str(self.sockets), safe='')}/{database}"


def check_socket_folder(folder: Path) -> None:
    """Refuse a folder whose path is too long for a Unix socket, before a server fails on it."""
    length = len(os.fsencode(folder))
    if length > SOCKET_FOLDER_LIMIT:
        raise LauncherError(
            f"The socket folder's path is {length} bytes long and may be {SOCKET_FOLDER_LIMIT}: "
            f"{folder}. Set TMPDIR to a shorter folder."
        )


def _environment(env: Mapping[str, str]) -> dict[str, str]:
    """`env` without PG* variables, which would point our programs at some other server."""
    return {name: value for name, value in env.items() if not name.startswith("PG")}


def initialise(cluster: Cluster, *, durable: bool = True) -> bool:
    """Make the data folder's files if there are none. Checksums on; byte order for text.

    Returns whether the cluster is new.
    """
    if (cluster.data / "PG_VERSION").exists():
        _refuse_other_major(cluster)
        return False
    argv = [str(cluster.bindir / "initdb"), "-D", str(cluster.data), "-U", SUPERUSER, "-E", "UTF8"]
    argv += ["--locale=C.UTF-8", "-A", "trust", "--data-checksums"]
    argv += [] if durable else ["--no-sync"]
    done = subprocess.run(
        argv,
        env=_environment(os.environ),
        cwd="/",
        capture_output=True,
        text=True,
        user=cluster.account.uid if cluster.account else None,
        group=cluster.account.gid if cluster.account else None,
        extra_groups=[] if cluster.account else None,
    )
    if done.returncode:
        raise LauncherError(f"The database could not be made:\n{done.stdout}{done.stderr}")
    return True


def _refuse_other_major(cluster: Cluster) -> None:
    made_by = (cluster.data / "PG_VERSION").read_text().strip()
    said = subprocess.run(
        [str(cluster.bindir / "postgres"), "--version"], capture_output=True, text=True, check=True
    ).stdout
    if f" {made_by}." not in said:
        raise LauncherError(
            f"The database in {cluster.data} was made by PostgreSQL {made_by}, and "
            f"{cluster.bindir} holds{said.removeprefix('postgres (PostgreSQL)').rstrip()}. Set "
            f"PG_BINDIR to a PostgreSQL {made_by}, or move the folder away to start afresh."
        )


def _pid_in(lock: Path) -> int | None:
    try:
        return int(lock.read_text().splitlines()[0])
    except (OSError, ValueError, IndexError):
        return None


def _wait_for_former(cluster: Cluster, *, seconds: float = 30.0) -> None:
    """Let a server of an earlier run finish; clear its locks when only a zombie holds them."""
    locks = (cluster.data / "postmaster.pid", cluster.sockets / ".s.PGSQL.5432.lock")

    def gone() -> bool:
        pids = [pid for pid in map(_pid_in, locks) if pid is not None]
        return all(children.state_of(pid) in (None, "Z") or not _is_postgres(pid) for pid in pids)

    if not children.wait_until(gone, seconds=seconds):
        raise LauncherError(
            f"Another PostgreSQL still runs on {cluster.data}. Stop it with "
            f"`kill -INT {_pid_in(locks[0]) or _pid_in(locks[1])}` and try again."
        )
    for lock in locks:
        # PostgreSQL takes a zombie, or a stranger with a reused number, for a running server.
        lock.unlink(missing_ok=True)


def _end_orphans(cluster: Cluster) -> None:
    """End the sessions of a killed server: they hold its memory, and no new one starts beside it.

    An idle session goes by itself; one that computes does not look up for hours. Each has a
    process group of its own, so ending the server's group does not reach them.
    """
    if not children.wait_until(lambda: not _sessions(cluster), seconds=2):
        for pid in _sessions(cluster):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        children.wait_until(lambda: not _sessions(cluster), seconds=5)


def _sessions(cluster: Cluster) -> list[int]:
    """Process ids of PostgreSQL programs that work in the data folder."""
    found, data = [], cluster.data.resolve()
    for process in Path("/proc").glob("[0-9]*"):
        pid = int(process.name)
        with suppress(OSError):  # gone meanwhile, or somebody else's
            if (process / "cwd").readlink() == data and _is_postgres(pid):
                found.append(pid)
    return found


def _is_postgres(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip() == "postgres"
    except OSError:
        return False


def start(
    cluster: Cluster, *, log: Path, durable: bool = True, keep_open: Sequence[int] = ()
) -> Child:
    """Start the server and return when it takes connections."""
    check_socket_folder(cluster.sockets)
    _wait_for_former(cluster)
    _end_orphans(cluster)
    settings = SETTINGS | ({} if durable else THROW_AWAY)
    settings["unix_socket_directories"] = str(cluster.sockets)
    argv = [str(cluster.bindir / "postgres"), "-D", str(cluster.data)]
    for name, value in settings.items():
        argv += ["-c", f"{name}={value}"]
    child = children.spawn(
        "postgres",
        argv,
        log=log,
        env=_environment(os.environ),
        cwd=cluster.data,
        account=cluster.account,
        stop_signal=signal.SIGINT,  # fast shutdown: ends sessions, writes a checkpoint
        keep_open=keep_open,
    )
    try:
        children.wait_until(
            lambda: _ready(cluster) or child.process.poll() is not None, seconds=RECOVERY
        )
        if not _ready(cluster):
            raise LauncherError(f"PostgreSQL did not start. Its log ends:\n{children.tail(log)}")
    except BaseException:  # told to stop while waiting, too
        children.stop(child)
        raise
    return child


def _ready(cluster: Cluster) -> bool:
    try:
        lines = (cluster.data / "postmaster.pid").read_text().splitlines()
    except OSError:
        return False
    return len(lines) >= 8 and lines[7].strip() == "ready"


def run_sql(cluster: Cluster, sql: str, *, database: str = "postgres") -> str:
    """Run statements as the superuser and return the unaligned output. Raises on any error."""
    argv = [str(cluster.bindir / "psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]
    argv += ["-h", str(cluster.sockets), "-U", SUPERUSER, "-d", database]
    done = subprocess.run(
        argv, input=sql, env=_environment(os.environ), cwd="/", capture_output=True, text=True
    )
    if done.returncode:
        raise LauncherError(f"The database refused to be set up:\n{done.stderr}")
    return done.stdout.strip()


def ensure_roles(cluster: Cluster) -> None:
    """Make what the application needs and cannot make: an owner, an application role, a database.

    Neither role is a superuser or may bypass row-level security; the owner's database is its own.
    """
    for role in (OWNER_ROLE, APP_ROLE):
        if not run_sql(cluster, f"SELECT 1 FROM pg_roles WHERE rolname = '{role}'"):
            run_sql(
                cluster,
                f"CREATE ROLE {role} LOGIN NOSUPERUSER NOCREATEROLE NOBYPASSRLS",
            )
    run_sql(cluster, f"GRANT {APP_ROLE} TO {OWNER_ROLE}")  # the owner may act as the application
    ensure_database(cluster, owner=OWNER_ROLE)
    run_sql(cluster, "CREATE EXTENSION IF NOT EXISTS pg_stat_statements", database=DATABASE)


def ensure_database(cluster: Cluster, *, owner: str) -> None:
    """Make the database if it is not there."""
    if not run_sql(cluster, f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'"):
        run_sql(cluster, f"CREATE DATABASE {DATABASE} OWNER {owner}")


def private_folder(folder: Path, account: Account | None) -> Path:
    """Make a folder that only the server's user may open (and root, who needs no leave)."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if account is not None:
        shutil.chown(folder, account.uid, account.gid)
    folder.chmod(0o700)
    return folder


def prepared(data: Path, sockets: Path, *, env: Mapping[str, str] = os.environ) -> Cluster:
    """A cluster description with its two folders made and its programs found, nothing started."""
    account = binaries.server_account(data)
    bindir = binaries.readable_postgres(binaries.find_postgres(env), account)
    private_folder(data, account)
    private_folder(sockets, account)
    return Cluster(bindir, data, sockets, account)
