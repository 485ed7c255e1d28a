"""Any course of nbgrader's, without a table of modules: its own autograder with this engine in it."""
