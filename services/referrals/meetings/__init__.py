"""The introductory meeting as people arrange it: saying when one can, offering, moving and calling off, and the invitation (R-07, R-08).

What may be done is decided in `services.referrals.meeting`; here are its pages and the calendar invitation.
"""
