"""Short commands, throw-away servers, and servers that somebody else runs."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from launcher import children, postgres, testenv
from tests.launcher.conftest import REAL, Project, alive


def sql(url: str, statement: str) -> str:
    """Run one statement where the URL points, as its role."""
    psql = postgres.binaries.find_postgres() / "psql"
    done = subprocess.run(
        [str(psql), "-X", "-A", "-t", "-c", statement, url], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def asked_urls(project: Project) -> list[str]:
    """The database that each management command was given, in order."""
    return [line.split()[-1] for line in (project.state / "asked").read_text().splitlines()]


def test_a_command_without_a_site_starts_servers_for_its_time_and_stops_them(project: Project):
    done = project.run("manage", "check", "--deploy")

    assert done.returncode == 0, done.stderr
    assert (project.state / "asked").read_text().startswith("check --deploy postgres://onroll_app@")
    assert project.pids() == {}
    assert not (project.state / "pg" / "postmaster.pid").exists()


def test_a_command_beside_a_site_uses_its_servers_and_leaves_them(project: Project):
    project.started_up()
    before = project.pids()

    done = project.run("psql", "-A", "-t", "-c", "SELECT current_user")

    assert (done.returncode, done.stdout) == (0, "onroll_owner\n")
    assert project.pids() == before
    assert all(alive(pid) for pid in before.values())


def test_a_command_passes_on_the_status_of_what_it_ran(project: Project):
    assert project.run("manage", "fail").returncode == 1
    assert project.run("psql", "-c", "SELECT no_such_column").returncode == 1


def test_an_unknown_command_names_the_known_ones(project: Project):
    done = project.run("begin")

    assert done.returncode == 2
    assert "There is no command `begin`" in done.stderr
    assert "sweep" in done.stderr


def test_neither_role_of_the_private_database_can_bypass_row_level_security(project: Project):
    query = "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole FROM pg_roles"
    query += " WHERE rolname LIKE 'onroll%' ORDER BY 1"

    done = project.run("psql", "-A", "-t", "-c", query)

    assert done.stdout.splitlines() == ["onroll_app|f|f|f", "onroll_owner|f|f|f"]


def test_the_private_database_keeps_what_was_written_and_is_durable(project: Project):
    project.run("psql", "-c", "CREATE TABLE kept AS SELECT 7 AS number")

    show = "SELECT number, current_setting('fsync'), current_setting('data_checksums') FROM kept"
    again = project.run("psql", "-A", "-t", "-c", show)

    assert again.stdout == "7|on|on\n"


def test_an_outside_database_and_redis_are_used_and_nothing_is_started(project: Project):
    with testenv.servers({}) as outside:
        urls = {name: outside[name] for name in ("DATABASE_URL", "REDIS_URL")}
        project.started_up(**urls)

        assert set(project.pids()) == {"web", "worker", "beat"}
        assert set(asked_urls(project)) == {outside["DATABASE_URL"]}
        assert not (project.state / "pg").exists()
        running = json.loads((project.state / "running.json").read_text())
        assert running["env"] == {}, "an outside address may hold a password"
        project.run("down")


def test_only_the_database_may_be_outside(project: Project):
    with testenv.servers({"REDIS_URL": "redis://unused"}) as outside:
        project.started_up(DATABASE_URL=outside["DATABASE_URL"])

        assert set(project.pids()) == {"redis", "web", "worker", "beat"}
        project.run("down")


def test_throw_away_servers_are_separate_and_leave_nothing():
    with testenv.servers({}) as one, testenv.servers({}) as other:
        folders = [Path(each["STATE_DIR"]).parent for each in (one, other)]
        sql(one["DATABASE_URL"], "CREATE TABLE only_here (n int)")
        seen = sql(other["DATABASE_URL"], "SELECT to_regclass('only_here') IS NULL")

        assert seen == "t"
        assert one["REDIS_URL"] != other["REDIS_URL"]
        assert sql(one["DATABASE_URL"], "SHOW fsync") == "off"

    assert not any(folder.exists() for folder in folders)


def test_throw_away_servers_give_way_to_outside_ones():
    env = {"DATABASE_URL": "postgres://db.example/x", "REDIS_URL": "redis://redis.example/0"}

    with testenv.servers(env) as full:
        assert full["DATABASE_URL"] == "postgres://db.example/x"
        assert full["REDIS_URL"] == "redis://redis.example/0"


def test_the_command_beside_throw_away_servers_gives_its_status():
    status = [sys.executable, "-m", "launcher.testenv", "--"]
    status += [sys.executable, "-c", "import sys; sys.exit(7)"]

    assert subprocess.run(status, cwd=REAL).returncode == 7


def test_kill_9_beside_throw_away_servers_leaves_no_server(short_folder: Path):
    pids = short_folder / "pids"
    waits = f"ps -o pid= --ppid $PPID > {pids}.new; mv {pids}.new {pids}; sleep 60"
    process = subprocess.Popen(
        [sys.executable, "-m", "launcher.testenv", "--", "sh", "-c", waits],
        cwd=REAL,
        env={**os.environ, "TMPDIR": str(short_folder), "DATABASE_URL": "", "REDIS_URL": ""},
    )
    assert children.wait_until(pids.exists, seconds=30)
    family = [int(pid) for pid in pids.read_text().split()]
    assert len(family) >= 3, "PostgreSQL, Redis and the command itself"

    process.send_signal(signal.SIGKILL)
    process.wait()

    gone = children.wait_until(lambda: not any(map(alive, family)), seconds=20)
    assert gone, family
