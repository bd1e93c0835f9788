"""R-06: documents are taken by what they are, not by what they are called; what is not taken is told what to do."""
from __future__ import annotations

import io
import unicodedata
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.referrals.files import sniff as sniffing
from services.referrals.files.names import LONGEST, UNSEEN, clean
from services.referrals.files.sniff import DOCX, JPEG, PDF, TAKEN, sniff
from services.referrals.files.unfit import MB, MOST, Unfit, in_words
from tests.support import papers

ZEROS = bytes(12 * MB)


def _two_as_one() -> bytes:
    """A PDF with a zip behind it, of which both readers take their own."""
    return papers.pdf() + papers.archive({"run.class": b"\xca\xfe\xba\xbe"}) + b"%%EOF"


def _locked_zip() -> bytes:
    """A zip whose members ask for a password: bit 0 of the flags, in both places they stand."""
    made = bytearray(papers.docx())
    with zipfile.ZipFile(io.BytesIO(bytes(made))) as archive:
        for member in archive.infolist():
            made[member.header_offset + 6] |= 1
    at = -1
    while (at := made.find(b"PK\x01\x02", at + 1)) >= 0:
        made[at + 8] |= 1
    return bytes(made)


def _damaged_docx() -> bytes:
    made = bytearray(papers.docx({"word/media/image1.png": bytes(range(256)) * 40}))
    with zipfile.ZipFile(io.BytesIO(bytes(made))) as archive:
        at = archive.getinfo("word/media/image1.png").header_offset
    made[at + 60] ^= 0xFF
    return bytes(made)


MACROS = "application/vnd.ms-word.document.macroEnabled.main+xml"
TEMPLATE = papers.WORD.replace("document.main", "template.main")
SHEET = papers.WORD.replace("wordprocessingml.document", "spreadsheetml.sheet")

#: What must not be taken: name, contents, and words that say what it is or what to do.
EVIL: list[tuple[str, bytes, str]] = [
    ("plan.pdf", b"", "is empty"),
    ("plan.pdf", b"MZ\x90\x00" + papers.pdf(), "a program, not a PDF"),
    ("plan.pdf", b"\x7fELF" + bytes(100), "a program, not a PDF"),
    ("plan.pdf", b"#!/bin/sh\n" + papers.pdf(), "a program, not a PDF"),
    ("plan.doc", b"MZ" + bytes(100), "a program, not a Word document"),
    ("photo.jpg", b"\xca\xfe\xba\xbe" + bytes(100), "a program, not a picture"),
    ("plan.pdf", b"\n" + papers.pdf(), "something else before it"),
    ("plan.pdf", papers.archive({"a": b"b"}) + papers.pdf(), "archive"),
    ("plan.pdf", _two_as_one(), "two things at once"),
    ("photo.jpg", papers.jpeg(papers.archive({"run.class": b"x"})), "two things at once"),
    ("plan.pdf", b"%PDF-1.7\n%%EOF\n", "nothing in this PDF"),
    ("plan.pdf", papers.pdf() + b" " * 2000, "not whole"),
    ("plan.pdf", papers.pdf(b"/OpenAction << /S /JavaScript /JS (app.alert) >>"), "contains a script"),
    ("plan.pdf", papers.pdf(b"/OpenAction << /S /J#61vaScript /JS (app.alert) >>"), "contains a script"),
    ("plan.pdf", papers.pdf(packed=b"5 0 << /S /JavaScript /JS (app.alert) >>"), "contains a script"),
    ("plan.pdf", papers.pdf(b"/AcroForm << /XFA [(a) 9 0 R] >>"), "contains a script"),
    ("plan.pdf", papers.pdf(b"/OpenAction << /S /Launch /F (cmd.exe) >>"), "starts a program"),
    ("plan.pdf", papers.pdf(b"/AF [<< /Type /Filespec /EF << /F 9 0 R >> >>]"), "other files inside"),
    ("plan.pdf", papers.pdf(b"/Names << /EmbeddedFiles 9 0 R >>"), "other files inside"),
    ("plan.pdf", papers.pdf().replace(b"/Root 1 0 R", b"/Root 1 0 R /Encrypt 9 0 R"), "protected"),
    ("plan.pdf", papers.pdf(packed=ZEROS * 6), "unfolds to far more"),
    ("plan.docx", papers.docx(kind=MACROS), "contains macros"),
    ("plan.docx", papers.docx({"word/vbaProject.bin": b"x"}), "contains macros"),
    ("plan.docx", papers.docx({"word/embeddings/oleObject1.bin": b"MZ"}), "contains controls or other files"),
    ("plan.docx", papers.docx({"word/activeX/activeX1.bin": b"x"}), "contains controls or other files"),
    ("plan.docx", papers.docx(kind=TEMPLATE), "a Word template"),
    ("plan.docx", papers.docx(kind=SHEET, part="xl/workbook.xml"), "a spreadsheet"),
    ("plan.docx", papers.archive({"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": b"<a/>"}), "OpenDocument"),
    ("plan.docx", papers.archive({"Index/Document.iwa": b"x"}), "Pages document"),
    ("plan.docx", papers.archive({"META-INF/MANIFEST.MF": b"x"}), "a program"),
    ("plan.docx", papers.archive({"plan.pdf": papers.pdf()}), "a zip archive"),
    ("plan.docx", papers.archive({"word/document.xml": b"<w/>"}), "a zip archive"),
    ("plan.docx", papers.docx({f"word/media/{number}": ZEROS for number in range(9)}), "unfolds to far more"),
    ("plan.docx", papers.archive({str(number): b"" for number in range(5001)}), "unfolds to far more"),
    ("plan.docx", _locked_zip(), "asks for a password"),
    ("plan.docx", _damaged_docx(), "damaged or not whole"),
    ("plan.docx", papers.ole("EncryptedPackage", "EncryptionInfo"), "asks for a password"),
    ("plan.doc", papers.doc(flags=0x0100), "asks for a password"),
    ("plan.doc", papers.doc("Macros/"), "contains macros"),
    ("plan.doc", papers.ole("Workbook"), "a spreadsheet"),
    ("plan.doc", papers.ole("PowerPoint Document"), "a presentation"),
    ("letter.msg", papers.ole("__properties_version1.0"), "an email"),
    ("plan.doc", papers.ole("Contents"), "not a Word document"),
    ("plan.doc", bytes.fromhex("D0CF11E0A1B11AE1") + bytes(1000), "damaged or not whole"),
    ("plan.doc", b"{\\rtf1 Care plan}", "an RTF document"),
    ("plan.doc", b"<!DOCTYPE html><html></html>", "a web page, not a Word document"),
    ("plan.txt", b"Care plan\r\nRosa likes music \xe2\x99\xab\r\n", "plain text"),
    ("letter.eml", b"Subject: plan\r\nFrom: ward@example.org\r\n\r\nHello", "an email"),
    ("photo.webp", b"RIFF\x10\0\0\0WEBPVP8 " + bytes(20), "a WebP picture. Save it as JPEG"),
    ("photo.gif", b"GIF89a" + bytes(20), "Save it as JPEG or PNG"),
    ("ward.mp4", b"\0\0\0\x18ftypisom" + bytes(40), "a film"),
    ("plan.zip", b"Rar!\x1a\x07" + bytes(20), "an archive"),
    ("photo.heic", papers.heic(b"avif"), "an AVIF picture"),
    ("photo.jpg", b"\xff\xd8\xff\xe0\x00\x04..", "damaged or not whole"),
    ("fax.tif", b"II*\x00\x08\x00\x00\x00\x00\x00\x08\x00\x00\x00", "damaged or not whole"),
    ("plan.pdf", bytes(range(128, 256)) * 20, "called a PDF and is none"),
    ("plan", bytes(range(128, 256)) * 20, "not a PDF, a Word document or a picture"),
    ("plan.pdf", papers.pdf(filling=bytes(MOST)), "is 25.1 MB; the most is 25 MB"),
]


@pytest.mark.parametrize("name", papers.GOOD)
def test_R_06_what_wards_send_is_taken_for_what_it_is(name: str) -> None:
    content, media_type = papers.GOOD[name]
    assert sniff(content, "anything.exe").media_type == media_type


@pytest.mark.parametrize(("name", "content", "words"), EVIL, ids=[f"{name}: {words}" for name, _, words in EVIL])
def test_R_06_what_is_not_taken_is_said_in_words_that_say_what_to_do(name: str, content: bytes, words: str) -> None:
    with pytest.raises(Unfit) as caught:
        sniff(content, name)
    assert words in caught.value.words
    assert any(what in caught.value.words for what in ("Save", "Print", "Take", "Send", "Scan", "Open it")), caught.value.words


@pytest.mark.parametrize("name", [name for name in papers.GOOD if name != "photo that moves.jpg"])
@pytest.mark.parametrize("kept", [0.3, 0.6, 0.95])
def test_a_file_that_was_cut_short_on_its_way_is_not_taken(name: str, kept: float) -> None:
    content = papers.GOOD[name][0]
    with pytest.raises(Unfit):
        sniff(content[:int(len(content) * kept)], name)


@given(st.sampled_from([content[:16] for content, _ in papers.GOOD.values()] + [b""]), st.binary(max_size=3000))
def test_whatever_comes_there_is_an_answer_in_words(start: bytes, rest: bytes) -> None:
    try:
        sniff(start + rest, "plan.pdf")
    except Unfit as unfit:
        assert unfit.words.endswith(".")


@given(st.sampled_from(sorted(papers.GOOD)), st.data())
def test_whatever_is_changed_on_the_way_there_is_an_answer_in_words(name: str, data: st.DataObject) -> None:
    content = bytearray(papers.GOOD[name][0])
    for at in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=8)):
        content[at] = data.draw(st.integers(0, 255))
    try:
        sniff(bytes(content), name)
    except Unfit as unfit:
        assert unfit.words.endswith(".")


@pytest.mark.parametrize(("size", "words"), [(0, "1 KB"), (1, "1 KB"), (90_000, "88 KB"), (MB, "1 MB"), (MOST, "25 MB"),
                                             (MOST + 1, "25.1 MB"), (40 * MB, "40 MB")])
def test_a_size_is_said_as_people_say_it_and_one_too_large_never_reads_as_just_fitting(size: int, words: str) -> None:
    assert in_words(size) == words


@pytest.mark.parametrize(("called", "kept"), [
    ("Rosa's care plan.pdf", "Rosa's care plan.pdf"), ("PLAN.PDF", "PLAN.PDF"), ("C:\\scans\\plan.pdf", "plan.pdf"),
    ("../../etc/passwd", "passwd.pdf"), ("plan.exe", "plan.exe.pdf"), ("plan\u202efdp.exe", "planfdp.exe.pdf"),
    ("plan\r\nX-Header: 1.pdf", "plan X-Header: 1.pdf"), ("", "document.pdf"), ("...", "document.pdf"), (".pdf", "document.pdf"),
    ("\ud800plan.pdf", "plan.pdf"), ("Zoe\u0308 – plän 🎵.pdf", "Zoë – plän 🎵.pdf"), ("a" * 500 + ".pdf", "a" * 196 + ".pdf"),
])
def test_a_file_keeps_the_name_its_sender_gave_it_without_what_could_mislead(called: str, kept: str) -> None:
    assert clean(called, PDF) == kept


@given(st.text(max_size=400), st.sampled_from([kind for _, kind, _ in TAKEN]))
def test_any_name_becomes_one_that_is_safe_says_what_the_file_is_and_stays_as_it_is(called: str, kind: sniffing.Kind) -> None:
    name = clean(called, kind)
    assert 1 < len(name) <= LONGEST and name.rpartition(".")[2].lower() in kind.endings and name.rpartition(".")[0]
    assert not {"/", "\\"} & set(name) and not any(unicodedata.category(letter) in UNSEEN for letter in name)
    assert clean(name, kind) == name
    name.encode()


def test_a_file_chooser_offers_every_kind_that_is_taken() -> None:
    assert {PDF.endings[0], DOCX.endings[0], JPEG.endings[0]} <= {one.lstrip(".") for one in sniffing.ACCEPT.split(",")}
