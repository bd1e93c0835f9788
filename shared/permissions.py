"""Who may do what: one table, asked by commands in the domain and by pages alike."""
from __future__ import annotations

from collections.abc import Iterable

ROLES: dict[str, frozenset[str]] = {
    "practitioner": frozenset({"referral:send", "referral:read-own", "referral:withdraw-own", "journey:read-own"}),
    "worker": frozenset({
        "referral:send", "referral:send-self", "referral:read", "referral:triage", "referral:withdraw", "referral:correct", "directory:read",
        "journey:read", "journey:write", "journey:correct", "notification:read",
    }),
    "manager": frozenset({
        "referral:send", "referral:send-self", "referral:read", "referral:triage", "referral:withdraw", "referral:correct", "referral:accept", "referral:decline",
        "referral:allocate", "directory:read", "directory:write", "journey:read", "journey:write", "journey:correct", "notification:read",
        "notification:rules", "notification:settle",
    }),
    "panel": frozenset({"application:read"}),
    "cafe": frozenset({"cafe:write"}),
    "operations": frozenset({"operations:read", "operations:write", "notification:read", "notification:settle"}),
    "publisher": frozenset({"event:publish"}),
}

#: Roles nobody signs in with: whoever opens the public form.
UNSIGNED: dict[str, frozenset[str]] = {"citizen": frozenset({"referral:send-self", "referral:withdraw-self", "referral:write-self"})}


def may(roles: Iterable[str], action: str) -> bool:
    """Say whether any of `roles` may do `action`; unknown roles may do nothing."""
    return any(action in ROLES.get(role, UNSIGNED.get(role, frozenset())) for role in roles)
