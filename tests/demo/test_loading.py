"""What the importer may say of the demo's own files."""

from datetime import date
from types import SimpleNamespace

import pytest

from demo import loading
from tests.demo.test_casework import NOW


@pytest.fixture(name="file")
def a_file(monkeypatch):
    """A file that the importer holds for a person."""
    first = SimpleNamespace(line=3, reason="N is old.")
    problems = SimpleNamespace(order_by=lambda _: SimpleNamespace(first=lambda: first))
    outcome = SimpleNamespace(
        batch=SimpleNamespace(state="held", problems=problems), sentence="The file is held."
    )
    answers = {
        "opening_of": lambda *_: None,
        "suggested": lambda *_: None,
        "import_file": lambda **_: outcome,
    }
    monkeypatch.setattr(loading, "imports", SimpleNamespace(**answers))
    monkeypatch.setattr(loading, "replace", lambda *_, **__: None)
    school = SimpleNamespace(urn="990001", dates="%d/%m/%Y")
    return SimpleNamespace(name="marks.csv", school=school, content=b"", layout="week")


@pytest.fixture(name="made")
def a_world():
    return SimpleNamespace(
        schools={"990001": SimpleNamespace(authority=None)},
        world=SimpleNamespace(today=date(2026, 11, 17)),
    )


def test_the_first_files_must_be_taken(made, file):
    with pytest.raises(loading.NotTaken, match=r"held\. Line 3: N is old"):
        loading._take(made, file, None, now=NOW, may_wait=False)


def test_a_second_file_may_be_held_for_a_person(made, file):
    loading._take(made, file, None, now=NOW, may_wait=True)
