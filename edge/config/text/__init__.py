"""The text of the folder's files: YAML to values that know their place, findings, and values changed in it."""
