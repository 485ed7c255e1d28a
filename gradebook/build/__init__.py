"""From authored text to what students get: source notebooks, releases, the reference package."""
