"""A local web server for tests: interrupts, resumes, refuses and redirects as its attributes say."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class WebRequest(NamedTuple):
    """One request."""

    method: str
    path: str
    range: str
    authorization: str
    if_range: str = ""


@dataclass
class Web:
    """The state and the behaviour of the server.

    Attributes:
        files: contents by path; those below /cdn/ are found under another name of this computer.
        hub: contents by /repository/resolve/main/file, answered as Hugging Face's hub does: by a redirect to /cdn/.
        cuts: the numbers of bytes after which the next answers break off.
        resumes: whether ranges are answered.
        versions: the header with the version of a content: ``etag``, ``last-modified``, or none.
        heeds_versions: whether If-Range is obeyed.
        requests: the requests so far.

    """

    files: dict[str, bytes] = field(default_factory=dict)
    hub: dict[str, bytes] = field(default_factory=dict)
    cuts: list[int] = field(default_factory=list)
    resumes: bool = True
    versions: str = "etag"
    heeds_versions: bool = True
    requests: list[WebRequest] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def fetched(self) -> list[WebRequest]:
        """The requests for contents."""
        return [one for one in self.requests if one.method == "GET" and one.path in self.files]

    def publish(self, repository: str, file: str, content: bytes) -> str:
        """Put a file on the hub, and return its SHA-256."""
        sha256 = hashlib.sha256(content).hexdigest()
        self.hub[f"/{repository}/resolve/main/{file}"] = content
        self.files[f"/cdn/{sha256}"] = content
        return sha256


class _Handler(BaseHTTPRequestHandler):
    web: Web
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self.answer(body=False)

    def do_GET(self) -> None:
        self.answer(body=True)

    def answer(self, body: bool) -> None:
        headers = (self.headers.get(name, "") for name in ("Range", "Authorization", "If-Range"))
        self.web.requests.append(WebRequest(self.command, self.path, *headers))
        if self.path in self.web.hub:
            self.redirect(self.web.hub[self.path])
        elif self.path in self.web.files:
            self.content(self.web.files[self.path], body)
        else:
            self.send_response(404)
            if "/resolve/" in self.path:
                self.send_header("X-Error-Code", "EntryNotFound")
            self.end(0)

    def redirect(self, content: bytes) -> None:
        sha256 = hashlib.sha256(content).hexdigest()
        self.send_response(302)
        self.send_header("Location", f"http://localhost:{self.web.port}/cdn/{sha256}")
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("X-Linked-Etag", f'"{sha256}"')
        self.send_header("X-Linked-Size", str(len(content)))
        self.end(0)

    def content(self, content: bytes, body: bool) -> None:
        byte_range = self.headers.get("Range", "")
        version, if_range = self.version(content), self.headers.get("If-Range", "")
        if if_range not in ("", version) and self.web.heeds_versions:
            byte_range = ""
        start = int(byte_range.removeprefix("bytes=").rstrip("-")) if byte_range and self.web.resumes else 0
        if start and start >= len(content):
            self.send_response(416)
            self.end(0)
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        if self.web.versions:
            self.send_header(self.web.versions, version)
        self.end(len(content) - start)
        if body:
            self.wfile.write(content[start:][: self.web.cuts.pop(0)] if self.web.cuts else content[start:])

    def version(self, content: bytes) -> str:
        digest = hashlib.sha256(content).hexdigest()[:8]
        if self.web.versions == "etag":
            return f'"{digest}"'
        return f"Mon, 01 Jan 2024 00:00:{int(digest, 16) % 60:02} GMT" if self.web.versions else ""

    def end(self, length: int) -> None:
        self.send_header("Content-Length", str(length))
        self.send_header("Connection", "close")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def web_server() -> Iterator[Web]:
    """Serve until the block ends."""
    web = Web()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"web": web}))
    web.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield web
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
