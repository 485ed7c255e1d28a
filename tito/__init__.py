"""The command line of the course, and the pure functions it is made of."""
