"""Text -> text: licences cut, lines joined to paragraphs, white space made one."""
