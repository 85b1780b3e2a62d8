"""Everything that must hold before a change is taken, and what mends, generates and pins."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

from launcher import children, floors, private, state, testenv
from launcher.errors import LauncherError

PYTHON = (sys.executable, "-m")
FOR_TESTS = {
    "SECRET_KEY": "only-for-tests-and-never-for-a-site-that-people-use",
    "PYTHONPATH": str(state.PROJECT),
}
LOCK_OPTIONS = [
    "--generate-hashes",
    "--no-annotate",
    "--no-header",
    "--no-emit-index-url",
    "--universal",
    "--python-version",
    "3.11",
    "--quiet",
]

# Each process clones the migrated database. More than four only wait for the one PostgreSQL.
SIDE_BY_SIDE = ["-n", "auto", "--maxprocesses", "4", "--dist", "worksteal"]

LOCK = "requirements.txt"
LINT_IMPORTS = "from importlinter.cli import lint_imports_command as run; run()"


def _checks() -> list[tuple[str, Sequence[str]]]:
    """What CI checks, quickest first: a name to show and a command line."""
    listed: list[tuple[str, Sequence[str]]] = [
        ("format", [*PYTHON, "ruff", "format", "--check", "."]),
        ("lint", [*PYTHON, "ruff", "check", "."]),
        ("import contracts", [sys.executable, "-c", LINT_IMPORTS]),
        ("types", [*PYTHON, "mypy"]),
        ("migrations", private.manage("makemigrations", "--check", "--dry-run")),
    ]
    if _docs_command():
        listed.append(("generated pages", _docs_command("--check")))
    listed.append(("tests", [*PYTHON, "pytest", *SIDE_BY_SIDE, "--cov", "--cov-report="]))
    return listed


def _docs_command(*arguments: str) -> Sequence[str]:
    """The command that writes the generated pages, or nothing if no app brings it."""
    return private.manage("docs", *arguments) if private.has_command("docs") else []


def _call(
    argv: Sequence[str], env: Mapping[str, str], stdin: int | None = subprocess.DEVNULL
) -> int:
    tie = children.tied_to(os.getpid(), signal.SIGTERM)
    return subprocess.run(
        list(argv), env=dict(env), cwd=state.PROJECT, stdin=stdin, preexec_fn=tie
    ).returncode


def test(arguments: Sequence[str]) -> int:
    """With arguments: pytest with them. Without: everything that CI checks."""
    with testenv.servers() as servers:
        env = servers | FOR_TESTS
        env["PATH"] = os.pathsep.join([os.path.dirname(sys.executable), env.get("PATH", "")])
        if arguments:
            return _call([*PYTHON, "pytest", *arguments], env, stdin=None)
        return _everything(env)


def _everything(env: Mapping[str, str]) -> int:
    """Run each check, go on after a failure, and say at the end what failed."""
    failed = []
    for name, argv in _checks():
        sys.stdout.write(f"\n== {name}\n")
        sys.stdout.flush()
        began = time.monotonic()
        if _call(argv, env):
            failed.append(name)
        sys.stdout.write(f"-- {name}: {time.monotonic() - began:.1f} s\n")
    if "tests" not in failed and floors.check(env):
        failed.append("coverage floors")
    sys.stdout.write(f"\nFailed: {', '.join(failed)}.\n" if failed else "\nAll checks passed.\n")
    return 1 if failed else 0


def fix(env: Mapping[str, str] = os.environ) -> int:
    """Format the code and mend what the linter can mend. Status 1 if something is left to do."""
    _call([*PYTHON, "ruff", "format", "--quiet", "."], env)
    left = _call([*PYTHON, "ruff", "check", "--fix", "."], env)
    _call([*PYTHON, "ruff", "format", "--quiet", "."], env)
    return left


def docs(arguments: Sequence[str]) -> int:
    """Write the generated pages again; with --check only say whether they would change."""
    command = _docs_command(*arguments)
    if not command:
        raise LauncherError("No app brings the command `docs`, so there is nothing to generate.")
    with testenv.servers() as servers:
        return _call(command, servers | FOR_TESTS)


def lock() -> int:
    """Pin every package, with hashes, for all Pythons that we support. Names no registry."""
    compiling = [sys.executable, "-m", "uv", "pip", "compile", *LOCK_OPTIONS]
    for source, more in (("requirements.in", []), ("requirements-dev.in", ["-c", LOCK])):
        target = source.replace(".in", ".txt")
        if _call([*compiling, source, *more, "-o", target], os.environ):
            return 1
    return 0
