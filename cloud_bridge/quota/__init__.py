"""What the collaboration cloud counts: what was used, what may be used by whom, and until when it lasts."""
