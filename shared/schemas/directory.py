"""What the directory of practitioners, teams and Pod staff announces; referrals keeps it."""
from __future__ import annotations

from shared.schemas.kinds import Day, Email, OneOf, Text, YesNo
from shared.schemas.people import CALL, REACH, key
from shared.schemas.registry import ours
from shared.schemas.shape import ListOf, Shape

PUBLISHER = "referrals"
KINDS = ("practitioner", "pod")
#: What Pod staff do there; the event says it so that a rule may tell "the manager" without typed addresses.
POD_ROLES = ("worker", "manager")


class MemberRecorded(Shape):
    """Somebody who works with citizens, as the directory has them; withdrawn when they are taken off it."""

    member_id = key(purpose="follows from the e-mail address: every service gives one address one id")
    email = Email(required=True, personal=REACH)
    name = Text(required=True, personal=CALL)
    kind = OneOf(*KINDS, required=True, personal="says whether the Pod or another body answers for them")
    job = Text(personal="so that others know what they may be asked")
    roles = ListOf(OneOf(*POD_ROLES), required=True, personal="says who is told of what, and who can be given a journey")
    team = Text(personal="says where they work, and so what they may refer to")
    telephone = Text(40, personal=REACH)
    from_on = Day(personal="so that nobody is written to before they are here")
    left_on = Day(personal="so that nobody is written to who is no longer here; the first day they are not")


class TeamRecorded(Shape):
    """A team practitioners belong to, under each of the names people give it."""

    team_id = key()
    name = Text(required=True)
    also = ListOf(Text(), required=True, purpose="other names the same team is called by, old ones included")
    active = YesNo(required=True, purpose="false: it is no longer there, and nobody joins it")


ours(PUBLISHER, "directory.member_recorded", MemberRecorded,
     "Somebody who works with citizens was recorded in the directory, changed in it, or left.")
ours(PUBLISHER, "directory.team_recorded", TeamRecorded, "A team was recorded in the directory, or changed in it.")
