"""The documents of a referral: adding one with its file, taking one out, reading its file, and how each stands (R-06).

The vault in which the files lie is `services.referrals.files`; that a document is here, and of which day, is said in the
referral's statements.
"""
