"""Genuine producers in Python and Java, each a program that sends the lines of its input."""
