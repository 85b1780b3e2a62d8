"""The database functions that alone may change marks, and the view that shows them as rows."""

from pathlib import Path

from django.db import migrations

SQL = (Path(__file__).parent / "sql" / "mark_functions.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("attendance", "0001_initial")]
    operations = [migrations.RunSQL([SQL], reverse_sql=migrations.RunSQL.noop)]
