"""The one database: inbox, journal, outbox and what a restart needs, in SQLite. Start reading at `store.py`."""
