"""`andon check`: the whole folder looked at, shown to people, to programs, and to CI as SARIF."""
