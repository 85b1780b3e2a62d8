"""What PostgreSQL itself must enforce, applied to every table after each migration.

For each tenant table (one with an `authority` key): row-level security enabled and forced, a
policy, a unique key (authority_id, id), and composite foreign keys so that no row can point into
another authority. For every table: the application's grants. Append-only tables refuse UPDATE
and DELETE whoever asks. A model says what it needs with these class attributes:

append_only = True          INSERT and SELECT only
written_by_functions = True SELECT only; database functions of the owner write it
tenant_policy = "SQL"       the rows to be seen, where `authority_id` alone does not say it
tenant_check = "SQL"        the rows that may be written, where those to be seen are more
"""

from typing import Any

from django.apps import apps
from django.db import connections, models
from django.db.backends.utils import truncate_name

APP_ROLE = "onroll_app"
IN_SCOPE = (
    "authority_id = ANY ((SELECT coalesce(string_to_array(nullif(current_setting("
    "'onroll.authorities', true), ''), ','), '{}')::bigint[])::bigint[])"
)
NO_CHANGE = """
CREATE OR REPLACE FUNCTION onroll_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% keeps every row as it was written', TG_TABLE_NAME;
END $$
"""


def tenant_models() -> list[type[models.Model]]:
    """Every model with an `authority` key, Authority's own relations included."""
    return [model for model in apps.get_models() if model._meta.managed and is_tenant(model)]


def is_tenant(model: type[models.Model]) -> bool:
    """Whether the model's rows belong to an authority."""
    return any(field.name == "authority" for field in model._meta.concrete_fields)


def prepare(using: str = "owner") -> None:
    """Make the application's role where it is missing. Only an operator lets it sign in."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [APP_ROLE])
        if not cursor.fetchone():
            cursor.execute(f"CREATE ROLE {APP_ROLE} NOLOGIN NOSUPERUSER NOBYPASSRLS")
        cursor.execute("SELECT pg_has_role(current_user, %s, 'MEMBER')", [APP_ROLE])
        if not cursor.fetchone()[0]:
            cursor.execute(f"GRANT {APP_ROLE} TO current_user")


def apply(using: str = "owner") -> None:
    """Bring every table to the rules above. Does nothing where they already hold."""
    with connections[using].cursor() as cursor:
        cursor.execute(f"GRANT USAGE ON SCHEMA public TO {APP_ROLE}")
        cursor.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {APP_ROLE}")
        cursor.execute(NO_CHANGE)
        for model in apps.get_models(include_auto_created=True):
            if model._meta.managed and not model._meta.proxy:
                grant(cursor, model)
        for model in tenant_models():
            secure(cursor, model)
        for model in tenant_models():
            join_within_authority(cursor, model)


def grant(cursor: Any, model: type[models.Model]) -> None:
    """Give the application's role what the model allows, and no more."""
    table = model._meta.db_table
    verbs = "SELECT, INSERT, UPDATE, DELETE"
    if getattr(model, "append_only", False):
        verbs = "SELECT, INSERT"
        cursor.execute(
            f'CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE ON "{table}"'
            " FOR EACH ROW EXECUTE FUNCTION onroll_append_only()"
        )
    if getattr(model, "written_by_functions", False):
        verbs = "SELECT"
    cursor.execute(f'REVOKE ALL ON "{table}" FROM {APP_ROLE}')
    cursor.execute(f'GRANT {verbs} ON "{table}" TO {APP_ROLE}')


def secure(cursor: Any, model: type[models.Model]) -> None:
    """Force row-level security with the model's policy, replaced only when it changed."""
    table = model._meta.db_table
    rows = getattr(model, "tenant_policy", IN_SCOPE)
    check = getattr(model, "tenant_check", rows)
    rule = f"USING ({rows}) WITH CHECK ({check})"
    cursor.execute(
        "SELECT c.relrowsecurity AND c.relforcerowsecurity, obj_description(p.oid, 'pg_policy')"
        " FROM pg_class c LEFT JOIN pg_policy p ON p.polrelid = c.oid AND p.polname = 'tenant'"
        " WHERE c.oid = %s::regclass",
        [f'"{table}"'],
    )
    if cursor.fetchone() == (True, rule):
        return
    cursor.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY')
    cursor.execute(f'DROP POLICY IF EXISTS tenant ON "{table}"')
    cursor.execute(f'CREATE POLICY tenant ON "{table}" {rule}')
    cursor.execute(f'COMMENT ON POLICY tenant ON "{table}" IS %s', [rule])


def join_within_authority(cursor: Any, model: type[models.Model]) -> None:
    """A composite foreign key for each relation between two tenant tables."""
    table = model._meta.db_table
    for field in model._meta.concrete_fields:
        target = field.related_model if isinstance(field, models.ForeignKey) else None
        if target is None or target is models.Model or not is_tenant(target):
            continue
        unique_in_authority(cursor, target)
        name = truncate_name(f"{table}_{field.column}_same_authority", 63)
        if not has_constraint(cursor, table, name):
            cursor.execute(
                f'ALTER TABLE "{table}" ADD CONSTRAINT "{name}"'
                f' FOREIGN KEY (authority_id, "{field.column}")'
                f' REFERENCES "{target._meta.db_table}" (authority_id, id)'
                " DEFERRABLE INITIALLY DEFERRED"
            )


def unique_in_authority(cursor: Any, model: type[models.Model]) -> None:
    """The key (authority_id, id) that composite foreign keys point at."""
    table = model._meta.db_table
    name = truncate_name(f"{table}_id_in_authority", 63)
    if not has_constraint(cursor, table, name):
        cursor.execute(f'ALTER TABLE "{table}" ADD CONSTRAINT "{name}" UNIQUE (authority_id, id)')


def has_constraint(cursor: Any, table: str, name: str) -> bool:
    """Whether the table has a constraint of that name."""
    cursor.execute(
        "SELECT 1 FROM pg_constraint WHERE conrelid = %s::regclass AND conname = %s",
        [f'"{table}"', name],
    )
    return cursor.fetchone() is not None
