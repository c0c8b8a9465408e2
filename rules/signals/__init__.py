"""The signals, a file a class: what a rule compares when it is not the tag itself."""
