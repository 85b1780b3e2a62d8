"""Every rule can be traced to a source and to a test; every worked example is in a table."""

import re
from datetime import date
from pathlib import Path

import pytest

from rules import register
from rules.register import SOURCES, all_rules, as_markdown, marked_tests, rule, stale_sources

HERE = Path(__file__).parent

WORKED_EXAMPLES = [f"T{number:02}" for number in range(1, 62)]


def test_every_rule_has_a_known_source():
    assert {entry.source for entry in all_rules().values()} <= set(SOURCES)


def test_every_rule_has_a_marked_test():
    assert set(all_rules()) - set(marked_tests()) == set()


def test_no_test_names_a_rule_that_does_not_exist():
    assert set(marked_tests()) - set(all_rules()) == set()


def test_every_worked_example_is_a_row_under_its_own_number():
    text = "".join(path.read_text(encoding="utf-8") for path in sorted(HERE.glob("test_*.py")))

    found = set(re.findall(r'id="(T\d\d)"', text))

    assert set(WORKED_EXAMPLES) - found == set()


@pytest.mark.parametrize(
    ("code", "source", "doc"),
    [
        ("CSA-1", "EA1996/s8(2)", "A taken code."),
        ("NEW-1", "No such Act", "An unknown source."),
        ("NEW-1", "EA1996/s8(2)", ""),
        ("new one", "EA1996/s8(2)", "A code of the wrong shape."),
    ],
)
def test_a_rule_that_cannot_be_traced_does_not_import(code, source, doc):
    all_rules()

    def stated() -> None: ...

    stated.__doc__ = doc
    with pytest.raises(ValueError, match="needs a fresh code, a known source and a docstring"):
        rule(code, source=source)(stated)


def test_a_source_of_no_known_standing_is_refused(tmp_path):
    path = tmp_path / "sources.toml"
    path.write_text(
        '["X"]\ntitle = "t"\nsays = "s"\nstanding = "hearsay"\nchecked_on = 2026-01-01\nby = "b"\n'
    )

    with pytest.raises(ValueError, match="X: standing must be one of primary"):
        register.read_sources(path)


def test_a_source_is_stale_a_year_and_a_day_after_it_was_checked():
    assert stale_sources(date(2027, 11, 23)) == ()
    assert len(stale_sources(date(2027, 11, 24))) == len(SOURCES)


def test_a_mark_belongs_to_the_next_test_below_it(tmp_path):
    mark = "@pytest.mark." + 'rule("AB-1", "AB-2")'
    (tmp_path / "test_a.py").write_text(
        f"{mark}\n@other\ndef test_one():\n    ...\n\n{mark}\n# and no test follows\n"
    )

    assert marked_tests(tmp_path) == {
        "AB-1": ["test_a.py::test_one"],
        "AB-2": ["test_a.py::test_one"],
    }


def test_the_page_lists_each_rule_with_its_source_and_tests_in_number_order():
    page = as_markdown()

    assert (
        "| CSA-1 | The first day a child is of compulsory school age. | EA1996/s8(2) "
        "| `rules.compulsory_age.starts_on` | `test_compulsory_school_age_starts` |"
    ) in page
    assert page.index("| ABS-2 |") < page.index("| ABS-10 |")
    assert "### EA1996/s8(2)\n" in page


def test_the_page_can_be_made_without_the_tests():
    assert "test_" not in as_markdown({}).partition("## Sources")[0].replace("tests/rules", "")
