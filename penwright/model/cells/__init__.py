"""The recurrences, one a file, each in two forms that tests hold equal: a step and a sequence."""
