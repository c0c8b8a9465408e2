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
from sqlalchemy import create_engine, text
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


def to_version(path: Path, version: str) -> None:
    """Makes a database by the migrations up to this one."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with create_engine(f"sqlite:///{path}").begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, version)


def words_of(path: Path | None) -> set[str]:
    database = Database(path)
    statements = statements_of(database)
    database.close()
    return {" ".join(statement.split()).replace("( ", "(").replace(" )", ")") for statement in statements}


def test_the_migrations_make_the_tables_that_the_code_knows_and_a_new_database_has(tmp_path: Path) -> None:
    to_version(tmp_path / "migrated.db", "head")
    migrated = Database(tmp_path / "migrated.db")
    with migrated.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    migrated.close()
    open_database(tmp_path).close()
    assert words_of(tmp_path / "migrated.db") == words_of(tmp_path / FILE) == words_of(None)


def test_a_database_of_the_first_version_is_brought_up_to_date_or_left_as_it_is_by_a_crash(tmp_path: Path) -> None:
    to_version(tmp_path / FILE, "0001")
    with pytest.raises(SimulatedCrash), hooked(crash_at("before_migrate_commit")):
        open_database(tmp_path)
    with sqlite3.connect(tmp_path / FILE) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [("0001",)]
    open_database(tmp_path).close()
    with sqlite3.connect(tmp_path / FILE) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(VERSION,)]
    assert words_of(tmp_path / FILE) == words_of(None)


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


def test_a_new_database_that_a_crash_cuts_short_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(SimulatedCrash), hooked(crash_at("before_migrate_commit")):
        open_store(tmp_path, site=SITE, agent=AGENT, now=T0)
    assert not (tmp_path / FILE).exists()
    store = open_store(tmp_path, site=SITE, agent=AGENT, now=T0)
    assert store.epoch == 1
    store.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["agent.lock", FILE]
