"""Fetches one file over HTTP: resumed after a cut, checked, and moved into place whole."""

import errno
import hashlib
import http.client
import os
import shutil
import ssl
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from urllib.error import HTTPError

import truststore

from exclip_desktop.core.errors import ModelError
from exclip_desktop.core.progress import CancelToken, Progress, Report
from exclip_desktop.core.text.sizes import format_bytes

PART: Final = ".part"
VERSION: Final = ".version"
CHUNK: Final = 1 << 20
TIMEOUT_S: Final = 30
_CUT = (OSError, http.client.HTTPException)


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file elsewhere, and where it shall lie.

    Attributes:
        url: its address.
        target: its place on this computer; while it is fetched, ``target`` with ``PART`` at its end.
        bytes: its size; 0 where the server does not say.
        sha256: its published SHA-256, or the first digits; empty where none is published.
        headers: what the server must be told; ``authorization`` is not passed on to another server.

    """

    url: str
    target: Path
    bytes: int = 0
    sha256: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def part(self) -> Path:
        """What is there of it while it is fetched."""
        return self.target.with_name(self.target.name + PART)

    @property
    def version(self) -> Path:
        """Which version of it that is, as the server told (ETag, or when it was changed)."""
        return self.part.with_name(self.part.name + VERSION)

    @property
    def here(self) -> int:
        """Bytes of it on this computer."""
        return next((path.stat().st_size for path in (self.target, self.part) if path.is_file()), 0)


def open_url(file: RemoteFile, method: str = "GET", start: int = 0, version: str = "") -> Any:
    """Return the server's answer, from byte ``start`` on; the whole if the file is no longer of that ``version``.

    Raises:
        OSError: the server cannot be reached, or refuses.

    """
    request = urllib.request.Request(file.url, method=method)
    for name, value in {"accept-encoding": "identity", **file.headers}.items():
        request.add_unredirected_header(name, value) if name == "authorization" else request.add_header(name, value)
    if start:
        request.add_header("range", f"bytes={start}-")
    if start and version:
        request.add_header("if-range", version)
    context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # what the system trusts, on every system
    return urllib.request.urlopen(request, timeout=TIMEOUT_S, context=context)


def size_of(file: RemoteFile) -> RemoteFile:
    """Ask the server for a file's size, and return the file with it.

    Raises:
        ModelError: the server cannot be reached.

    """
    try:
        with open_url(file, "HEAD") as answer:
            return replace(file, bytes=int(answer.headers.get("content-length") or 0))
    except _CUT as error:
        raise _told(file, error) from error


def fetch_file(file: RemoteFile, tell: Progress, cancel: CancelToken) -> Path:
    """Fetch a file unless it is there, and return its place; what is there of it already is not fetched again.

    ``tell`` hears of bytes. After a cut it goes on at once, as long as each attempt brings something.

    Raises:
        ModelError: the server cannot be reached, the disk is full, or what came is not what was published.
        Cancelled: the person cancelled; what came is kept, as it is after an interrupt.

    """
    if file.target.is_file():
        return file.target
    try:
        file.target.parent.mkdir(parents=True, exist_ok=True)
        while not _complete(file):
            _check_room(file)
            before = file.here
            file = _go_on(file, tell, cancel)
            if file.here <= before and not _complete(file):
                raise ConnectionError("the server sends no more")
        _check_content(file, tell)
        os.replace(file.part, file.target)
        file.version.unlink(missing_ok=True)
    except _CUT as error:
        raise _told(file, error) from error
    return file.target


def _complete(file: RemoteFile) -> bool:
    return file.part.is_file() and 0 < file.bytes == file.here


def _go_on(file: RemoteFile, tell: Progress, cancel: CancelToken) -> RemoteFile:
    """Append what the server sends until it ends or breaks off; return the file with its size.

    What is here is begun anew where it may be of another version: where the server says so, or where neither a version
    nor a checksum would show it.
    """
    cancel.check()
    start = file.here if not file.bytes or file.here < file.bytes else 0
    version = file.version.read_text("ascii") if start and file.version.is_file() else ""
    start = start if version or file.sha256 else 0
    try:
        with open_url(file, start=start, version=version) as answer:
            found, resumed = _version_of(answer), answer.status == HTTPStatus.PARTIAL_CONTENT
            if resumed and version and found and found != version:  # the server has not heeded If-Range
                file.part.unlink()
                return _go_on(file, tell, cancel)
            if not resumed:
                start = 0
                file.version.write_text(found, "ascii")
            length = answer.headers.get("content-length")
            total = start + int(length) if length else file.bytes
            with file.part.open("ab" if resumed else "wb") as part:
                _copy(answer, part, replace(file, bytes=total), tell, cancel)
    except HTTPError as error:
        if error.code != HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE or not file.here:
            raise
        file.part.unlink()  # of another version of the file
        return _go_on(file, tell, cancel)
    return replace(file, bytes=total or file.here)


def _version_of(answer: Any) -> str:
    """Return what If-Range may name a version of a file by (RFC 9110, 13.1.5); empty where the server tells nothing."""
    tag = answer.headers.get("etag") or ""
    return tag if tag and not tag.startswith("W/") else answer.headers.get("last-modified") or ""


def _copy(answer: Any, part: Any, file: RemoteFile, tell: Progress, cancel: CancelToken) -> None:
    done = part.tell()
    while True:
        tell(Report(file.target.name, done, file.bytes))
        cancel.check()
        try:
            chunk = answer.read1(CHUNK)
        except _CUT as error:
            if file.bytes:
                return  # the caller sees how far it came
            raise ConnectionError("it broke off") from error
        if not chunk:
            return
        cancel.check()  # whoever cancelled may have begun anew meanwhile
        part.write(chunk)
        done += len(chunk)


def _check_room(file: RemoteFile) -> None:
    if file.bytes - file.here > shutil.disk_usage(file.target.parent).free:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _check_content(file: RemoteFile, tell: Progress) -> None:
    """Refuse, and remove, what is not what was published."""
    if not file.sha256:
        return
    tell(Report(f"{file.target.name}, checking", file.bytes, file.bytes))
    with file.part.open("rb") as part:
        found = hashlib.file_digest(part, "sha256").hexdigest()
    if not found.startswith(file.sha256):
        file.part.unlink()
        file.version.unlink(missing_ok=True)
        raise ModelError(
            f"{file.target.name} did not arrive as it was published: its SHA-256 is {found[:12]}…, and should be "
            f"{file.sha256[:12]}…. It was removed.",
            "Fetch it again.",
        )


def _told(file: RemoteFile, error: Exception) -> ModelError:
    if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
        missing = format_bytes(max(0, file.bytes - file.here))
        return ModelError(
            f"The disk is full: {file.target.name} needs {missing} more in {file.target.parent}.",
            "Free some space and fetch it again; what has come is kept, and it goes on from there.",
        )
    kept = f"; {format_bytes(file.here)} of {format_bytes(file.bytes)} have come, and are kept" if file.here else ""
    return ModelError(
        f"{file.url} could not be fetched: {error}{kept}.",
        "Check the network and fetch it again" + (": it goes on from there." if kept else "."),
    )
