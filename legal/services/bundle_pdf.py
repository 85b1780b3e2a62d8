"""One file of many papers: pages numbered, bookmarks, links, papers attached, a manifest, a seal.

It knows nothing of prosecutions: papers go in, bytes come out. `legal/bundle_verifier/verify.py`
checks what it makes, and shares no line with it.
"""

import hashlib
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, String

FORMAT = "onroll-bundle/1"
SEAL = b"\n%Onroll-Seal "
TO = "onroll:"  # what a link to another paper starts with: onroll:letter-7K3M
# The number of the page in the bundle, at the top right, above what any paper prints there.
STAMP = (
    "/Artifact <</Type /Pagination>> BDC q 0 0 0 rg BT /OnrollF 9 Tf {x:.2f} {y:.2f} Td"
    " ({text}) Tj ET Q EMC"
)
MARGIN, TOP = 30, 24  # points from the right and the upper edge
WIDE = 5.0  # points: an average letter of Helvetica at 9 points


@dataclass(frozen=True, slots=True)
class Paper:
    """One PDF as it was made. name  of the attached file; title  of its bookmark, "" for none"""

    name: str
    pdf: bytes
    pages: int
    title: str = ""
    key: str = ""

    @property
    def sha256(self) -> str:
        """Of its bytes."""
        return hashlib.sha256(self.pdf).hexdigest()


@dataclass(frozen=True, slots=True)
class Chapter:
    """One part of the bundle. records  what it was made from, as "legal.Prosecution:12" """

    key: str
    title: str
    papers: tuple[Paper, ...]
    records: tuple[str, ...] = ()

    @property
    def pages(self) -> int:
        """How many it has."""
        return sum(paper.pages for paper in self.papers)


@dataclass(frozen=True, slots=True)
class Made:
    """A finished file."""

    pdf: bytes
    pages: int
    sha256: str
    manifest: dict[str, Any]
    manifest_sha256: str


class BrokenLink(Exception):
    """A paper points to a record that is in no paper."""


def places(chapters: Sequence[Chapter]) -> dict[str, int]:
    """Key of a record → its page in the bundle, from 1."""
    found: dict[str, int] = {}
    at = 0
    for chapter in chapters:
        found.setdefault(chapter.key, at + 1)
        for paper in chapter.papers:
            if paper.key:
                found.setdefault(paper.key, at + 1)
            with pikepdf.open(io.BytesIO(paper.pdf)) as pdf:
                for key, page in _anchors(pdf).items():
                    found.setdefault(key, at + page + 1)
            at += paper.pages
    return found


def _anchors(pdf: Pdf) -> dict[str, int]:
    """Name of an anchor → the index of its page."""
    names = pdf.Root.get("/Names")
    if names is None or "/Dests" not in names:
        return {}
    numbers = {page.obj.objgen: index for index, page in enumerate(pdf.pages)}
    flat = list(names.Dests.Names)
    return {
        str(key): numbers[where[0].objgen] for key, where in zip(flat[::2], flat[1::2], strict=True)
    }


def bind(
    chapters: Sequence[Chapter],
    *,
    title: str,
    facts: Mapping[str, Any],
    now: datetime,
) -> Made:
    """Make the file. The same papers, facts and moment make the same bytes.

    facts  goes into the manifest: what it is of, who made it with which software, the audit's head
    Raises BrokenLink.
    """
    where = places(chapters)
    with Pdf.new() as pdf:
        for chapter in chapters:
            for paper in chapter.papers:
                with pikepdf.open(io.BytesIO(paper.pdf)) as source:
                    pdf.pages.extend(source.pages)
        _number(pdf)
        _link(pdf, where)
        _bookmarks(pdf, chapters)
        manifest = _manifest(pdf, chapters, facts)
        text = json.dumps(manifest, sort_keys=True, ensure_ascii=False, indent=1).encode()
        for chapter in chapters:
            for paper in chapter.papers:
                _attach(pdf, paper.name, paper.pdf, "application/pdf")
        _attach(pdf, "manifest.json", text, "application/json")
        _describe(pdf, title, now)
        out = io.BytesIO()
        pdf.save(
            out,
            object_stream_mode=pikepdf.ObjectStreamMode.disable,
            compress_streams=True,
            deterministic_id=True,
            min_version="1.7",
        )
        pages = len(pdf.pages)
    body = out.getvalue()
    digest = hashlib.sha256(text).hexdigest()
    seal = {"sha256": hashlib.sha256(body).hexdigest(), "manifest": digest}
    sealed = body + SEAL + json.dumps(seal, sort_keys=True).encode() + b"\n"
    return Made(sealed, pages, hashlib.sha256(sealed).hexdigest(), manifest, digest)


def _number(pdf: Pdf) -> None:
    """Print each page's number in the bundle on it."""
    font = pdf.make_indirect(
        Dictionary(
            Type=Name.Font,
            Subtype=Name.Type1,
            BaseFont=Name("/Helvetica-Bold"),
            Encoding=Name.WinAnsiEncoding,
        )
    )
    total = len(pdf.pages)
    for number, page in enumerate(pdf.pages, start=1):
        text = f"Bundle page {number} of {total}"
        left, bottom, right, top = (float(edge) for edge in page.mediabox)
        stamp = STAMP.format(
            x=max(left, right - MARGIN - WIDE * len(text)), y=max(bottom, top - TOP), text=text
        )
        # What the paper left of the page's own settings must not move the number.
        page.contents_add(pdf.make_stream(b"q"), prepend=True)
        page.contents_add(pdf.make_stream(f"Q {stamp}".encode()))
        fonts = page.resources.get("/Font")  # pages of one paper share theirs
        if fonts is None or "/OnrollF" not in fonts:
            page.add_resource(font, Name.Font, Name("/OnrollF"))


def _link(pdf: Pdf, where: Mapping[str, int]) -> None:
    """Turn each link to a record into a link to its page."""
    for page in pdf.pages:
        for note in _links_of(page.obj):
            key = str(note.A.URI)[len(TO) :]
            if key not in where:
                raise BrokenLink(key)
            del note["/A"]
            target = pdf.pages[where[key] - 1]
            note.Dest = Array([target.obj, Name.XYZ, 0, float(target.mediabox[3]), 0])


def _links_of(page: pikepdf.Object) -> Iterable[pikepdf.Object]:
    for note in page.get("/Annots", []):
        action = note.get("/A")
        if action is not None and str(action.get("/URI", "")).startswith(TO):
            yield note


def _bookmarks(pdf: Pdf, chapters: Sequence[Chapter]) -> None:
    at = 0
    with pdf.open_outline() as outline:
        for number, chapter in enumerate(chapters, start=1):
            item = pikepdf.OutlineItem(f"{number}. {chapter.title}", at)
            for paper in chapter.papers:
                if paper.title:
                    item.children.append(pikepdf.OutlineItem(paper.title, at))
                at += paper.pages
            outline.root.append(item)


def _manifest(pdf: Pdf, chapters: Sequence[Chapter], facts: Mapping[str, Any]) -> dict[str, Any]:
    parts, at = [], 0
    for number, chapter in enumerate(chapters, start=1):
        parts.append(
            {
                "number": number,
                "key": chapter.key,
                "title": chapter.title,
                "first": at + 1,
                "last": at + chapter.pages,
                "files": [
                    {"name": paper.name, "sha256": paper.sha256, "pages": paper.pages}
                    for paper in chapter.papers
                ],
                "records": list(chapter.records),
            }
        )
        at += chapter.pages
    return {
        **facts,
        "format": FORMAT,
        "page_sha256": [_digest(page) for page in pdf.pages],
        "parts": parts,
    }


def _digest(page: pikepdf.Page) -> str:
    """The SHA-256 of what a page draws, stream by stream."""
    hashed = hashlib.sha256()
    contents = page.obj.Contents
    streams = list(contents) if isinstance(contents, Array) else [contents]
    for stream in streams:
        hashed.update(stream.read_bytes() + b"\n")
    return hashed.hexdigest()


def _attach(pdf: Pdf, name: str, data: bytes, kind: str) -> None:
    pdf.attachments[name] = pikepdf.AttachedFileSpec(
        pdf, data, description="", filename=name, mime_type=kind, creation_date="", mod_date=""
    )


def _describe(pdf: Pdf, title: str, now: datetime) -> None:
    """Title, language and day; never a name."""
    pdf.Root.Lang = String("en-GB")
    pdf.Root.ViewerPreferences = Dictionary(DisplayDocTitle=True)
    pdf.Root.PageMode = Name.UseOutlines
    pdf.docinfo["/Title"] = String(title)
    pdf.docinfo["/Creator"] = String("Onroll")
    pdf.docinfo["/CreationDate"] = String(f"D:{now:%Y%m%d%H%M%S}Z")
