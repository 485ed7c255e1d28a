"""The student's process: a shell that runs cells as a kernel does, and what the grader hears of it."""
