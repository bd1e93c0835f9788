"""Entries of the directory, as they are answered."""
from __future__ import annotations

from shared.schemas.directory import KINDS, POD_ROLES
from shared.web.described import Shown, choice, choices, day, id_of, many, moment, number, text, texts, yes_no


class MemberShown(Shown):
    """Somebody who works with citizens: a practitioner, or staff of the Pod."""

    id = id_of("id of the member, for ever the same for one e-mail address")
    email = text("work e-mail address", example="amara.osei@cmhwt.example")
    name = text("full name; may be empty of somebody only seen")
    kind = choice(*KINDS, description="staff of the Pod, or a practitioner of another organisation")
    job = text("what they do, in words", null=True)
    roles = choices(*POD_ROLES, description="what Pod staff do; empty for a practitioner")
    team = text("the name their team goes by", null=True)
    telephone = text("work telephone number", null=True)
    from_on = day("the first day they are here")
    left_on = day("the first day they are no longer here")
    state = choice("seen", "confirmed", "left", description="seen: named by a referral or a sign-in, and confirmed by nobody yet")
    changed_at = moment("when it was changed last, UTC")
    working_with = number("citizens they work with now as development worker (R-01); null of who is none", null=True)


class MemberWhole(MemberShown):
    """A member, with the work that rests on them."""

    referrals_under_way = number("referrals under way that name them")


class TeamShown(Shown):
    """A team practitioners belong to."""

    id = id_of("id of the team")
    name = text("the name it goes by")
    also = texts("other names of the same team")
    organisation = text("the organisation it is part of", null=True)
    telephone = text("its telephone number", null=True)
    email = text("its e-mail address", null=True)
    active = yes_no("false: it is no longer there, and nobody joins it")
    changed_at = moment("when it was changed last, UTC")


class FieldChanged(Shown):
    """One field of an entry that was changed."""

    field = text("name of the field")
    before = text("what it was, in words; empty where nothing was said")
    after = text("what it became; empty where nothing is said")


class EntryChanged(Shown):
    """What one person changed of an entry at once."""

    version = number("the version it made of the entry")
    at = moment("when, UTC")
    by = text("name of who changed it")
    changes = many(FieldChanged, "each field that changed")
