"""What a passed check is worth: the course's own checks, tried on code that is wrong or right otherwise."""
