"""Siemens S7: polls the memory of a PLC. See README.md."""
