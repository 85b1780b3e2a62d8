"""What the private Redis is started with."""

import os
import socket
from pathlib import Path

import pytest

from launcher import binaries, children, redis


@pytest.mark.parametrize(
    ("loaded", "kept"),
    [
        ("/usr/lib/faketime/libfaketime.so.1", None),
        ("/lib/libother.so:/usr/lib/libfaketimeMT.so.1", "/lib/libother.so"),
        ("/usr/lib/libfaketime.so.1 /lib/libother.so", "/lib/libother.so"),
        ("/lib/libother.so", "/lib/libother.so"),
    ],
)
def test_redis_keeps_the_real_clock_and_every_other_library(loaded: str, kept: str | None):
    env = redis._with_the_real_clock({"LD_PRELOAD": loaded, "HOME": "/home/ada"})

    assert env.get("LD_PRELOAD") == kept
    assert env["HOME"] == "/home/ada"


def test_a_redis_under_its_tools_name_serves(short_folder: Path):
    tool = short_folder / "redis-check-rdb"
    tool.symlink_to(binaries.find_redis())
    path = short_folder / "redis.sock"

    env = {**os.environ, "REDIS_SERVER": str(tool)}
    server = redis.start(short_folder / "data", path, log=short_folder / "redis.log", env=env)

    with socket.socket(socket.AF_UNIX) as link:
        link.connect(str(path))
        link.sendall(b"PING\r\n")
        assert link.recv(16) == b"+PONG\r\n"
    children.stop(server)
