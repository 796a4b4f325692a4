"""The command line: each command parses, calls the library and prints, in a file of its own.

Only `app.py` and `options.py` know the parsing library. Nothing here imports torch before a command needs it.
"""
