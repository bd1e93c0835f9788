"""Statements, what is owed to the world because of them, and the one path by which they are written."""
