"""Text -> text: licences are cut, lines are joined to paragraphs, white space is made uniform."""
