"""The page's own files, which are served as they stand: HTML, a style sheet and JavaScript modules."""
