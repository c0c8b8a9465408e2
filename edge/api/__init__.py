"""The API: REST under /api/v1, a web socket of the journal, and what operators' tools read (/metrics, /livez, /readyz)."""
