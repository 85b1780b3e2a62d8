"""The private servers of one state folder, and the environment that points at them."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from launcher import binaries, parts, postgres, redis, state
from launcher.parts import Part

PATIENCE_WITH_OTHERS = 120.0  # seconds that a short command waits for another one to end


def base_environment(place: Path, env: Mapping[str, str]) -> dict[str, str]:
    """The caller's environment with what every process of ours needs.

    Nothing is cleared that we do not own: a preloaded library such as libfaketime reaches all.
    """
    full = dict(env)
    venv = str(Path(sys.executable).parent)
    full["PATH"] = os.pathsep.join([venv, full.get("PATH", os.defpath)])
    full["STATE_DIR"] = str(place)
    full["PYTHONUNBUFFERED"] = "1"
    if full.pop("PYTHONDONTWRITEBYTECODE", ""):
        # Reading all code anew in each process takes twice the time: keep it, but not in the tree.
        full["PYTHONPYCACHEPREFIX"] = str(place / "bytecode")
    full["DJANGO_SETTINGS_MODULE"] = full.get("DJANGO_SETTINGS_MODULE", "config.settings")
    if not full.get("SECRET_KEY"):
        full["SECRET_KEY"] = state.secret_key(place)
    return full


@dataclass(frozen=True, slots=True)
class Servers:
    """What was started because the environment did not name it."""

    parts: list[Part]
    urls: dict[str, str]
    new_database: bool


def start_servers(stack: ExitStack, place: Path, env: Mapping[str, str], *, lock: int) -> Servers:
    """Start what the environment does not name; the stack stops it again."""
    started: list[Part] = []
    urls: dict[str, str] = {}
    new = False
    account = binaries.server_account(place / "pg")
    sockets = state.socket_folder(place, account)
    if not env.get("DATABASE_URL"):
        cluster = postgres.prepared(state.database_folder(place, account), sockets, env=env)
        new = postgres.initialise(cluster)
        log = place / "log" / "postgres.log"
        start = partial(postgres.start, cluster, log=log, keep_open=[lock])
        started.append(parts.begin(stack, place, "postgres", start))
        postgres.ensure_roles(cluster)
        urls["DATABASE_URL"] = cluster.url(postgres.APP_ROLE)
        urls["DATABASE_OWNER_URL"] = cluster.url(postgres.OWNER_ROLE)
    if not env.get("REDIS_URL"):
        path = sockets / "redis.sock"
        log = place / "log" / "redis.log"
        data = place / "redis"
        start = partial(redis.start, data, path, log=log, keep_open=[lock], env=env)
        started.append(parts.begin(stack, place, "redis", start))
        urls["REDIS_URL"] = redis.socket_url(path)
    return Servers(started, urls, new)


@contextmanager
def servers_for_command(env: Mapping[str, str] = os.environ) -> Iterator[dict[str, str]]:
    """The environment for one short command: the running site's servers, or our own for a while."""
    place = state.folder(env)
    full = base_environment(place, env)
    now = state.running(place)
    if now:
        yield {**now.env, **_named(full)}
        return
    with ExitStack() as stack:
        lock = stack.enter_context(state.locked(place, seconds=PATIENCE_WITH_OTHERS))
        yield full | start_servers(stack, place, full, lock=lock).urls


def _named(full: Mapping[str, str]) -> dict[str, str]:
    """`full` without empty addresses, which would hide those of the running servers."""
    return {name: value for name, value in full.items() if value or not name.endswith("_URL")}


def has_command(name: str) -> bool:
    """Whether one of our apps brings this management command. Looks at files: no Django here."""
    return any(state.PROJECT.glob(f"*/management/commands/{name}.py"))


def manage(*arguments: str) -> Sequence[str]:
    """The command line of `manage.py` with this Python."""
    return [sys.executable, str(state.PROJECT / "manage.py"), *arguments]
