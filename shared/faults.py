"""What stops a start: something a person wrote that cannot be used. Knows nothing, so that everybody may know it."""
from __future__ import annotations


class BrokenDefinition(Exception):
    """A file of definitions that cannot be used; its message names file, line and reason."""
