"""From a template to a PDF, in a child process that can reach nothing.

The one importer of WeasyPrint.

The parent side fills the template, so the child gets finished HTML and knows neither Django nor
the database nor any secret. The child is this same file run as a program: it drops the network,
refuses every fetch, may not write files, and has 512 MB and 10 seconds. It stays for the next
letter, because starting WeasyPrint takes longer than making fifty letters.

Same input, same bytes.
"""

import atexit
import ctypes
import os
import select
import struct
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

MEMORY_BYTES = 512 * 1024 * 1024
SECONDS = 10
START_SECONDS = (
    60  # a cold disk and a busy machine: the time to load WeasyPrint is not the letter's
)
LETTERS_PER_CHILD = 500
READY, DONE, FAILED = b"R", b"D", b"F"
HEADER = struct.Struct(">cII")  # status, pages, length


class RenderFailed(Exception):
    """The PDF could not be made. The words hold no personal data."""


@dataclass(frozen=True, slots=True)
class Printed:
    """A PDF with what is kept beside it."""

    pdf: bytes
    pages: int
    sha256: str
    software: str


# The parent's side


def pdf(template: str, context: dict[str, Any]) -> bytes:
    """The PDF of a template (tagged PDF/UA-1, fonts embedded). Raises RenderFailed.

    The template is a whole HTML page with `lang` and a title.
    """
    return printed(template, context).pdf


def printed(template: str, context: dict[str, Any]) -> Printed:
    """The same, with its page count and SHA-256."""
    from django.template.loader import render_to_string

    return PRESS.make(render_to_string(template, context))


class Press:
    """A child that makes PDFs one after another, started when first needed.

    Each process has its own: a worker that forked from one with a child starts another.
    """

    def __init__(self, argv: list[str] | None = None, seconds: float = SECONDS) -> None:
        self.argv = argv or [sys.executable, "-I", __file__]
        self.seconds = seconds
        self.child: subprocess.Popen[bytes] | None = None
        self.owner = 0
        self.made = 0
        self.software = ""
        self.lock = threading.Lock()

    def make(self, html: str) -> Printed:
        """Make one PDF. Raises RenderFailed; the next letter gets a fresh child."""
        with self.lock:
            try:
                return self._make(html.encode())
            except (OSError, RenderFailed) as problem:
                self.stop()
                if isinstance(problem, RenderFailed):
                    raise
                raise RenderFailed("The page maker stopped.") from None

    def _make(self, html: bytes) -> Printed:
        child = self._running()
        stdin, stdout = _pipes(child)
        deadline = time.monotonic() + self.seconds
        _write(stdin, struct.pack(">I", len(html)) + html, deadline)
        status, pages, made = _answer(stdout, deadline)
        if status != DONE:
            raise RenderFailed(f"The page could not be made: {made.decode(errors='replace')}.")
        self.made += 1
        return Printed(made, pages, sha256(made).hexdigest(), self.software)

    def _running(self) -> subprocess.Popen[bytes]:
        if self.made >= LETTERS_PER_CHILD:
            self.stop()
        if self.child is not None and self.owner == os.getpid() and self.child.poll() is None:
            return self.child
        self.stop()
        child = subprocess.Popen(  # noqa: S603  our own file, no shell
            self.argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"LANG": "C.UTF-8", "PATH": os.defpath},  # no settings, no secrets
            cwd="/",
            bufsize=0,
        )
        self.child, self.owner, self.made = child, os.getpid(), 0
        _, stdout = _pipes(child)
        status, _, name = _answer(stdout, time.monotonic() + START_SECONDS)
        if status != READY:
            raise RenderFailed("The page maker did not start.")
        self.software = name.decode()
        return child

    def stop(self) -> None:
        """End the child at once; one of before a fork is its parent's, and only let go."""
        child, self.child, self.made = self.child, None, 0
        if child is None:
            return
        if self.owner == os.getpid():
            child.kill()
            child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()


def _pipes(child: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    if child.stdin is None or child.stdout is None:
        raise RenderFailed("The page maker stopped.")
    return child.stdin, child.stdout


def _write(pipe: IO[bytes], data: bytes, deadline: float) -> None:
    view = memoryview(data)
    while view:
        _, ready, _ = select.select([], [pipe], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            raise RenderFailed(f"It took longer than {SECONDS} seconds.")
        view = view[os.write(pipe.fileno(), view[:65536]) :]


def _read(pipe: IO[bytes], size: int, deadline: float) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        ready, _, _ = select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            raise RenderFailed(f"It took longer than {SECONDS} seconds.")
        part = os.read(pipe.fileno(), min(size - len(parts), 1 << 20))
        if not part:
            raise RenderFailed("The page maker stopped: it may have needed too much memory.")
        parts += part
    return bytes(parts)


def _answer(pipe: IO[bytes], deadline: float) -> tuple[bytes, int, bytes]:
    status, pages, length = HEADER.unpack(_read(pipe, HEADER.size, deadline))
    return status, pages, _read(pipe, length, deadline)


PRESS = Press()
atexit.register(PRESS.stop)


# The child's side


def _close_the_doors() -> None:
    """No network, no writing, no starting of programs; 512 MB. Runs once WeasyPrint is loaded."""
    import resource
    import signal

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    # A network of its own, with nothing in it: as root, else as root of a user space of its own.
    # A machine that forbids both still has the hook.
    unshare = ctypes.CDLL(None).unshare
    if unshare(_NEW_NETWORK) != 0:
        unshare(_NEW_NETWORK | _NEW_USERS)
    sys.addaudithook(_refuse)


_NEW_NETWORK, _NEW_USERS = 0x40000000, 0x10000000  # CLONE_NEWNET, CLONE_NEWUSER
_READABLE = tuple(
    {
        sys.prefix,
        sys.base_prefix,
        str(Path(os.__file__).parent),
        "/usr/share/fonts",
        "/usr/share/fontconfig",
        "/usr/share/zoneinfo",
        "/etc/fonts",
        "/proc/self",
        "/dev/null",
    }
)
_REFUSED = (
    "socket.",
    "subprocess.",
    "os.exec",
    "os.fork",
    "os.posix_spawn",
    "os.system",
    "ftplib.",
)


def _refuse(event: str, args: tuple[Any, ...]) -> None:
    """The audit hook: whatever the page or a library tries, these events stop it."""
    if event.startswith(_REFUSED):
        raise PermissionError(event)
    if event == "open" and isinstance(args[0], str | bytes):
        path = os.path.realpath(os.fsdecode(args[0]))
        if not path.startswith(_READABLE):
            raise PermissionError("open")


def _serve() -> None:
    """Make PDFs from standard input until it ends."""
    import gc

    import weasyprint
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import URLFetcher

    class Nothing(URLFetcher):
        """Fetches nothing: not the network, not a file, not even data in the address."""

        def fetch(self, url: str, headers: Any = None) -> Any:
            """Refuse."""
            raise ValueError("letters hold everything they show")

    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # nothing that a library prints may come between the answers
    fonts = FontConfiguration()
    _warm(weasyprint, fonts, Nothing())
    _close_the_doors()

    def answer(status: bytes, pages: int, data: bytes) -> None:
        answers.write(HEADER.pack(status, pages, len(data)) + data)
        answers.flush()

    answer(READY, 0, f"WeasyPrint {weasyprint.__version__}".encode())
    while length := requests.read(4):
        html = requests.read(struct.unpack(">I", length)[0]).decode()
        try:
            document = weasyprint.HTML(
                string=html, base_url="about:blank", url_fetcher=Nothing()
            ).render(font_config=fonts, pdf_variant="pdf/ua-1")
            made = document.write_pdf(pdf_variant="pdf/ua-1")
        except BaseException as problem:
            answer(FAILED, 0, type(problem).__name__.encode())  # its words may quote the page
            raise SystemExit(1) from None
        answer(DONE, len(document.pages), made)
        gc.collect()


def _warm(weasyprint: Any, fonts: Any, fetcher: Any) -> None:
    """Load fonts and late imports while files may still be opened."""
    page = (
        "<html lang=en><title>Warm</title><style>body{font-family:'Liberation Sans'}"
        "b{font-weight:bold}</style><h1>½ \u2019</h1><p><b>Warm</b> up</p><ul><li>A</ul>"
    )
    weasyprint.HTML(string=page, base_url="about:blank", url_fetcher=fetcher).write_pdf(
        font_config=fonts, pdf_variant="pdf/ua-1"
    )


if __name__ == "__main__":
    _serve()
