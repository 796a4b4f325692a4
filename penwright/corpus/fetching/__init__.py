"""Networks -> files: books of Project Gutenberg and of datasets, fetched politely and recorded."""
