"""From logits to a text: the next character drawn, one after another, until the text should end."""
