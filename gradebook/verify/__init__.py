"""The verifier: the process that holds the tests, and judges what the student's process answers."""
