"""Who looked at which referral, when, and at what of it; also who asked for one that is not theirs to see.

`noting` writes a look down before the answer leaves, for every view that finds a referral by `services.referrals.api.found_or_404`
and for every list in which staff found somebody by name or NHS number; what cannot be written down is not shown. `reading` gives what is on record.
"""
