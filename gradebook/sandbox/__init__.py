"""Walls round student code: what it may touch, how they are built, and the proof that they stand."""
