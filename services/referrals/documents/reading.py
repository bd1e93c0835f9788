"""A document's file on its way to whoever may see the referral; every such look is on record."""
from __future__ import annotations

import logging
from uuid import UUID

from flask import Response

from services.referrals.api import found_or_404, open_desk
from services.referrals.documents import listing
from services.referrals.files import upload
from services.referrals.files.seal import Missing, VaultFault
from services.referrals.looks import noting
from shared.web.context import current_room
from shared.web.problems import problem

log = logging.getLogger(__name__)


def file_of(id: UUID, document: UUID) -> Response:
    """Answer with the file of a document: 404 where there is none, 503 where the vault cannot give it."""
    noting.at(noting.DOCUMENT, str(document))
    with current_room.database.read() as connection:
        desk = open_desk(connection)
        file = listing.file_of(desk, found_or_404(desk, id).state, str(document))
    if file is None:
        problem(404, "There is no file of this document here.", help="Open the referral afresh to see which documents have one.")
    try:
        return upload.send(file)
    except VaultFault as fault:
        log.error("document %s cannot be given: %s", file.id, type(fault).__name__)
        if isinstance(fault, Missing):
            problem(404, "The file of this document is not in the vault any more.", help="Ask for the document again, and tell the Pod’s digital team.")
        problem(503, "The file of this document cannot be opened just now.", help="Tell the Pod’s digital team; the document is not lost by trying again.")
