"""The typed client of the API, for the console, the command line and the demo."""
