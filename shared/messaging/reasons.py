"""Why an event is parked: a closed list, each with words for the person who has to deal with it."""
from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Why an event was parked; the value is what is stored, `words` and `help` are what is shown."""

    NOT_JSON = "not_json"
    NOT_CLOUDEVENTS = "not_cloudevents"
    BAD_TEXT = "bad_text"
    TIME_OUT_OF_RANGE = "time_out_of_range"
    ID_USED_TWICE = "id_used_twice"
    UNKNOWN_TYPE = "unknown_type"
    UNKNOWN_VERSION = "unknown_version"
    TOO_NEW = "too_new"
    INVALID_DATA = "invalid_data"
    BAD_NHS_NUMBER = "bad_nhs_number"
    TOO_LARGE = "too_large"
    NO_MESSAGE_ID = "no_message_id"
    WRONG_CONTENT_TYPE = "wrong_content_type"
    HANDLER_FAILED = "handler_failed"
    KILLS_PROCESS = "kills_process"
    DEAD_LETTERED = "dead_lettered"

    @property
    def words(self) -> str:
        """Give one sentence that says what is wrong."""
        return _WORDS[self][0]

    @property
    def help(self) -> str:
        """Give one sentence that says what to do about it."""
        return _WORDS[self][1]


class Unusable(Exception):
    """An event that cannot be used as it is: `reason` from the closed list, `words` about this one.

    `words` carry names of fields and never their values. `event_id` and `type` are None where they
    could not be read.
    """

    def __init__(self, reason: Reason, words: str, event_id: str | None = None, type: str | None = None):
        super().__init__(f"{reason}: {words}")
        self.reason = reason
        self.words = words
        self.event_id = event_id
        self.type = type


_ASK_SENDER = "Ask the sender to correct it and send it again under a new id, then discard this one."

_WORDS: dict[Reason, tuple[str, str]] = {
    Reason.NOT_JSON: ("The message is not JSON.", _ASK_SENDER),
    Reason.NOT_CLOUDEVENTS: (
        "The message is JSON but not a CloudEvent 1.0: an attribute is missing or wrong.", _ASK_SENDER),
    Reason.BAD_TEXT: ("A text in the message holds a character that cannot be stored.", _ASK_SENDER),
    Reason.TIME_OUT_OF_RANGE: (
        "The event is dated more than two hours ahead or more than two years back.",
        "Check the sender's clock. If the date is right, record the fact by hand and discard this one."),
    Reason.ID_USED_TWICE: (
        "The sender has used this id before, for something else.",
        "The first stands. Ask the sender to send this one again under its own id, then discard it."),
    Reason.UNKNOWN_TYPE: (
        "Nobody here knows an event of this name.",
        "Check the name for a slip of the pen; the known names are in docs/events.md. Otherwise discard it."),
    Reason.UNKNOWN_VERSION: ("The event is known, but this version of it never existed.", _ASK_SENDER),
    Reason.TOO_NEW: (
        "The event is of a newer version than this release knows.",
        "Nothing to do: it is offered again by itself once a release that knows the version is running."),
    Reason.INVALID_DATA: ("A field of the event is missing or wrong.", _ASK_SENDER),
    Reason.BAD_NHS_NUMBER: (
        "The NHS number fails its check digit.",
        "A digit is probably mistyped: ask the sender whom it is about and to send it again under a new id."),
    Reason.TOO_LARGE: (
        "The message is larger than 1 MiB; only its digest and beginning were kept.",
        "Ask the sender to leave out what is not part of the contract, then discard this one."),
    Reason.NO_MESSAGE_ID: (
        "The message has no message id, so that a repeat could not be told from a new one.", _ASK_SENDER),
    Reason.WRONG_CONTENT_TYPE: (
        "The message says it is something other than a CloudEvent in JSON.",
        "Ask the sender for the content type application/cloudevents+json, then discard this one."),
    Reason.HANDLER_FAILED: (
        "Dealing with the event failed every time it was tried.",
        "This is probably a fault of ours: report it, and retry once it is mended."),
    Reason.KILLS_PROCESS: (
        "Each time the event was dealt with, the process died.",
        "This is a fault of ours: report it, and do not retry before it is mended."),
    Reason.DEAD_LETTERED: (
        "The broker gave the message up after too many deliveries.",
        "Retry it; if it comes back, report it."),
}
