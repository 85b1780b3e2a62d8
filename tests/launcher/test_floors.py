"""Coverage floors: parts are judged by their own figures."""

from launcher import floors


def file(statements: int, covered: int, branches: int = 0, taken: int = 0) -> dict[str, object]:
    return {
        "summary": {
            "num_statements": statements,
            "covered_lines": covered,
            "num_branches": branches,
            "covered_branches": taken,
        }
    }


FILES = {
    "rules/absence.py": file(8, 8, 2, 2),
    "rules/dates.py": file(7, 6, 3, 1),
    "cases/views.py": file(80, 60),
}


def test_a_part_at_its_floor_holds_and_one_below_fails():
    held, held_below = floors.compare(FILES, [{"name": "r", "paths": ["rules/*"], "percent": 85}])
    _, failed_below = floors.compare(FILES, [{"name": "r", "paths": ["rules/*"], "percent": 86}])

    assert not held_below
    assert "85.00 %" in held[0], "17 of 20 lines and branches"
    assert failed_below


def test_a_good_part_does_not_lift_a_bad_one():
    wanted = [
        {"name": "everything", "paths": ["*"], "percent": 70},
        {"name": "views", "paths": ["*/views.py"], "percent": 76},
    ]

    lines, below = floors.compare(FILES, wanted)

    assert below
    assert "at least" in lines[0]
    assert "below" in lines[1]


def test_a_pattern_that_finds_no_file_fails():
    _, below = floors.compare(FILES, [{"name": "gone", "paths": ["gone/*"], "percent": 1}])

    assert below
