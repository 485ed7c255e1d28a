"""The bridge: two processes share plain data, call each other's objects, and trust nothing else."""
