"""The engineers' console: an API client like any other, in a process of its own, with no rights of its own."""
