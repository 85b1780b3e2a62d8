"""`up`, `down`, `status` and what happens when a part dies, on a stand-in project."""

import json
import os
import signal
import socket
import stat
import urllib.request

from launcher import children, testenv
from tests.launcher.conftest import Project, alive

PARTS = {"postgres", "redis", "web", "worker", "beat"}


def page(address: str) -> bytes:
    with urllib.request.urlopen(f"{address}/health/", timeout=10) as answer:  # noqa: S310
        return answer.read()


def test_up_answers_and_ctrl_c_stops_every_part(project: Project):
    process = project.started_up()
    now = json.loads((project.state / "running.json").read_text())
    parts = project.pids()

    assert page(now["address"]) == b"ready"
    assert set(parts) == PARTS
    assert all(alive(pid) for pid in parts.values())

    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)

    assert process.returncode == 0
    assert "Onroll has stopped." in said
    assert not any(alive(pid) for pid in parts.values())
    assert project.pids() == {}
    assert "database system is shut down" in (project.state / "log/postgres.log").read_text()


def with_commands(project: Project, *names: str) -> None:
    """Let the stand-in project bring these management commands."""
    commands = project.folder / "authorities" / "management" / "commands"
    commands.mkdir(parents=True)
    for name in names:
        (commands / f"{name}.py").touch()


def asked(project: Project) -> list[str]:
    """The management commands that were run, in order; styles are collected beside them."""
    lines = (project.state / "asked").read_text().splitlines()
    return [line.split(" postgres://")[0] for line in lines if "collectstatic" not in line]


def test_up_makes_tables_and_demo_before_it_answers(project: Project):
    with_commands(project, "prepare_database", "seed")

    project.started_up("up", "--port", "0")

    assert asked(project) == ["migrate --no-input", "seed --if-empty"]
    assert "postgres://onroll_app@%2F" in (project.state / "asked").read_text()


def test_an_outside_database_is_given_its_role_before_its_tables(project: Project):
    with_commands(project, "prepare_database", "seed")

    with testenv.servers({"REDIS_URL": "redis://unused"}) as outside:
        project.started_up(DATABASE_URL=outside["DATABASE_URL"])
        project.run("down")

    assert asked(project) == ["prepare_database", "migrate --no-input"]


def test_a_demo_that_was_made_is_not_made_again_in_the_same_database(project: Project):
    with_commands(project, "seed")
    project.state.mkdir(mode=0o711)
    (project.state / "demo.json").write_text("{}")

    project.started_up("up", "--port", "0")
    project.run("down")
    first = asked(project)
    project.started_up("up", "--port", "0")

    assert first == ["migrate --no-input", "seed --if-empty"], "a new database has no demo yet"
    assert asked(project)[2:] == ["migrate --no-input"]


def test_kill_9_of_the_supervisor_leaves_no_child(project: Project):
    process = project.started_up()
    parts = project.pids()

    process.kill()
    process.wait()

    gone = children.wait_until(lambda: not any(map(alive, parts.values())), seconds=20)
    assert gone, {name: children.state_of(pid) for name, pid in parts.items()}
    assert "database system is shut down" in (project.state / "log/postgres.log").read_text()


def test_up_starts_again_after_kill_9_of_the_supervisor(project: Project):
    project.started_up().kill()
    (project.state / "running.json").unlink()

    project.started_up()

    now = json.loads((project.state / "running.json").read_text())
    assert page(now["address"]) == b"ready"


def test_up_starts_again_after_kill_9_of_supervisor_and_database_at_once(project: Project):
    process = project.started_up()
    os.kill(project.pids()["postgres"], signal.SIGKILL)
    process.kill()
    (project.state / "running.json").unlink()

    project.started_up()

    assert project.answers()


def test_a_web_server_that_cannot_start_stops_the_first_start_and_shows_its_log(project: Project):
    (project.folder / "config" / "wsgi.py").write_text("raise RuntimeError('no such setting')")

    failed = project.run("up", "--port", "0", "--no-demo")

    assert failed.returncode == 1
    assert "web ended by itself (status 1), so everything was stopped." in failed.stderr
    assert "no such setting" in failed.stderr
    assert project.pids() == {}


def test_a_second_up_is_refused_and_disturbs_nothing(project: Project):
    project.started_up()
    before = project.pids()
    address = json.loads((project.state / "running.json").read_text())["address"]

    second = project.run("up", "--port", "0", "--no-demo")

    assert second.returncode == 1
    assert f"Onroll is already running at {address}" in second.stderr
    assert project.pids() == before
    assert page(address) == b"ready"


def test_a_taken_port_is_refused_by_number_before_anything_starts(project: Project):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        refused = project.run("up", "--port", str(port), "--no-demo")

    assert refused.returncode == 1
    assert f"Port {port} on 127.0.0.1 cannot be used" in refused.stderr
    assert not (project.state / "pg").exists()


def test_a_step_that_fails_shows_the_end_of_its_log(project: Project):
    (project.folder / "manage.py").write_text("import sys; sys.exit('no such table: pupil')")

    failed = project.run("up", "--port", "0", "--no-demo")

    assert failed.returncode == 1
    assert "Making the tables failed." in failed.stderr
    assert "no such table: pupil" in failed.stderr
    assert project.pids() == {}


def test_detach_returns_when_ready_and_down_stops(project: Project):
    began = project.run("up", "--port", "0", "--no-demo", "--detach")
    address = json.loads((project.state / "running.json").read_text())["address"]
    parts = project.pids()

    assert began.returncode == 0
    assert f"Onroll is at {address}" in began.stdout
    assert page(address) == b"ready"
    assert project.run("status").returncode == 0

    ended = project.run("down")

    assert ended.returncode == 0
    assert not any(alive(pid) for pid in parts.values())
    status = project.run("status")
    assert (status.returncode, status.stdout) == (3, "Onroll is not running.\n")


def test_down_with_nothing_running_says_so_and_is_no_error(project: Project):
    ended = project.run("down")

    assert (ended.returncode, ended.stdout) == (0, "Onroll is not running.\n")


def test_the_welcome_names_one_sign_in_for_each_role(project: Project):
    project.state.mkdir(mode=0o711)
    accounts = [
        {"role": "tutor", "email": "first@example.org", "password": "pw", "totp_secret": "ABC"},
        {"role": "tutor", "email": "second@example.org", "password": "pw", "totp_secret": "DEF"},
        {"role": "governor", "email": "third@example.org", "password": "pw"},
    ]
    (project.state / "demo.json").write_text(json.dumps({"accounts": accounts}))

    began = project.run("up", "--port", "0", "--no-demo", "--detach")
    project.run("down")

    assert "first@example.org" in began.stdout
    assert "second@example.org" not in began.stdout
    assert "third@example.org" in began.stdout


def test_a_faked_clock_reaches_every_part(project: Project):
    project.started_up(FAKETIME="@2026-11-24 09:00:00", LD_PRELOAD="")

    for name in ("web", "worker", "beat"):  # the servers write their title over their environment
        with open(f"/proc/{project.pids()[name]}/environ", "rb") as file:
            assert b"FAKETIME=@2026-11-24 09:00:00" in file.read().split(b"\0"), name


def test_what_holds_personal_data_is_private_to_its_owner(project: Project):
    project.run("status")

    for room in ("mail", "spool", "log", "redis"):
        assert stat.S_IMODE((project.state / room).stat().st_mode) == 0o700, room


def test_the_secret_key_is_made_once_and_is_private(project: Project):
    project.run("manage", "check")
    key = project.state / "secret-key"
    first = key.read_text()
    project.run("manage", "check")

    assert len(first) >= 50
    assert key.read_text() == first
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
