"""Drafts: a referral while it is being written, a short page at a time, until it is sent or has had its time.

The steps are data (`practitioner_steps`, `citizen_steps`); everything else asks them what to show, what to keep and what to judge.
A draft is seen by nobody but whoever writes it. It holds names, so erasing a person includes it (X-06).
"""
