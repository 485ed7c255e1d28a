"""Where the class stands, as tables."""
