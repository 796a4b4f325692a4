"""An author in another form: a web page that writes by itself, or a graph of operations for other programs."""
