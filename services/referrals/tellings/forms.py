"""The form on which it is written down that a citizen was told."""
from __future__ import annotations

from typing import Any

from services.referrals.telling import WAYS, WHY_NOT
from shared.web.forms import CheckboxesField, DateField, Form, RadioField

#: Before the code of why somebody was not told, where a box offers both.
NOT = "not:"
HOW = [*WAYS.items(), *((NOT + code, f"They were not told: {words[:1].lower()}{words[1:]}") for code, words in WHY_NOT.items())]


class ToldForm(Form):
    """What of it they were told, how or why not, and when."""

    what = CheckboxesField("What were they told?", validate_choice=False)
    how = RadioField("How were they told?", choices=HOW, validate_choice=False)
    on = DateField("When?", what="The day")


def given(form: Any) -> dict[str, Any]:
    """Give what was filled in as the API takes it."""
    how = form.how.data if form.how.data in dict(HOW) else ""
    said = {"why_not": how.removeprefix(NOT)} if how.startswith(NOT) else {"way": how} if how else {}
    return {**said, "what": form.what.data or [], **({"on": form.on.data.isoformat()} if form.on.data else {})}
