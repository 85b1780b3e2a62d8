"""A school year of a whole authority replayed under two policies, in one process.

The draft is the pack in force, so that both sides must come to the same; and every day of the year
is looked at. The live step of one day is timed beside it.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from authorities.models import Authority, PackAdoption, School
from authorities.packs import Pack, available
from authorities.tenancy import scope
from bench import world as worlds
from bench.sweep import largest_memory
from cases.models import Proposal
from cases.selectors.replays import replay
from cases.services import proposing

Say = Callable[[str], None]
NOW = datetime(2026, 7, 26, 3, tzinfo=UTC)
FIRST, LAST = date(2025, 9, 1), date(2026, 7, 21)

GATES: dict[str, Callable[[dict[str, Any]], bool]] = {
    "a school year in under 60 s": lambda found: found["seconds"]["replay"] < 60,
    "both sides identical": lambda found: bool(found["identical"]),
    "the last day's live step agrees": lambda found: bool(found["agrees"]),
}


def run(options: argparse.Namespace, say: Say) -> dict[str, Any]:
    """Everything, on one world."""
    say(f"Drawing {options.size} pupils")
    world = worlds.build(os.environ["DATABASE_URL"], options.size)
    seconds: list[float] = []
    pack = dearest()
    with scope([world.authority_id]):
        adopt(world.authority_id, pack)
        schools = list(School.objects.filter(authority=world.authority_id).order_by("pk"))
        for turn in range(max(1, min(options.runs, 3))):
            begun = time.perf_counter()
            both = replay(schools, pack, FIRST, LAST, lambda done, total: None)
            seconds.append(time.perf_counter() - begun)
            say(f"turn {turn + 1}: {seconds[-1]:.1f} s")
        begun = time.perf_counter()
        looked = proposing.look(world.authority_id, as_of=LAST, now=NOW)
        live = time.perf_counter() - begun
        last = replay(schools, pack, LAST, LAST, lambda done, total: None)
        noted = Proposal.objects.filter(authority=world.authority_id).count()
    now, draft = both.sides["now"], both.sides["draft"]
    found: dict[str, Any] = {
        "bench": "what-if",
        "size": len(world),
        "days": (LAST - FIRST).days + 1,
        "seconds": {"replay": round(statistics.median(seconds), 2), "live step": round(live, 2)},
        "proposals": sum(now.times.values()),
        "identical": now.times == draft.times and now.pupils == draft.pupils,
        "agrees": looked.found == noted == sum(last.sides["now"].times.values()),
        "rss_mb": round(largest_memory() / 1024, 1),
    }
    found["gates"] = {name: bool(gate(found)) for name, gate in GATES.items()}
    for name, held in found["gates"].items():
        say(f"{'holds ' if held else 'FAILS '} {name}")
    return found


def dearest() -> Pack:
    """The council's pack that looks at the most."""
    councils = [pack for pack in available() if pack.pack.place == "authority"]
    return max(councils, key=lambda pack: len(pack.triggers))


def adopt(authority_id: int, pack: Pack) -> None:
    """The authority works by a pack from before the year."""
    PackAdoption.objects.create(
        authority=Authority.objects.get(pk=authority_id),
        pack=pack.name,
        edition=pack.edition,
        starts_on=date(2025, 8, 1),
    )
