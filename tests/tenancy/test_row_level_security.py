"""The database's own net, proved alone: no view, door or queryset of ours takes part."""

import pytest
from django.apps import apps
from django.db import IntegrityError, ProgrammingError, connection, models, transaction
from django.db.utils import InternalError

from attendance.models import Enrolment, Pupil
from audit.models import Event
from audit.record import Kind, record
from authorities.database_rules import APP_ROLE, is_tenant, tenant_models
from authorities.models import Membership, School
from authorities.tenancy import scope, scoped_authority_ids
from tests import factories

TABLES = [model._meta.db_table for model in tenant_models()]


def rows(sql: str, *values: object) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


def test_there_are_tenant_tables_to_check():
    assert len(TABLES) >= 20


@pytest.mark.parametrize("table", TABLES)
def test_row_level_security_is_on_and_forced(db, table):
    found = rows(
        "SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = %s::regclass", table
    )

    assert found == [(True, True)]


def test_every_table_with_an_authority_column_is_a_tenant_table(db):
    with_column = rows(
        "SELECT table_name FROM information_schema.columns"
        " WHERE column_name = 'authority_id' AND table_schema = 'public'"
        " AND table_name IN (SELECT tablename FROM pg_tables)"
    )

    assert {name for (name,) in with_column} == set(TABLES)


def test_the_application_is_a_role_that_owns_and_bypasses_nothing(db):
    assert rows("SELECT current_user") == [(APP_ROLE,)]
    assert rows("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user") == [
        (False, False)
    ]
    assert rows("SELECT 1 FROM pg_class WHERE relowner = current_user::regrole") == []
    assert rows("SELECT has_schema_privilege('public', 'CREATE')") == [(False,)]


@pytest.mark.parametrize("table", TABLES)
def test_the_application_cannot_truncate(db, table):
    assert rows("SELECT has_table_privilege(%s, 'TRUNCATE')", table) == [(False,)]


@pytest.mark.parametrize(
    "table", [m._meta.db_table for m in tenant_models() if getattr(m, "append_only", False)]
)
@pytest.mark.parametrize("verb", ["UPDATE", "DELETE"])
def test_history_can_only_grow(db, table, verb):
    assert rows(f"SELECT has_table_privilege(%s, '{verb}')", table) == [(False,)]


@pytest.mark.parametrize("table", TABLES)
def test_without_a_scope_nothing_is_seen(cast, table):
    with scope([]):
        assert rows(f'SELECT count(*) FROM "{table}"') == [(0,)]


def test_a_scope_sees_its_own_authority_and_no_other(cast):
    with scope([cast.northmoor.pk]):
        seen = set(School.objects.values_list("authority__code", flat=True))

    assert seen == {"990"}


def test_two_authorities_are_seen_together_when_both_are_named(cast):
    with scope(cast.ids):
        seen = set(School.objects.values_list("authority__code", flat=True))

    assert seen == {"990", "991"}


def test_a_row_for_another_authority_is_refused(cast):
    refused = pytest.raises(ProgrammingError, match="row-level security")

    with scope([cast.northmoor.pk]), refused, transaction.atomic():
        factories.school(cast.southvale)


def test_a_row_cannot_be_moved_to_another_authority(cast):
    refused = pytest.raises(ProgrammingError, match="row-level security")

    with scope([cast.northmoor.pk]), refused, transaction.atomic():
        School.objects.filter(pk=cast.hillside.pk).update(authority=cast.southvale)


def test_a_row_cannot_point_into_another_authority(cast):
    foreign = factories.pupil(cast.southvale)

    with pytest.raises(IntegrityError, match="same_authority"), transaction.atomic():
        Enrolment.objects.create(
            authority=cast.northmoor, school=cast.hillside, pupil=foreign, starts_on="2026-09-01"
        )
        connection.check_constraints()


def relations() -> list[tuple[str, str]]:
    """Every relation from one tenant table to another, as (table, column)."""
    return [
        (model._meta.db_table, field.column)
        for model in apps.get_models()
        if is_tenant(model)
        for field in model._meta.concrete_fields
        if isinstance(field, models.ForeignKey) and is_tenant(field.related_model)
    ]


@pytest.mark.parametrize(("table", "column"), relations())
def test_each_relation_stays_inside_its_authority(db, table, column):
    found = rows(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE conrelid = %s::regclass AND contype = 'f' AND pg_get_constraintdef(oid) LIKE %s",
        table,
        f"FOREIGN KEY (authority_id, {column}) REFERENCES %",
    )

    assert len(found) == 1


def test_the_scope_ends_with_its_transaction(live_cast):
    with scope([live_cast.northmoor.pk]):
        assert School.objects.exists()

    assert not School.objects.exists()
    assert scoped_authority_ids() == frozenset()


def test_the_scope_ends_after_an_error(live_cast):
    with pytest.raises(RuntimeError), scope([live_cast.northmoor.pk]):
        raise RuntimeError

    assert not Pupil.objects.exists()


def test_a_scope_inside_another_gives_the_former_back(cast):
    with scope([cast.northmoor.pk]):
        with scope([cast.southvale.pk]):
            assert scoped_authority_ids() == {cast.southvale.pk}
        assert scoped_authority_ids() == {cast.northmoor.pk}


def test_a_person_sees_their_own_memberships_without_an_authority(cast):
    with scope([], user_id=cast.officer.pk):
        seen = set(Membership.objects.values_list("user_id", flat=True))

    assert seen == {cast.officer.pk}


def test_an_authority_sees_the_trust_people_who_reach_its_schools(cast):
    with scope([cast.northmoor.pk]):
        seen = Membership.objects.filter(role="trust lead").count()

    assert seen == 1


def test_an_event_cannot_be_changed_even_by_the_owner(cast):
    event = record(Kind.PUPIL_READ, by=cast.officer, authority=cast.northmoor, on=cast.pupil)

    with pytest.raises((ProgrammingError, InternalError)), transaction.atomic():
        Event.objects.filter(pk=event.pk).update(kind="nothing")


def test_functions_that_run_as_the_owner_are_on_the_list(db):
    definers = rows(
        "SELECT proname FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace"
    )

    assert {name for (name,) in definers} <= {
        "audit_link_event",
        "onroll_amend_mark",
        "onroll_hold_marks",
        "onroll_record_marks",
        "onroll_refresh_statistics",
        "onroll_restore_marks",
        "onroll_save_register",
        "onroll_undo_batch",
    }
