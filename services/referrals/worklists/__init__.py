"""Lists of referrals: the worklists of the Pod's staff, and what a practitioner has to do and to know of theirs.

`filters` says which referrals are wanted, `reading` reads a page of them, `rows` and `words` say of each what is next and by
when, `counting` how many wait in each worklist, `own` what is asked of a practitioner.
"""
from services.referrals.worklists.cursor import Unknown
from services.referrals.worklists.filters import DUE, SORTS, STATES, Filters
from services.referrals.worklists.reading import listed, loads

__all__ = ["DUE", "SORTS", "STATES", "Filters", "Unknown", "listed", "loads"]
