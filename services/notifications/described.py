"""A message as the API of notifications answers it: made by this shape, and described by it in the OpenAPI document."""
from __future__ import annotations

from marshmallow import fields

from services.notifications import held
from services.notifications.channels import STATES
from shared.web import described as say


def _moment(words: str, *, null: bool = True) -> fields.AwareDateTime:
    return fields.AwareDateTime(required=True, allow_none=null, metadata={"description": words})


class Notification(say.Shown):
    """One message to one recipient by one rule about one event."""

    id = say.id_of("id of the message")
    event_id = say.text("id of the event it is about")
    about = say.text("what the event is about; what corrects it later is about the same")
    rule = say.text("id of the rule that says who is told (N-01)", example="referral-received")
    recipient = say.text("e-mail address")
    channel = say.text("how it goes out")
    state = say.choice(*STATES, description="superseded: a later one about the same went out; held: it may have gone out before a "
                                            "restore; settled: somebody found that it had")
    subject = say.text("subject line")
    text = say.text("the message")
    created_at = _moment("when it was written, UTC", null=False)
    sent_at = _moment("when it was sent, UTC; null before")
    why = say.text("why it was not sent, where it was not", null=True)
    settled_at = _moment("when somebody decided about it, UTC")
    settled_by = say.text("e-mail address of who decided", null=True)
    settled_how = say.choice(*held.ACTS.values(), description="what was decided", null=True)
    correction_of = say.id_of("id of the message this one corrects", null=True)


NotificationPage = say.page_of(Notification)
