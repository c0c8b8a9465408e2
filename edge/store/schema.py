"""The version of a database: brought up to date when it is opened, refused when it is newer than this program."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from edge.model.errors import StoreError

#: The newest migration in `migrations/versions`; a test compares.
VERSION = "0003"

MIGRATIONS = Path(__file__).with_name("migrations")


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


def migrate(connection: Connection) -> None:
    """Bring the database to VERSION within the transaction under way: all of it or nothing."""
    # Imported late: Alembic costs half a second, and most starts have nothing to migrate.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, VERSION)
