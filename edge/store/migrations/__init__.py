"""How the tables came to be what `edge/store/tables.py` says; run by Alembic, see `edge/store/schema.py`."""
