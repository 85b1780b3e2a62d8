"""A fault that carries a family's data leaves none of it in a log."""

import logging
import logging.config
import sys

import pytest
from django.db import DataError, IntegrityError, connection, transaction

from attendance.models import Pupil
from config.logging import settings
from tests import factories
from tests.owner import owner_cursor

SECRET = "Quillfeather"
UPN = "A999000000001"


def logged(problem: BaseException) -> str:
    """The line that our formatter makes of a fault."""
    formatter = logging.config.DictConfigurator(settings(level="INFO")).configure_formatter(
        settings(level="INFO")["formatters"]["json"]
    )
    record = logging.LogRecord(
        "django.request", logging.ERROR, "x.py", 1, f"It failed: {problem}", (), None
    )
    record.exc_info = (type(problem), problem, problem.__traceback__)
    return formatter.format(record)


def test_a_row_that_the_database_refuses_is_not_in_the_log(cast):
    adult = factories.adult(cast.pupil, surname=SECRET)
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        type(adult).objects.filter(pk=adult.pk).update(surname=None)

    line = logged(caught.value)

    assert SECRET not in line
    assert "null value" in line


def test_a_key_that_is_taken_is_not_in_the_log(cast):
    factories.pupil(cast.northmoor, upn=UPN)
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        factories.pupil(cast.northmoor, upn=UPN)

    line = logged(caught.value)

    assert UPN not in line
    assert "duplicate key" in line


def test_a_query_that_fails_is_not_in_the_log(cast):
    with pytest.raises(DataError) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SELECT '{SECRET}', 'x'::integer")
    assert SECRET in str(caught.value)

    line = logged(caught.value)

    assert SECRET not in line
    assert "invalid input syntax" in line


def test_what_stands_before_and_after_the_values_stays():
    try:
        try:
            raise ValueError(
                "new row violates check\nDETAIL:  Failing row contains (1, Quill\nRow)."
            )
        except ValueError as first:
            raise RuntimeError("the second fault") from first
    except RuntimeError:
        problem = sys.exc_info()[1]
    assert problem is not None

    line = logged(problem)

    assert "Quill" not in line
    assert "new row violates check" in line
    assert "the second fault" in line


def test_the_private_database_logs_no_statement_and_no_row():
    with owner_cursor() as cursor:
        cursor.execute("SHOW log_min_error_statement")
        assert cursor.fetchone() == ("panic",)
        cursor.execute("SHOW log_error_verbosity")
        assert cursor.fetchone() == ("terse",)


def test_a_pupil_shows_no_name_in_words():
    pupil = Pupil(reference="ABCDEFGHJK", forenames=SECRET, surname=SECRET)

    assert SECRET not in str(pupil)
    assert SECRET not in repr(pupil)
