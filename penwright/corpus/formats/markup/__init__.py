"""HTML and XML -> text: parsed safely, laid out as lines and paragraphs."""
