"""One file a version, numbered; a published one is never changed."""
