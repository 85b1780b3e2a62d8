"""Coverage floors for each part of the code, read from pyproject.toml. They only rise."""

import json
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from launcher import state


def check(env: Mapping[str, str]) -> int:
    """Print each part's coverage with its floor; 1 if any is below, 0 if none."""
    settings = tomllib.loads((state.PROJECT / "pyproject.toml").read_text())
    floors = settings["tool"]["onroll"]["coverage-floors"]
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "coverage.json"
        argv = [sys.executable, "-m", "coverage", "json", "-q", "--fail-under=0", "-o", str(report)]
        subprocess.run(argv, env=dict(env), cwd=state.PROJECT, check=True)
        files = json.loads(report.read_text())["files"]
    lines, below = compare(files, floors)
    sys.stdout.write("\n".join(["", "== coverage, lines and branches", *lines, ""]))
    return 1 if below else 0


def compare(
    files: Mapping[str, Mapping[str, Any]], floors: Sequence[Mapping[str, Any]]
) -> tuple[list[str], bool]:
    """Coverage of each part against its floor.

    `files` is the `files` table of coverage.py's JSON report; `floors` is a list of
    `{name, paths, percent}`. A file may count in several parts. A part with no file fails, for
    its pattern has stopped meaning anything.
    """
    lines, below = [], False
    for floor in floors:
        found = [
            file["summary"]
            for path, file in files.items()
            if any(fnmatch(path, pattern) for pattern in floor["paths"])
        ]
        reached = _percent(found)
        missed = reached < floor["percent"]
        below = below or missed
        sign = "below" if missed else "at least"
        lines.append(f"{floor['name']:<28} {reached:6.2f} %  {sign} {floor['percent']} %")
    return lines, below


def _percent(summaries: Sequence[Mapping[str, int]]) -> float:
    """Lines and branches together, as coverage.py's own total counts them."""
    whole = sum(s["num_statements"] + s.get("num_branches", 0) for s in summaries)
    hit = sum(s["covered_lines"] + s.get("covered_branches", 0) for s in summaries)
    return 100 * hit / whole if whole else 0.0
