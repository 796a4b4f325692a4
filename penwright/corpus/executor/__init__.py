"""Tasks on several processes, which return freed memory to the operating system."""
