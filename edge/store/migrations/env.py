"""What Alembic runs: the migrations, on the connection and within the transaction it was handed."""

from __future__ import annotations

from alembic import context

from edge.store.tables import metadata

if context.is_offline_mode():
    # `alembic upgrade --sql`: prints the statements for another dialect, which is how the hub's SQL is checked.
    context.configure(dialect_name=context.config.get_main_option("dialect"), target_metadata=metadata, literal_binds=True)
else:
    context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
