"""The table of `./onroll` commands and their arguments."""

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence

from launcher import binaries, checks, children, prepare, private, site, state
from launcher.errors import LauncherError


def _up(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="./onroll up")
    parser.add_argument("--port", type=int, default=8000, help="0 takes any free one")
    parser.add_argument("--host", default=site.LOOPBACK, help="who may connect: this machine only")
    parser.add_argument("--no-demo", action="store_true", help="start without a demo authority")
    parser.add_argument("--detach", action="store_true", help="return when it is ready")
    chosen = parser.parse_args(arguments)
    if chosen.detach:
        return site.up_detached([each for each in arguments if each != "--detach"])
    return site.up(site.Wish(chosen.host, chosen.port, demo=not chosen.no_demo))


def _no_arguments(run: Callable[[], int]) -> Callable[[Sequence[str]], int]:
    def command(arguments: Sequence[str]) -> int:
        if arguments:
            raise LauncherError(f"This command takes no arguments, and got {' '.join(arguments)}.")
        return run()

    return command


def _call(argv: Sequence[str], env: Mapping[str, str]) -> int:
    """Run a program in the caller's folder and on the caller's terminal; return its status."""
    env = {**env, "PYTHONPATH": str(state.PROJECT)}
    try:
        tie = children.tied_to(os.getpid(), signal.SIGTERM)
        return subprocess.run(list(argv), env=env, preexec_fn=tie).returncode
    except KeyboardInterrupt:
        return 130


def _with_tables(argv: Sequence[str]) -> int:
    """Run a program that needs the tables: they are made or brought up to date first."""
    with private.servers_for_command() as env:
        place = state.folder()
        if state.running(place) is None:
            prepare.database(place, env, outside=bool(os.environ.get("DATABASE_URL")))
        return _call(argv, env)


def _managed(name: str) -> Callable[[Sequence[str]], int]:
    def command(arguments: Sequence[str]) -> int:
        return _with_tables(private.manage(name, *arguments))

    return command


def _manage(arguments: Sequence[str]) -> int:
    with private.servers_for_command() as env:
        return _call(private.manage(*arguments), env)


def _bench(arguments: Sequence[str]) -> int:
    if (state.PROJECT / "bench" / "__main__.py").exists():
        return _with_tables([sys.executable, "-m", "bench", *arguments])
    return _with_tables(private.manage("bench", *arguments))


def _psql(arguments: Sequence[str]) -> int:
    with private.servers_for_command() as env:
        url = env.get("DATABASE_OWNER_URL") or env["DATABASE_URL"]
        return _call([str(binaries.find_postgres(env) / "psql"), url, *arguments], env)


COMMANDS: dict[str, Callable[[Sequence[str]], int]] = {
    "up": _up,
    "down": _no_arguments(site.down),
    "status": _no_arguments(site.status),
    "test": checks.test,
    "fix": _no_arguments(checks.fix),
    "docs": checks.docs,
    "lock": _no_arguments(checks.lock),
    "seed": _managed("seed"),
    "sweep": _managed("sweep"),
    "bench": _bench,
    "manage": _manage,
    "psql": _psql,
}


def main(argv: Sequence[str] = tuple(sys.argv[1:])) -> int:
    """Run one command. Errors of ours are one sentence and status 1; an unknown name is 2."""
    name, arguments = (argv[0], argv[1:]) if argv else ("", ())
    command = COMMANDS.get(name)
    if command is None:
        known = ", ".join(COMMANDS)
        sys.stderr.write(f"There is no command `{name}`. There are: {known}.\n")
        return 2
    try:
        return command(list(arguments))
    except LauncherError as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    except KeyboardInterrupt:
        return 130
