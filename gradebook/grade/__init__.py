"""Grading submissions: restoring, running, judging and recording them."""
