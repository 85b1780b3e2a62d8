"""The checker's own reader of PDF files, and what it says when it is run."""

import sys

import pytest

from legal.bundle_verifier import verify
from legal.bundle_verifier.verify import Pdf, Ref, Unreadable, words, wrong_with


def read(text: bytes):
    """One value, without a file around it."""
    pdf = Pdf.__new__(Pdf)
    pdf.data, pdf.places = text, {}
    return pdf.value(0)[0]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"12", 12),
        (b"-1.5", -1.5),
        (b"/A#20B", "/A B"),
        (b"<414 2>", b"AB"),
        (b"<4>", b"@"),
        (b"(a \\(b\\) (c) \\101\\n\\\\)", b"a (b) (c) A\n\\"),
        (b"true", True),
        (b"false", False),
        (b"null", None),
        (b"[1 [2] /C]", [1, [2], "/C"]),
        (b"<< /A 1 /B << /C (d) >> >>", {"/A": 1, "/B": {"/C": b"d"}}),
    ],
)
def test_it_reads_every_kind_of_value(text, value):
    assert read(text) == value


def test_it_reads_that_a_value_stands_elsewhere():
    assert read(b"12 0 R").number == 12


@pytest.mark.parametrize("text", [b"(cut short", b"]", b">>", b"?", b"[1 ?]"])
def test_what_cannot_be_read_is_said_to_be_so(text):
    with pytest.raises(Unreadable):
        read(text)


@pytest.mark.parametrize(
    "body",
    [
        b"1 0 obj << /Length 3 /Filter /Other >> stream\nabc",
        b"1 0 obj << /Length 3 >> nothing",
        b"2 0 obj << >>",
    ],
)
def test_a_stream_that_cannot_be_read_is_said_to_be_so(body):
    pdf = Pdf.__new__(Pdf)
    pdf.data, pdf.places = body, {1: 0}
    with pytest.raises(Unreadable):
        pdf.stream(Ref(1))
    with pytest.raises(Unreadable):
        pdf.stream(None)
    assert pdf.get(Ref(9)) is None


def test_names_of_files_are_read_in_both_alphabets():
    assert words(b"\xfe\xff\x00a\x00b") == "ab"
    assert words(b"ab") == "ab"


def test_a_file_that_is_no_bundle_has_no_seal():
    assert list(wrong_with(b"%PDF-1.7")) == [
        "The seal is missing: the file was cut short, or another program wrote it again."
    ]
    assert next(wrong_with(b"%PDF" + verify.SEAL + b"nothing\n")).startswith(
        "The file cannot be read as a bundle"
    )


def test_run_on_a_file_it_says_what_is_wrong(tmp_path, monkeypatch, capsys):
    file = tmp_path / "bundle.pdf"
    file.write_bytes(b"%PDF-1.7")
    monkeypatch.setattr(sys, "argv", ["verify.py", str(file)])

    assert verify.main() == 1
    assert capsys.readouterr().out.startswith("WRONG: The seal is missing")

    monkeypatch.setattr(verify, "wrong_with", lambda data, expected: [])
    assert verify.main() == 0
    said = capsys.readouterr().out
    assert said.startswith("This bundle is whole.\nSHA-256: ")
    assert "Ask the council for this number" in said

    monkeypatch.setattr(sys, "argv", ["verify.py", str(file), "--sha256", "0"])
    assert verify.main() == 0
    assert "Ask the council" not in capsys.readouterr().out
