"""What more than one service answers about people, for their OpenAPI documents."""
from __future__ import annotations

from shared.web.described import Shown, choice, one, text, texts


class NextOfKinShown(Shown):
    """Whom to ring in an emergency."""

    name = text("how they are called")
    relationship = text("who they are to the citizen", must=False)
    telephone = text("their telephone number", must=False)


class Reached(Shown):
    """How to reach a citizen, and what they need."""

    telephone = text("telephone number", null=True)
    email = text("e-mail address", null=True)
    contact_by = choice("telephone", "text", "email", "letter", description="how they wish to be contacted", null=True)
    address = text("postal address", null=True)
    contact_when = text("when they wish to be contacted, in their words", null=True)
    interpreter = text("language an interpreter is needed for", null=True)
    access_needs = text("what they need so as to take part", null=True)
    do_not = texts("what they asked us not to do")
    next_of_kin = one(NextOfKinShown, "whom to ring in an emergency")
