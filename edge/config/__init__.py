"""The plant folder: YAML files become one typed `Plant`, or problems that say file, line, column and what to do."""
