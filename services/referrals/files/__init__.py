"""The vault in which uploaded documents live, and their way in and out.

In: `upload.takes_file` (what kind of file, is it clean, seal it) holds a file for whoever sent it; in the view's own
transaction `records.claim` makes it a draft's or a referral's. Out: `upload.send`. Nothing here knows what a referral is.
"""
