"""A private redis-server over a Unix socket: the queue between web and worker."""

import os
import re
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path

from launcher import binaries, children
from launcher.children import Child
from launcher.errors import LauncherError


def socket_url(path: Path) -> str:
    """The URL of a socket in the form that Celery and redis-py's own parser share."""
    return f"redis+socket://{path}"


def start(
    data: Path,
    socket_path: Path,
    *,
    log: Path,
    durable: bool = True,
    keep_open: Sequence[int] = (),
    env: Mapping[str, str] = os.environ,
) -> Child:
    """Start the server and return when it answers. `durable` keeps the queue over a restart."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    socket_path.unlink(missing_ok=True)
    argv = ["redis-server", "--port", "0", "--unixsocket", str(socket_path)]
    argv += ["--unixsocketperm", "700", "--dir", str(data), "--save", ""]
    argv += ["--appendonly", "yes" if durable else "no", "--maxmemory-policy", "noeviction"]
    child = children.spawn(
        "redis",
        argv,
        program=binaries.find_redis(env),
        log=log,
        env=_with_the_real_clock(env),
        cwd=data,
        keep_open=keep_open,
    )
    try:
        children.wait_until(
            lambda: _answers(socket_path) or child.process.poll() is not None, seconds=30
        )
        if child.process.poll() is not None or not _answers(socket_path):
            raise LauncherError(f"Redis did not start. Its log ends:\n{children.tail(log)}")
    except BaseException:  # told to stop while waiting, too
        children.stop(child)
        raise
    return child


def _with_the_real_clock(env: Mapping[str, str]) -> dict[str, str]:
    """`env` without libfaketime, which a Redis with its own memory allocator cannot start under.

    Redis only counts down times to live, so nothing that people see depends on its clock.
    """
    loaded = [part for part in re.split(r"[ :]", env.get("LD_PRELOAD", "")) if part]
    kept = [part for part in loaded if "libfaketime" not in part]
    rest = {name: value for name, value in env.items() if name != "LD_PRELOAD"}
    return rest | ({"LD_PRELOAD": ":".join(kept)} if kept else {})


def _answers(socket_path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as link:
        link.settimeout(2)
        try:
            link.connect(str(socket_path))
            link.sendall(b"PING\r\n")
            return link.recv(16).startswith(b"+PONG")
        except OSError:
            return False
