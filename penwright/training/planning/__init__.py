"""A time -> a size of network, and what to expect of it."""
