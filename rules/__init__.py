"""The alarm engine: pure, evaluated in columns."""
