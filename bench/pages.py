"""Asking the pages of a running site, one at a time, and how long each takes."""

import time
from collections.abc import Callable, Mapping

import numpy as np

from bench.register import Client, Site, processor_seconds

Timed = dict[str, dict[str, float]]


def timed(
    running: Site,
    client: Client,
    cookies: str,
    asked: Mapping[str, str],
    *,
    runs: int,
    say: Callable[[str], None],
) -> Timed:
    """Each address (name → path), `runs` times after one to warm up, in milliseconds.

    server_ms  what one page takes of the processors of the site and the database: it holds on a
               busy machine too; p50_ms, p95_ms  what the browser waits for
    """
    found: Timed = {}
    for name, address in asked.items():
        _ask(client, address, cookies)
        before = _spent(running)
        seconds = [_ask(client, address, cookies) for _ in range(runs)]
        server = (_spent(running) - before) / runs * 1000
        p50, p95 = (float(one) for one in np.percentile(seconds, [50, 95]) * 1000)
        found[name] = {
            "server_ms": round(server, 1),
            "p50_ms": round(p50, 1),
            "p95_ms": round(p95, 1),
        }
        say(f"{name}: {server:.0f} ms of the server, {p50:.0f} ms in all, {p95:.0f} at worst")
    return found


def _spent(of: Site) -> float:
    """Seconds of the processors that the site and the database have used so far."""
    return sum(processor_seconds(pid) for pid in of.parents.values())


def _ask(client: Client, address: str, cookies: str) -> float:
    """Seconds until the whole page is there. Raises RuntimeError for another answer."""
    start = time.perf_counter()
    status, page = client.ask("GET", address, cookies)
    if status != 200:
        raise RuntimeError(f"{address} answered {status}: {page[:200]!r}")
    return time.perf_counter() - start
