"""What people choose from on more than one form of referrals: key and words."""
from __future__ import annotations

WAYS = [("telephone", "Telephone"), ("text", "Text message"), ("email", "Email"), ("letter", "Letter")]
ROLES = [("key_worker", "Key Worker"), ("care_coordinator", "Care Coordinator")]
