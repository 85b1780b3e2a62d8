"""`python -m bench NAME [--size N] [--runs N] [--json]`: one JSON object on the last line.

Each benchmark is a module of this package with `run(options, say)` that returns a dictionary.
It gets a private, tuned PostgreSQL with our tables and nobody's rows; `BENCH_DATABASE_URL` names
another, which must be empty and its role a superuser.
"""

import argparse
import importlib
import json
import sys
from collections.abc import Callable

from bench.servers import tuned_database

SIZES = {"school": 1_200, "small": 12_000, "authority": 60_000, "county": 250_000}
BENCHES = {
    "sweep": "bench.sweep",
    "import": "bench.imports",
    "register": "bench.register",
    "worklist": "bench.worklist",
    "case-page": "bench.case_page",
    "gate": "bench.gate",
    "known-at": "bench.known_at",
    "what-if": "bench.what_if",
    "third-notice": "bench.third_notice",
    "penalties": "bench.penalties",
    "requests": "bench.requests",
    "bundle": "bench.bundle",
}
Say = Callable[[str], None]


def size(text: str) -> int:
    """Pupils: a number, or school, small, authority or county."""
    return SIZES.get(text) or int(text)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("name", choices=sorted(BENCHES))
    parser.add_argument("--size", type=size, default=12_000, help="pupils, or a name: %(default)s")
    parser.add_argument("--runs", type=int, default=5, help="turns: %(default)s")
    parser.add_argument("--json", action="store_true", help="only the JSON object")
    return parser.parse_args()


def main() -> int:
    """Run one benchmark. The exit status is 0 when all its gates hold."""
    options = arguments()

    def say(sentence: str) -> None:
        if not options.json:
            print(sentence, flush=True)
        else:
            print(sentence, file=sys.stderr, flush=True)

    with tuned_database(say):
        result = importlib.import_module(BENCHES[options.name]).run(options, say)
    print(json.dumps(result))
    return 0 if all(result.get("gates", {}).values()) else 1


if __name__ == "__main__":
    sys.exit(main())
