"""The language of a text, told by its own words."""
