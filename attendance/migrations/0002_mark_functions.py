"""The database functions that alone may change marks, their view, and what waits for a sweep."""

from pathlib import Path

from django.db import migrations

FOLDER = Path(__file__).parent / "sql"
SQL = [
    (FOLDER / name).read_text(encoding="utf-8")
    for name in ("mark_functions.sql", "many_marks.sql", "unswept.sql")
]


class Migration(migrations.Migration):
    dependencies = [("attendance", "0001_initial")]
    operations = [migrations.RunSQL(SQL, reverse_sql=migrations.RunSQL.noop)]
