"""Building the course's assignments and grading a class, with nbgrader as the system of record."""
