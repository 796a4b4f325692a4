"""What the shelf and the text so far say about the next character: n-gram tables, a match model, and their mixing."""
