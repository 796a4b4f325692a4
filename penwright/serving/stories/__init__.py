"""Stories that a person and an author write together, kept on disk so that no acknowledged character is lost."""
