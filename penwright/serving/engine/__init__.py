"""The engine behind the server: requests join and leave between steps, and each text is its own. Knows no HTTP."""
