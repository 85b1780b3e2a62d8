"""docker-compose.yml and the Dockerfile, read: no engine runs here to build them."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml
from celery.bin.beat import beat
from celery.bin.worker import worker
from django.core.management import get_commands
from gunicorn.config import Config

from config.env import Environment
from launcher import postgres, site
from tests.launcher.conftest import REAL

COMPOSE: dict[str, Any] = yaml.safe_load((REAL / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("prepare", "web", "worker", "beat")
DOCKERFILE = (REAL / "Dockerfile").read_text().replace("\\\n", " ")


def image_command() -> list[str]:
    """What a container does that is told nothing else."""
    return json.loads(re.findall(r"^CMD (.*)$", DOCKERFILE, re.MULTILINE)[-1])


def supervised(part: str) -> list[str]:
    """The command line of the same part under `./onroll up`, without the Python before it."""
    wish = site.Wish("127.0.0.1", 8000, demo=False)
    return list(site._processes(Path("var"), wish)[part])[2:]


def pairs(argv: list[str]) -> set[tuple[str, ...]]:
    """Options with their values, as a set."""
    return {tuple(each.split()) for each in re.findall(r"(--?\S+(?: [^-\s]\S*)?)", " ".join(argv))}


def test_the_services_are_the_parts_of_the_site_and_what_prepares_them():
    assert set(SERVICES) == {"postgres", "redis", "prepare", "web", "worker", "beat"}


def test_every_setting_of_ours_is_one_that_the_application_reads():
    known = set(Environment.model_fields)
    required = {name for name, field in Environment.model_fields.items() if field.is_required()}

    for name in OURS:
        given = set(SERVICES[name]["environment"])
        assert given <= known, name
        assert required <= given, name


def test_what_the_operator_must_set_is_what_the_head_of_the_file_says():
    text = (REAL / "docker-compose.yml").read_text()

    needed = set(re.findall(r"\$\{(\w+):\?", text))

    assert (
        needed == set(re.findall(r"(\w+)=\$\(openssl", text)) == {"SECRET_KEY", "POSTGRES_PASSWORD"}
    )


def test_the_commands_that_prepare_the_database_exist():
    shell, flag, line = SERVICES["prepare"]["command"]
    assert (shell, flag) == ("sh", "-c")

    asked = [shlex.split(step) for step in line.split("&&")]

    assert [step[:2] for step in asked] == [["python3", "manage.py"]] * 3
    assert [step[2] for step in asked] == ["prepare_database", "migrate", "collectstatic"]
    assert {step[2] for step in asked} <= set(get_commands())


@pytest.mark.parametrize(("name", "program"), [("worker", worker), ("beat", beat)])
def test_worker_and_timetable_are_started_as_the_supervisor_does(name: str, program: Any):
    argv = SERVICES[name]["command"]

    assert argv[:4] == ["celery", "-A", "config", name] == supervised(name)[:4]
    assert pairs(argv) <= pairs(supervised(name))
    known = {option for parameter in program.params for option in parameter.opts}
    assert {option[0] for option in pairs(argv[4:])} <= known


def test_the_image_serves_as_the_supervisor_does_but_to_every_address():
    command, ours = image_command(), supervised("web")

    assert "command" not in SERVICES["web"]
    assert command[:2] == ours[:2] == ["gunicorn", "config.wsgi:application"]
    assert pairs(command) - pairs(ours) == {("--bind", "0.0.0.0:8000")}
    assert Config().parser().parse_args(command[1:]).timeout == 120
    assert SERVICES["web"]["ports"] == ["127.0.0.1:8000:8000"], "the machine itself only"


def test_the_database_logs_no_more_of_people_than_a_private_one():
    flags = SERVICES["postgres"]["command"]
    assert flags[::2] == ["-c"] * (len(flags) // 2)

    given = dict(flag.split("=", 1) for flag in flags[1::2])

    assert given.items() <= postgres.SETTINGS.items()
    assert {"log_min_error_statement", "log_error_verbosity"} <= set(given)
    assert SERVICES["prepare"]["environment"]["DATABASE_URL"].startswith("postgres://onroll_owner:")
    assert SERVICES["postgres"]["environment"]["POSTGRES_USER"] == "onroll_owner"


def test_what_is_waited_for_and_mounted_is_declared():
    for name, service in SERVICES.items():
        for other, wanted in service.get("depends_on", {}).items():
            assert other in SERVICES, name
            if wanted["condition"] == "service_healthy":
                assert SERVICES[other]["healthcheck"]["test"][0] == "CMD", other
        for volume in service.get("volumes", []):
            assert volume.split(":")[0] in COMPOSE["volumes"], name


def test_everything_but_the_preparation_is_started_again_when_it_dies():
    again = {name for name, service in SERVICES.items() if service["restart"] == "unless-stopped"}

    assert again == set(SERVICES) - {"prepare"}
    assert SERVICES["prepare"]["restart"] == "no"


def test_the_image_installs_what_onroll_installs():
    script = (REAL / "onroll").read_text()
    wanted = script[script.index("missing_packages()") : script.index("missing_for_tests()")]
    packages = re.findall(r"printf '([^']+)'", wanted)

    installed = re.search(r"apt-get install -y --no-install-recommends(.*?)&&", DOCKERFILE)

    assert installed is not None
    its_own_container = {"redis-tools"}
    wanted_here = set(" ".join(packages).split()) - its_own_container
    assert set(installed.group(1).split()) == wanted_here
    assert "--require-hashes -r requirements.txt" in DOCKERFILE


def test_the_image_takes_no_state_and_no_secret_of_ours_along():
    left_out = (REAL / ".dockerignore").read_text().split()

    assert {"var", ".git", ".env", ".venv"} <= set(left_out)
