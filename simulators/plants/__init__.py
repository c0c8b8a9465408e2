"""Complete plant folders, for the demonstration and to copy from; no code."""
