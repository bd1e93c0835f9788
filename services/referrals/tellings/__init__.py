"""Telling a citizen who referred themself what happened, and writing down when and how they were told, or why not (R-11)."""
