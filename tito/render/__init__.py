"""What the student's commands show: pure functions from values to text."""
