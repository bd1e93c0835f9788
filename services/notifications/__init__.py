"""Tells people what happened, by rules staff can read and change; owns who was told what, when, why, and what
became of it (N-01 to N-07). It asks nobody anything: whom to tell stands in each event.
"""
