"""Documents that go with a request: a file, kept as it came, or a record of ours.

A file is never run and never shown in a page: it is judged by its own bytes, kept with its hash,
and given back as a download alone.
"""

import re
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from django.db import transaction

from audit.record import Kind, record
from authorities.access import Reach
from authorities.permissions import Permission
from legal.models import NoticeRequest, RequestDocument
from legal.selectors.request_facts import WRITABLE, records_to_attach
from rules.errors import Conflict, InvalidInput
from rules.notice_stages import RequestState

LARGEST = 10 * 1024 * 1024  # bytes of one file
MOST = 20  # documents of one request
LONGEST_TITLE = 200
# First bytes of what is taken → its media type.
KINDS = (
    (b"%PDF-", "application/pdf"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
)
STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)
UNPACKED = 5 * 1024 * 1024  # bytes of one packed stream of objects that are looked at
# Parts of a PDF that act by themselves when somebody opens it.
ACTING = (b"/JavaScript", b"/JS", b"/Launch", b"/OpenAction", b"/AA", b"/EmbeddedFile", b"/XFA")


@dataclass(frozen=True, slots=True)
class File:
    """A file as it arrived. name  as the sender's machine had it"""

    name: str
    content: bytes


def media_type_of(content: bytes) -> str:
    """What a file is, by its own bytes. Raises InvalidInput for what is not taken."""
    if not content:
        raise InvalidInput("The file is empty. Choose another.")
    if len(content) > LARGEST:
        raise InvalidInput("The file is larger than 10 MB. Scan it at a lower quality.")
    for start, media_type in KINDS:
        if content.startswith(start):
            if media_type == "application/pdf":
                _refuse_acting(content)
            return media_type
    raise InvalidInput("Attach a PDF, or a picture as JPEG or PNG. Nothing else is taken.")


def _refuse_acting(content: bytes) -> None:
    """Refuse a PDF that would do something when it is opened. A name may hide behind #xx codes, or
    in a packed stream of objects."""
    plain = _without_codes(b"".join(_readable(content)))
    if any(_named(plain, one) for one in ACTING):
        raise InvalidInput(
            "This PDF holds a program or another file. Print it to a new PDF and attach that."
        )


def _readable(content: bytes) -> Iterator[bytes]:
    """The parts of a PDF that name things: all but its streams, and packed objects unpacked.

    Pictures and text are left out: their bytes are chance, and would look like names.
    """
    at = 0
    for stream in STREAM.finditer(content):
        head = content[at : stream.start()]
        yield head
        if b"ObjStm" in _without_codes(head[-1000:]):
            with suppress(zlib.error):
                yield zlib.decompressobj().decompress(stream.group(1), UNPACKED)
        at = stream.end()
    yield content[at:]


def _without_codes(content: bytes) -> bytes:
    """The bytes with each #xx of a name read as the letter that it stands for."""
    parts = content.split(b"#")
    found = [parts[0]]
    for part in parts[1:]:
        try:
            found.append(bytes([int(part[:2], 16)]) + part[2:])
        except ValueError:
            found.append(b"#" + part)
    return b"".join(found)


def _named(content: bytes, name: bytes) -> bool:
    """Whether a PDF has this name itself, and not a longer one that begins alike."""
    at = content.find(name)
    while at >= 0:
        after = content[at + len(name) : at + len(name) + 1]
        if not after.isalnum():
            return True
        at = content.find(name, at + 1)
    return False


@transaction.atomic
def attach_file(
    *, reach: Reach, request: NoticeRequest, title: str, file: File, now: datetime
) -> RequestDocument:
    """Keep a file with a request. The same file twice is kept once.

    Raises Forbidden, Conflict for a request that was sent or has too many, and InvalidInput.
    """
    row = _held(reach, request)
    if not title.strip():
        raise InvalidInput("Say what the document is.")
    media_type = media_type_of(file.content)
    digest = sha256(file.content).hexdigest()
    if row.documents.filter(sha256=digest).exists():
        raise Conflict("This file is attached already. Nothing was attached twice.")
    return _kept(
        row,
        reach,
        now,
        title=title.strip()[:LONGEST_TITLE],
        name=_plain_name(file.name),
        media_type=media_type,
        content=file.content,
        sha256=digest,
        size=len(file.content),
    )


@transaction.atomic
def attach_record(
    *, reach: Reach, request: NoticeRequest, key: str, now: datetime
) -> RequestDocument:
    """Point to a record of ours. `key` is one of `records_to_attach`. Raises as `attach_file`."""
    row = _held(reach, request)
    shown = records_to_attach(row).get(key)
    if shown is None:
        raise InvalidInput("Choose a record from the list.")
    if row.documents.filter(record=key).exists():
        raise Conflict("This record is attached already. Nothing was attached twice.")
    return _kept(row, reach, now, title=shown.words[:LONGEST_TITLE], record=key)


def _held(reach: Reach, request: NoticeRequest) -> NoticeRequest:
    """The request, held, while it can be written on."""
    reach.require(Permission.PREPARE_NOTICE, request.school)
    row = (
        NoticeRequest.objects.select_for_update(of=("self",), no_key=True)
        .select_related("authority", "school__trust", "case", "leave", "enrolment__pupil")
        .get(pk=request.pk)
    )
    if RequestState(row.state) not in WRITABLE:
        raise Conflict("This request was sent. Attach documents when it comes back.")
    if row.documents.count() >= MOST:
        raise Conflict(f"A request has {MOST} documents at most. Put pages together in one PDF.")
    return row


def _kept(row: NoticeRequest, reach: Reach, now: datetime, **what: object) -> RequestDocument:
    made = RequestDocument.objects.create(
        authority_id=row.authority_id, request=row, added_by=reach.user, added_at=now, **what
    )
    record(Kind.REQUEST_SAVED, by=reach.user, authority=row.authority, school=row.school, on=row)
    return made


def _plain_name(name: str) -> str:
    """The last part of a file's name, without what a machine could read as something else."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(one if one.isalnum() or one in " .-_" else "_" for one in last)
    return kept.strip(" .")[:120] or "document"
