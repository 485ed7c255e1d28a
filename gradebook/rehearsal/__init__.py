"""Trying the course before a class does: planted solutions, quick runs, the demo class."""
