"""What the private Redis is started with."""

import pytest

from launcher import redis


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
