"""The command line: one file a command, each of which parses, calls the library and prints.

`app.py` is the only file that knows the parsing library. Nothing here imports torch before a command needs it.
"""
