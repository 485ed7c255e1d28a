"""What passes between instructor and students: modules, submissions, feedback."""
