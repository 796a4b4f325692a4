"""Many clients answered by one author: an engine that writes for all of them at once, and the server before it."""
