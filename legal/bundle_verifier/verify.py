#!/usr/bin/env python3
"""Check a court bundle that Onroll made. This file needs Python 3.10 or later, and nothing else.

    python3 verify.py bundle.pdf
    python3 verify.py bundle.pdf --sha256 <the number that the council gives you>

It reads the file, and asks no server. It says "This bundle is whole" and ends with 0, or lists what
is wrong and ends with 1. A person who can write PDF files could change a bundle and seal it again:
ask the council for the SHA-256 it keeps, and give it with --sha256.

Checked:
  1  the seal: the SHA-256 of every byte before it (and the whole file, with --sha256)
  2  the manifest in the file is the one that was sealed
  3  each page, in its order, has what the manifest says
  4  each part's own file is attached, none more, and each is the one that was made
  5  the parts fill all the pages, without a gap
  6  each link of the council's audit chain that the manifest holds follows from what it says
"""

import argparse
import hashlib
import json
import re
import sys
import zlib

SEAL = b"\n%Onroll-Seal "
FORMAT = "onroll-bundle/1"


class Unreadable(Exception):
    """This is not a bundle as Onroll writes it."""


# A reader of PDF files as Onroll writes them: a plain table of objects, streams packed or not.

TOKEN = re.compile(
    rb"\s*(?:(?P<ref>\d+\s+\d+\s+R(?![A-Za-z]))|(?P<number>[+-]?\d*\.?\d+)|(?P<name>/[^\s/<>\[\]()%]*)"
    rb"|(?P<open><<)|(?P<close>>>)|(?P<hex><[0-9A-Fa-f\s]*>)|(?P<array>\[)|(?P<end>\])"
    rb"|(?P<string>\()|(?P<word>[a-z]+))"
)
ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


class Ref:
    """That an object stands elsewhere."""

    def __init__(self, number):
        self.number = number


class Pdf:
    """The objects of a file."""

    def __init__(self, data):
        self.data = data
        found = re.findall(rb"startxref\s+(\d+)\s+%%EOF", data)
        if not found:
            raise Unreadable("The end of the file is missing.")
        self.places = {}
        at = int(found[-1])
        if data[at : at + 4] != b"xref":
            raise Unreadable("Another program wrote this file again.")
        at += 4
        while True:
            head = re.compile(rb"\s*(\d+)\s+(\d+)\s*?\r?\n").match(data, at)
            if not head:
                break
            first, count = int(head[1]), int(head[2])
            at = head.end()
            for number in range(first, first + count):
                line = data[at : at + 20]
                if line[17:18] == b"n":
                    self.places[number] = int(line[:10])
                at += 20
        at = data.index(b"trailer", at) + len(b"trailer")
        self.trailer, _ = self.value(at)

    def value(self, at):
        """One value and where it ends."""
        token = TOKEN.match(self.data, at)
        if not token:
            raise Unreadable("An object cannot be read.")
        kind, at = token.lastgroup or "", token.end()
        text = token[kind]
        if kind == "ref":
            return Ref(int(text.split()[0])), at
        if kind == "number":
            return (float(text) if b"." in text else int(text)), at
        if kind == "name":
            unhexed = re.sub(rb"#([0-9A-Fa-f]{2})", lambda m: bytes([int(m[1], 16)]), text)
            return unhexed.decode("latin-1"), at
        if kind == "hex":
            digits = b"".join(text[1:-1].split())
            return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode()), at
        if kind == "string":
            return self.string(at)
        if kind == "word":
            return {b"true": True, b"false": False}.get(text), at
        return self.several(kind, at)

    def several(self, kind, at):
        """A list or a dictionary."""
        items = []
        ends = {"array": rb"\s*\]", "open": rb"\s*>>"}
        if kind not in ends:
            raise Unreadable("An object cannot be read.")
        end = re.compile(ends[kind])
        while True:
            closed = end.match(self.data, at)
            if closed:
                break
            item, at = self.value(at)
            items.append(item)
        if kind == "array":
            return items, closed.end()
        return dict(zip(items[::2], items[1::2], strict=True)), closed.end()

    def string(self, at):
        """A text in brackets."""
        made, depth, data = bytearray(), 1, self.data
        while True:
            one = data[at : at + 1]
            if not one:
                raise Unreadable("The file is cut short.")
            at += 1
            if one == b"\\":
                octal = re.compile(rb"[0-7]{1,3}").match(data, at)
                if octal:
                    made.append(int(octal[0], 8) & 255)
                    at = octal.end()
                else:
                    made += ESCAPED.get(data[at : at + 1], data[at : at + 1])
                    at += 1
                continue
            depth += (one == b"(") - (one == b")")
            if depth == 0:
                return bytes(made), at
            made += one

    def get(self, item):
        """The value that is meant, wherever it stands."""
        while isinstance(item, Ref):
            item, _ = self.whole(item.number)
        return item

    def whole(self, number):
        """An object, and where what follows it starts."""
        if number not in self.places:
            return None, 0
        head = re.compile(rb"\s*(\d+)\s+\d+\s+obj").match(self.data, self.places[number])
        if not head or int(head[1]) != number:
            raise Unreadable("An object is not where the file says.")
        return self.value(head.end())

    def stream(self, item):
        """The bytes of a stream, unpacked."""
        if not isinstance(item, Ref):
            raise Unreadable("A stream is missing.")
        about, at = self.whole(item.number)
        start = re.compile(rb"\s*stream\r?\n").match(self.data, at)
        if not isinstance(about, dict) or not start:
            raise Unreadable("A stream is missing.")
        raw = self.data[start.end() : start.end() + self.get(about["/Length"])]
        filters = self.get(about.get("/Filter")) or []
        for one in [filters] if isinstance(filters, str) else filters:
            if one != "/FlateDecode":
                raise Unreadable("A stream is packed in a way that Onroll does not use.")
            raw = zlib.decompress(raw)
        return raw

    def pages(self):
        """The pages in their order."""
        root = self.get(self.get(self.trailer["/Root"])["/Pages"])
        return list(self.below(root))

    def below(self, node):
        """The pages under a node of the tree."""
        for kid in self.get(node["/Kids"]):
            child = self.get(kid)
            if child.get("/Type") == "/Pages":
                yield from self.below(child)
            else:
                yield child

    def digest(self, page):
        """The SHA-256 of what a page draws."""
        contents = page.get("/Contents")
        if isinstance(contents, Ref) and isinstance(self.get(contents), list):
            contents = self.get(contents)
        hashed = hashlib.sha256()
        for one in contents if isinstance(contents, list) else [contents]:
            hashed.update(self.stream(one) + b"\n")
        return hashed.hexdigest()

    def attached(self):
        """The attached files by name."""
        names = self.get(self.get(self.trailer["/Root"]).get("/Names")) or {}
        tree = self.get(names.get("/EmbeddedFiles")) or {}
        return dict(self.leaves(tree))

    def leaves(self, node):
        """The names and files under a node."""
        for kid in self.get(node.get("/Kids")) or []:
            yield from self.leaves(self.get(kid))
        flat = self.get(node.get("/Names")) or []
        for name, spec in zip(flat[::2], flat[1::2], strict=True):
            inside = self.get(self.get(spec)["/EF"])
            yield words(self.get(name)), self.stream(inside["/F"])


def words(name):
    """A name as text."""
    if name[:2] == b"\xfe\xff":
        return name[2:].decode("utf-16-be")
    return name.decode("utf-8", "replace")


# The checks


def wrong_with(data, expected=""):
    """Everything that is wrong with the file, as sentences; nothing when it is whole."""
    if expected and hashlib.sha256(data).hexdigest() != expected.strip().lower():
        yield "The file is not the one whose number the council gave."
    body, found, seal = data.rpartition(SEAL)
    if not found:
        yield "The seal is missing: the file was cut short, or another program wrote it again."
        return
    try:
        seal = json.loads(seal)
        if hashlib.sha256(body).hexdigest() != seal["sha256"]:
            yield "The file was changed after it was sealed."
        pdf = Pdf(body)
        attached = pdf.attached()
        if "manifest.json" not in attached:
            yield "The manifest is missing."
            return
        text = attached.pop("manifest.json")
        if hashlib.sha256(text).hexdigest() != seal["manifest"]:
            yield "The manifest is not the one that was sealed."
        manifest = json.loads(text)
        if manifest["format"] != FORMAT:
            yield "This checker is for another kind of bundle. Take the one that came with it."
            return
        yield from wrong_pages(pdf, manifest)
        yield from wrong_parts(attached, manifest)
        yield from wrong_links(manifest)
    except (Unreadable, KeyError, TypeError, ValueError, IndexError, zlib.error) as problem:
        yield f"The file cannot be read as a bundle: {problem}"


def wrong_pages(pdf, manifest):
    """What is wrong with the pages."""
    pages, expected = pdf.pages(), manifest["page_sha256"]
    if len(pages) != len(expected):
        yield f"The file has {len(pages)} pages. It was made with {len(expected)}."
    for number, (page, digest) in enumerate(zip(pages, expected, strict=False), start=1):
        if pdf.digest(page) != digest:
            yield f"Page {number} is not the page that was made ({part_at(manifest, number)})."


def part_at(manifest, number):
    """The part that has a page."""
    for part in manifest["parts"]:
        if part["first"] <= number <= part["last"]:
            return part["title"]
    return "no part"


def wrong_parts(attached, manifest):
    """What is wrong with the parts."""
    at, listed = 1, set()
    for part in manifest["parts"]:
        pages = sum(file["pages"] for file in part["files"])
        if part["first"] != at or part["last"] != at + pages - 1:
            yield f"The pages of “{part['title']}” are not where the manifest says."
        at = part["last"] + 1
        for file in part["files"]:
            listed.add(file["name"])
            if file["name"] not in attached:
                yield f"“{part['title']}” is missing: {file['name']}."
            elif hashlib.sha256(attached[file["name"]]).hexdigest() != file["sha256"]:
                yield f"“{part['title']}” is not what was made: {file['name']}."
    if at != len(manifest["page_sha256"]) + 1:
        yield "The parts do not fill the pages."
    for name in sorted(set(attached) - listed):
        yield f"A file is attached that no part has: {name}."


def wrong_links(manifest):
    """What is wrong with the links of the audit chain."""
    last, digest = -1, ""
    for link in manifest["audit"].get("links", []):
        text = bytes.fromhex(link["previous"]) + link["event"].encode()
        if hashlib.sha256(text).hexdigest() != link["digest"]:
            yield f"Link {link['number']} of the audit chain does not follow from what it says."
        follows = link["number"] == last + 1
        if follows and link["previous"] != digest:
            yield f"Link {link['number']} of the audit chain does not follow the one before."
        last, digest = link["number"], link["digest"]


def main():
    """Check one file and say what was found."""
    parser = argparse.ArgumentParser(description="Check a court bundle that Onroll made.")
    parser.add_argument("file")
    parser.add_argument("--sha256", default="", help="the number that the council gives you")
    asked = parser.parse_args()
    with open(asked.file, "rb") as opened:
        data = opened.read()
    wrong = list(wrong_with(data, asked.sha256))
    lines = [f"WRONG: {sentence}" for sentence in wrong]
    if not wrong:
        lines = ["This bundle is whole.", f"SHA-256: {hashlib.sha256(data).hexdigest()}"]
    if not wrong and not asked.sha256:
        lines.append("Ask the council for this number: a changed file could be sealed again.")
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
