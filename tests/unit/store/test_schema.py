"""The migrations make what the code expects, on SQLite and on PostgreSQL; a database from elsewhere is refused."""

from __future__ import annotations

import io
import sqlite3
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.dialects import postgresql

from edge.crash import SimulatedCrash, crash_at, hooked
from edge.model.errors import StoreError
from edge.store import outbox_sql
from edge.store.database import FILE, Database, open_database
from edge.store.schema import MIGRATIONS, VERSION
from edge.store.store import open_store
from edge.store.tables import metadata
from tests.store_rows import AGENT, SITE, T0


def statements_of(database: Database) -> set[str]:
    with database.reading() as connection:
        return set(connection.execute(text("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")).scalars())


def test_the_migrations_make_the_tables_that_the_code_knows_and_a_database_in_memory_has(tmp_path: Path) -> None:
    on_disk, in_memory = open_database(tmp_path), open_database(None)
    with on_disk.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    migrated, direct = statements_of(on_disk), statements_of(in_memory)
    on_disk.close()

    def words(statements: set[str]) -> set[str]:
        return {" ".join(statement.split()).replace("( ", "(").replace(" )", ")") for statement in statements}

    assert {sql for sql in words(migrated) if "alembic_version" not in sql} == words(direct)


def test_the_newest_migration_is_the_version_that_the_code_names() -> None:
    assert ScriptDirectory(str(MIGRATIONS)).get_heads() == [VERSION]


def test_the_migrations_speak_postgresql_too() -> None:
    config = Config(output_buffer=io.StringIO())
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("dialect", "postgresql")
    command.upgrade(config, "head", sql=True)
    statements = config.output_buffer.getvalue()
    assert all(f"CREATE TABLE {table} (" in statements for table in metadata.tables)
    assert "sequence BIGSERIAL NOT NULL" in statements
    assert "WHERE settled_at IS NULL" in statements


def test_the_statements_of_the_outbox_speak_postgresql_too() -> None:
    names = [name for name in vars(outbox_sql) if name.isupper() and not name.startswith("_")]
    assert len(names) > 10
    for name in names:
        assert str(getattr(outbox_sql, name).compile(dialect=postgresql.dialect()))


def test_a_database_from_a_newer_andon_is_refused_with_its_version(tmp_path: Path) -> None:
    open_store(tmp_path, site=SITE, agent=AGENT, now=T0).close()
    with sqlite3.connect(tmp_path / FILE) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0017'")
    with pytest.raises(StoreError, match=f"the database has version 0017, this program knows versions up to {VERSION}"):
        open_store(tmp_path, site=SITE, agent=AGENT, now=T0)


def test_somebody_elses_database_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / FILE) as connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")
    with pytest.raises(StoreError, match=r"not a database of Andon \(its tables: recipes"):
        open_store(tmp_path, site=SITE, agent=AGENT, now=T0)
    with sqlite3.connect(tmp_path / FILE) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("recipes",)]


def test_a_migration_that_a_crash_cuts_short_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(SimulatedCrash), hooked(crash_at("before_migrate_commit")):
        open_store(tmp_path, site=SITE, agent=AGENT, now=T0)
    assert not (tmp_path / FILE).exists()
    store = open_store(tmp_path, site=SITE, agent=AGENT, now=T0)
    assert store.epoch == 1
    store.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["agent.lock", FILE]
