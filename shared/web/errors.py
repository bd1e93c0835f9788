"""What people and programs see when something is wrong, with what they typed kept."""
from __future__ import annotations

import logging
import secrets
from typing import NamedTuple

import sqlalchemy as sa
from flask import Flask, Response, g, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, InternalServerError, ServiceUnavailable

from shared.database import is_contention, is_trouble
from shared.messaging.faults import trace
from shared.web import kept, problems
from shared.web.context import here, is_api
from shared.web.kept import Standing
from shared.web.tokens import IssuerUnreachable

log = logging.getLogger(__name__)

RETRY_AFTER = "10"
#: Letters and digits nobody mistakes for another, read out over a telephone.
CLEAR = "ABCDEFGHJKMNPQRTUVWXYZ2346789"


class Words(NamedTuple):
    """A page about one kind of error: what happened, and what to do."""

    title: str
    what: str
    do: str


PAGES = {
    400: Words("The page could not read what was sent", "Something in the request is not as it should be.",
               "Go back, reload the page and try again."),
    401: Words("You are not signed in", "You had not used the service for an hour, or signed out in another window.",
               "Sign in, then open the page again."),
    403: Words("You do not have access to this page", "Your role does not let you see or do this.",
               "If your work needs it, ask your manager to have your role changed."),
    404: Words("Page not found", "There is nothing at this address.",
               "Check the address if you typed it. If you followed a link, the item may have been removed."),
    405: Words("This address does not work that way", "The page was asked for in a way it does not know.",
               "Go back and use the buttons and links on the page."),
    409: Words("Somebody else was first, or a rule is against it", "What you asked for cannot be done as things stand.",
               "Open the page afresh to see how things stand, then decide again."),
    412: Words("It has changed since you opened it", "Somebody changed it while you were looking.",
               "Open the page afresh to see how things stand, then decide again."),
    413: Words("That is too much at once", "What you sent is larger than 1 MB.",
               "Shorten the text or send a smaller file."),
    422: Words("Something in what you sent is not right", "One of your answers cannot be used.",
               "Go back, correct it and send it again."),
    429: Words("Too many tries", "This has been asked for too often in a short time.", "Try again later."),
    500: Words("Sorry, there is a problem with the service", "Something went wrong on our side. Nothing was saved.",
               "Try again in a few minutes. If it happens again, tell the Pod's digital team the reference below."),
    503: Words("Sorry, the service is not available", "The service cannot reach what it needs to work. Nothing was saved.",
               "Try again in a minute."),
}

OTHERS = Words("This page was not opened by you",
               "Somebody else was signed in, or nobody was, when this page was opened. Nothing was sent, and what was typed is not shown here.",
               "Whoever typed it can still send it: sign in as that person in another tab (or sign out, if nobody was signed in), "
               "then reload this page and let the browser send it again.")


def install(app: Flask) -> None:
    """Answer every error of the app in one way."""
    app.register_error_handler(HTTPException, answer)
    app.register_error_handler(CSRFError, csrf)
    app.register_error_handler(sa.exc.SQLAlchemyError, database)
    app.register_error_handler(IssuerUnreachable, issuer)
    # Flask's own words end with the exception's, which may quote a person
    app.log_exception = lambda exc_info: note(exc_info[1] or Exception())  # type: ignore[method-assign]


def answer(error: HTTPException) -> Response | HTTPException:
    """Answer with a problem on the API, with a page elsewhere."""
    if error.code is None or error.code < 400:
        return error
    if is_api():
        return problems.answer(error)
    response = make_response(page(error), error.code)
    response.headers.extend(problems.headers_of(error))
    return response


def csrf(error: CSRFError) -> Response | HTTPException:
    """Answer a form whose sign-in has run out as such; somebody else's, or one without its token, is refused."""
    found = kept.standing()
    if found is Standing.ENDED:
        return answer(problems.PodProblem(401, {}, {}))
    if found is Standing.OTHERS:
        return answer(problems.PodProblem(403, {}, {}))
    return answer(problems.PodProblem(400, {"detail": "The form was too old, or did not come from this site."}, {}))


def database(fault: sa.exc.SQLAlchemyError) -> Response | HTTPException:
    """Answer 503 while the database is away or overrun; anything else of it is our own mistake."""
    if is_trouble(fault) or is_contention(fault):
        log.warning("the database is not available: %s", type(fault).__name__)
        return answer(ServiceUnavailable(retry_after=int(RETRY_AFTER)))
    note(fault)
    return answer(InternalServerError())


def note(fault: BaseException) -> None:
    """Log where our own mistake happened under a reference the person sees, and none of the values in it."""
    g.reference = "".join(secrets.choice(CLEAR) for _ in range(8))
    log.error("reference %s: in %s: %s", g.reference, request.endpoint, trace(fault))


def issuer(fault: IssuerUnreachable) -> Response | HTTPException:
    """Answer 503 while the sign-in service cannot be asked."""
    error = ServiceUnavailable(str(fault), retry_after=int(RETRY_AFTER))
    return answer(error)


def page(error: HTTPException) -> str:
    """Render the page of one error; where sending the form once more mends it, with all it needs for that."""
    status, found = error.code or 500, kept.standing()
    again = kept.to_send_again(status)
    return render_template(
        "send_again.html" if again and status < 429 else "error.html", words=_words(status), status=status,
        problem=getattr(error, "data", None) or {}, reference=g.get("reference", ""),
        kept=kept.typed(), again=again, ended=found is Standing.ENDED, here=here(),
        # whoever it belongs to reloads the page once they are signed in: until then it must stay
        unwatched=found is Standing.OTHERS)


def _words(status: int) -> Words:
    if status == 403 and kept.standing() is Standing.OTHERS:
        return OTHERS
    return PAGES.get(status, PAGES[500 if status >= 500 else 400])
