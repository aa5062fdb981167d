"""The live board: a page of static files, a stream of events that moves it, and the last 24 hours."""
