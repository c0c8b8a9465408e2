"""The version of a database: brought up to date when it is opened, refused when it is newer than this program."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from sqlalchemy import Column, Connection, MetaData, PrimaryKeyConstraint, String, Table, inspect, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable, ExecutableDDLElement

from edge.model.errors import StoreError
from edge.store.tables import metadata

#: The newest migration in `migrations/versions`; a test compares.
VERSION = "0003"

MIGRATIONS = Path(__file__).with_name("migrations")

#: Alembic's own.
_version = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)


def version_of(connection: Connection) -> str | None:
    """The version a database is at; None for one without tables. Raises StoreError for somebody else's database."""
    tables = inspect(connection).get_table_names()
    if not tables:
        return None
    rows = connection.execute(text("SELECT version_num FROM alembic_version")).all() if "alembic_version" in tables else []
    if len(rows) != 1:
        raise StoreError(f"this is not a database of Andon (its tables: {', '.join(sorted(tables))[:200]}): move it away")
    return str(rows[0][0])


def check_version(version: str | None) -> None:
    """Raises StoreError when the database is newer than this program."""
    if version is not None and version > VERSION:
        raise StoreError(
            f"the database has version {version}, this program knows versions up to {VERSION}: "
            "install the newer Andon again, or put back the backup made before it"
        )


def make_tables(connection: Connection) -> None:
    """Make a new database at VERSION within the transaction under way: what all migrations make together, as a test compares,
    at once."""
    for statement in _statements():
        connection.exec_driver_sql(statement)
    connection.execute(_version.insert(), {"version_num": VERSION})


@cache
def _statements() -> Sequence[str]:
    tables = [_version, *metadata.sorted_tables]
    indexes = [index for table in tables for index in sorted(table.indexes, key=lambda index: str(index.name))]
    dialect = sqlite.dialect()
    made: list[ExecutableDDLElement] = [*map(CreateTable, tables), *map(CreateIndex, indexes)]
    return [str(each.compile(dialect=dialect)) for each in made]


def migrate(connection: Connection) -> None:
    """Bring an older database to VERSION within the transaction under way: all of it or nothing."""
    # Imported late: Alembic costs half a second, and most starts have nothing to migrate.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, VERSION)
