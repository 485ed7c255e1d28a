"""What the instructor's commands show on a terminal."""
