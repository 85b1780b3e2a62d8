"""A part that dies is started again; one that dies again and again ends the whole."""

import os
import signal
import sys
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from launcher import children, parts, state
from launcher.errors import LauncherError
from tests.launcher.conftest import Project, alive


def killed(project: Project, part: str) -> int:
    """Kill a part with `kill -9`, wait for the one that takes its place, and return its id."""
    former = project.pids()[part]
    os.kill(former, signal.SIGKILL)
    came = children.wait_until(
        lambda: alive(project.pids().get(part, former)) and project.pids().get(part) != former,
        seconds=30,
    )
    assert came, (project.state / "log" / "supervisor.log").read_text()
    return project.pids()[part]


def with_pauses(project: Project, pauses: str) -> None:
    """Let the stand-in project's copy of the launcher wait so long before each start again."""
    copy = project.folder / "launcher" / "parts.py"
    ours = "PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0)"
    assert ours in copy.read_text()
    copy.write_text(copy.read_text().replace(ours, f"PAUSES = {pauses}"))


def test_each_killed_part_comes_back_and_the_others_run_on(project: Project):
    supervisor = project.started_up()
    said = project.state / "log" / "supervisor.log"

    for part in ("web", "worker", "beat", "redis", "postgres"):
        before = project.pids()
        new = killed(project, part)

        assert children.wait_until(project.answers, seconds=30), part
        assert project.pids() == before | {part: new}, said.read_text()
        assert (
            f"{part} was killed by signal 9 (Killed). It starts again in 0.5 s." in said.read_text()
        )
        assert f"{part} runs again, as process {new}." in said.read_text()

    assert all(alive(pid) for pid in project.pids().values())
    assert supervisor.poll() is None


def test_a_killed_database_comes_back_though_a_session_of_it_goes_on_computing(project: Project):
    project.started_up()
    project.run("psql", "-c", "CREATE TABLE kept AS SELECT 7 AS number")
    endless = "SELECT count(*) FROM generate_series(1, 1e11::bigint)"
    busy = project.start("psql", "-c", endless)
    asks = "SELECT pid FROM pg_stat_activity WHERE query LIKE '%generate_series%' AND pid <> "
    asks += "pg_backend_pid()"

    def sessions() -> list[str]:
        return project.run("psql", "-A", "-t", "-c", asks).stdout.split()

    assert children.wait_until(sessions, seconds=20)
    session = int(sessions()[0])

    killed(project, "postgres")

    assert not alive(session)
    assert busy.wait(20) != 0
    kept = project.run("psql", "-A", "-t", "-c", "SELECT number FROM kept")
    assert kept.stdout == "7\n"


def test_after_a_start_again_down_still_stops_everything(project: Project):
    project.run("up", "--port", "0", "--no-demo", "--detach")
    killed(project, "worker")
    running = project.pids()

    ended = project.run("down")

    assert ended.returncode == 0
    assert not any(alive(pid) for pid in running.values())
    assert project.pids() == {}
    assert "worker was killed by signal 9" in (project.state / "log/onroll.log").read_text()


def test_after_starts_again_kill_9_of_the_supervisor_leaves_nothing(project: Project):
    supervisor = project.started_up()
    for part in ("web", "worker", "postgres"):
        killed(project, part)

    supervisor.kill()
    supervisor.wait()

    # Every process that comes from us holds the lock: the pool of a worker, too.
    gone = children.wait_until(lambda: not state.is_locked(project.state), seconds=30)
    assert gone, project.pids()


def test_while_a_part_is_down_status_says_so_and_down_works(project: Project):
    with_pauses(project, "(600.0,)")
    project.started_up()
    os.kill(project.pids()["worker"], signal.SIGKILL)
    assert children.wait_until(lambda: "worker" not in project.pids(), seconds=10)

    seen = project.run("status")

    assert seen.returncode == 3
    assert "worker     has died and is being started again" in seen.stdout
    assert project.answers()
    assert project.run("down").returncode == 0
    assert project.pids() == {}


def test_a_part_that_dies_again_and_again_stops_everything_and_its_log_is_shown(project: Project):
    with_pauses(project, "(0.1, 0.2)")
    process = project.started_up()
    running = project.pids()
    (project.folder / "config" / "wsgi.py").write_text("raise RuntimeError('no such setting')")

    os.kill(running["web"], signal.SIGKILL)
    said, _ = process.communicate(timeout=60)

    assert process.returncode == 1
    assert "web ended by itself (status 1). It has ended 3 times, each within 60 seconds" in said, (
        said[-1500:]
    )
    assert "log/web.log ends:" in said
    assert "no such setting" in said
    assert not any(alive(pid) for pid in running.values())
    assert project.pids() == {}
    assert "everything was stopped" in (project.state / "log" / "supervisor.log").read_text()


def test_a_server_that_cannot_be_started_again_counts_as_a_death(project: Project):
    with_pauses(project, "(0.1, 0.2)")
    process = project.started_up()
    (project.state / "pg" / "postgresql.conf").write_text("no_such_setting = on\n")

    os.kill(project.pids()["postgres"], signal.SIGKILL)
    said, _ = process.communicate(timeout=60)

    assert process.returncode == 1
    assert "postgres could not be started again. It has ended 3 times" in said
    assert "no_such_setting" in said


@pytest.fixture
def short_lived(tmp_path: Path) -> Callable[[], children.Child]:
    """Starts a real process that ends at once with status 4."""
    (tmp_path / "pids").mkdir()
    argv = [sys.executable, "-c", "raise SystemExit(4)"]
    log = tmp_path / "log" / "web.log"
    return partial(children.spawn, "web", argv, log=log, env=os.environ, cwd=tmp_path)


def ended(part: parts.Part) -> None:
    """Wait until the part's process has ended."""
    assert part.child is not None
    part.child.process.wait(20)


def test_the_pauses_grow_and_the_eighth_quick_death_is_the_last(
    short_lived: Callable[[], children.Child], tmp_path: Path
):
    pauses = []
    with ExitStack() as stack:
        part = parts.begin(stack, tmp_path, "web", short_lived)
        for _ in range(7):
            ended(part)
            now = part.started
            parts.tend([part], now)
            assert part.due is not None
            pauses.append(part.due - now)
            parts.tend([part], part.due - 0.01)
            assert part.child is None, "not before its time"
            parts.tend([part], part.due)
        ended(part)
        with pytest.raises(
            LauncherError, match=r"web ended by itself \(status 4\)\. It has ended 8"
        ):
            parts.tend([part], part.started)

    assert pauses == pytest.approx([0.5, 1, 2, 4, 8, 16, 30])


def test_a_part_that_ran_a_minute_starts_counting_afresh(
    short_lived: Callable[[], children.Child], tmp_path: Path
):
    with ExitStack() as stack:
        part = parts.begin(stack, tmp_path, "web", short_lived)
        for lived, deaths in ((59.9, 1), (59.9, 2), (60.0, 1), (59.9, 2)):
            ended(part)
            parts.tend([part], part.started + lived)
            assert part.deaths == deaths
            assert part.due is not None
            parts.tend([part], part.due)
