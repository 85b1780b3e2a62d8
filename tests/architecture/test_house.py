"""What linters cannot hold."""

import ast
import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent.parent
APPS = ["attendance", "audit", "authorities", "cases", "legal", "letters", "portal", "insight"]
EDGES = {"views", "api", "tasks", "forms"}


def python_files(*folders: str) -> list[Path]:
    return sorted(
        path
        for folder in folders
        for path in (PROJECT / folder).rglob("*.py")
        if "migrations" not in path.parts
    )


def is_edge(path: Path) -> bool:
    parts = path.relative_to(PROJECT).with_suffix("").parts
    return bool(EDGES.intersection(parts[1:])) or parts[-1].split("_")[0] in EDGES


EDGE_FILES = [path for path in python_files(*APPS) if is_edge(path)]


def ids(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(PROJECT)) for path in paths]


def test_there_are_edges_to_look_at():
    assert len(EDGE_FILES) >= 15


@pytest.mark.parametrize("path", EDGE_FILES, ids=ids(EDGE_FILES))
def test_edges_ask_selectors_and_services_not_the_tables(path):
    """`.objects.none()` alone is allowed; a place's own pages read tenants, which are public."""
    text = path.read_text(encoding="utf-8")
    public = r"(Authority|Trust)\.objects"
    found = re.findall(r"\w+\.objects(?!\.none\(\))", re.sub(public, "", text))

    assert found == []


def test_no_authority_of_the_seeds_is_named_in_python():
    names = re.compile(
        r"bournemouth|christchurch|\bpoole\b|\bbcp\b|chaucer|sheffield|peterborough|\bpdet\b"
        r"|dorset|barking|dagenham",
        re.IGNORECASE,
    )
    product = python_files(*APPS, "rules", "config", "frontend", "launcher", "bench")

    named = [
        str(path.relative_to(PROJECT)) for path in product if names.search(path.read_text("utf-8"))
    ]

    assert named == []


def enqueued_names() -> set[str]:
    """The first argument of every enqueue(), jobs.start() and send_task() call that is a text."""
    names = set()
    for path in python_files(*APPS, "demo"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            called = ast.unparse(node.func)
            first = node.args[0]
            if called.endswith(("enqueue", "jobs.start")) and isinstance(first, ast.Constant):
                names.add(first.value)
    return names


def test_every_task_that_is_queued_by_name_exists():
    from config.celery import app

    app.loader.import_default_modules()
    timetable = {entry["task"] for entry in app.conf.beat_schedule.values()}

    assert (enqueued_names() | timetable) - set(app.tasks) == set()


def test_the_clock_is_read_at_the_edges_only():
    """`timezone.now` and `localdate` stand in views, tasks, commands, middleware and jobs."""
    readers = re.compile(r"timezone\.(now|localdate|localtime)\(|datetime\.now\(|date\.today\(")
    allowed = EDGES | {"management", "middleware", "jobs", "record", "templatetags", "accounts"}
    product = python_files(*APPS, "rules", "frontend")

    strays = [
        str(path.relative_to(PROJECT))
        for path in product
        if readers.search(path.read_text(encoding="utf-8"))
        and not allowed.intersection(path.relative_to(PROJECT).with_suffix("").parts)
    ]

    assert strays == []


def test_templates_never_trust_text():
    unsafe = re.compile(r"\|\s*safe\b|mark_safe|autoescape off")
    pages = [p for p in (PROJECT / "templates").rglob("*.html") if unsafe.search(p.read_text())]

    assert [str(page.relative_to(PROJECT)) for page in pages] == []


def test_the_readme_fits_on_a_screen_and_begins_with_the_two_commands():
    lines = (PROJECT / "README.md").read_text(encoding="utf-8").splitlines()

    assert len(lines) < 60
    assert "./onroll up" in "\n".join(lines[:25])
    assert "./onroll test" in "\n".join(lines[:25])
