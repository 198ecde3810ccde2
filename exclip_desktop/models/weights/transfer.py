"""Fetches one file over HTTP: resumes it after an interruption, checks it, and moves it into place."""

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
from exclip_desktop.core.text.number_format import format_bytes

PART: Final = ".part"
VERSION: Final = ".version"
CHUNK: Final = 1 << 20
TIMEOUT_S: Final = 30
_CUT = (OSError, http.client.HTTPException)


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file on a server, and its place on this computer.

    Attributes:
        url: its address.
        target: its place on this computer; while it is fetched, ``target`` with ``PART`` at its end.
        bytes: its size; 0 where the server does not say.
        sha256: its published SHA-256, or the first digits; empty where none is published.
        headers: request headers; ``authorization`` is not passed on to another server.

    """

    url: str
    target: Path
    bytes: int = 0
    sha256: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def part(self) -> Path:
        """The unfinished file while it is fetched."""
        return self.target.with_name(self.target.name + PART)

    @property
    def version(self) -> Path:
        """The file that holds the version of ``part`` (ETag, or date of change)."""
        return self.part.with_name(self.part.name + VERSION)

    @property
    def bytes_here(self) -> int:
        """Bytes of it on this computer."""
        return next((path.stat().st_size for path in (self.target, self.part) if path.is_file()), 0)


def open_url(file: RemoteFile, method: str = "GET", start: int = 0, version: str = "") -> Any:
    """Return the server's answer from byte ``start`` on; the whole file if it is no longer of that ``version``.

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


def request_size(file: RemoteFile) -> RemoteFile:
    """Ask the server for a file's size, and return the file with it.

    Raises:
        ModelError: the server cannot be reached.

    """
    try:
        with open_url(file, "HEAD") as answer:
            return replace(file, bytes=int(answer.headers.get("content-length") or 0))
    except _CUT as error:
        raise _transfer_error(file, error) from error


def fetch_file(file: RemoteFile, progress: Progress, cancel: CancelToken) -> Path:
    """Fetch a file unless it exists, and return its place; an unfinished file is resumed.

    ``progress`` is called with bytes. An interrupted transfer is resumed at once, as long as each attempt adds bytes.

    Raises:
        ModelError: the server cannot be reached, the disk is full, or the content is not the published one.
        Cancelled: the person cancelled; the unfinished file stays, as after an interrupt.

    """
    if file.target.is_file():
        return file.target
    try:
        file.target.parent.mkdir(parents=True, exist_ok=True)
        while not _is_complete(file):
            _check_room(file)
            before = file.bytes_here
            file = _resume(file, progress, cancel)
            if file.bytes_here <= before and not _is_complete(file):
                raise ConnectionError("the server sends no more")
        _check_content(file, progress)
        os.replace(file.part, file.target)
        file.version.unlink(missing_ok=True)
    except _CUT as error:
        raise _transfer_error(file, error) from error
    return file.target


def _is_complete(file: RemoteFile) -> bool:
    return file.part.is_file() and 0 < file.bytes == file.bytes_here


def _resume(file: RemoteFile, progress: Progress, cancel: CancelToken) -> RemoteFile:
    """Append the server's bytes until they end or break off; return the file with its size.

    The file is fetched from the beginning where the unfinished part may be of another version: where the server reports
    one, or where neither a version nor a checksum would reveal it.
    """
    cancel.check()
    start = file.bytes_here if not file.bytes or file.bytes_here < file.bytes else 0
    version = file.version.read_text("ascii") if start and file.version.is_file() else ""
    start = start if version or file.sha256 else 0
    try:
        with open_url(file, start=start, version=version) as answer:
            current, resumed = _read_version(answer), answer.status == HTTPStatus.PARTIAL_CONTENT
            if resumed and version and current and current != version:  # the server ignored If-Range
                file.part.unlink()
                return _resume(file, progress, cancel)
            if not resumed:
                start = 0
                file.version.write_text(current, "ascii")
            length = answer.headers.get("content-length")
            total = start + int(length) if length else file.bytes
            with file.part.open("ab" if resumed else "wb") as part:
                _copy(answer, part, replace(file, bytes=total), progress, cancel)
    except HTTPError as error:
        if error.code != HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE or not file.bytes_here:
            raise
        file.part.unlink()  # of another version of the file
        return _resume(file, progress, cancel)
    return replace(file, bytes=total or file.bytes_here)


def _read_version(answer: Any) -> str:
    """Return the validator of a version for If-Range (RFC 9110, 13.1.5); empty where the server sends none."""
    tag = answer.headers.get("etag") or ""
    return tag if tag and not tag.startswith("W/") else answer.headers.get("last-modified") or ""


def _copy(answer: Any, part: Any, file: RemoteFile, progress: Progress, cancel: CancelToken) -> None:
    done = part.tell()
    while True:
        progress(Report(file.target.name, done, file.bytes))
        cancel.check()
        try:
            chunk = answer.read1(CHUNK)
        except _CUT as error:
            if file.bytes:
                return  # the caller compares the sizes
            raise ConnectionError("it broke off") from error
        if not chunk:
            return
        cancel.check()  # a new transfer of the file may have begun since
        part.write(chunk)
        done += len(chunk)


def _check_room(file: RemoteFile) -> None:
    if file.bytes - file.bytes_here > shutil.disk_usage(file.target.parent).free:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _check_content(file: RemoteFile, progress: Progress) -> None:
    """Raise ``ModelError`` and delete the file where its content is not the published one."""
    if not file.sha256:
        return
    progress(Report(f"{file.target.name}, checking", file.bytes, file.bytes))
    with file.part.open("rb") as part:
        digest = hashlib.file_digest(part, "sha256").hexdigest()
    if not digest.startswith(file.sha256):
        file.part.unlink()
        file.version.unlink(missing_ok=True)
        raise ModelError(
            f"{file.target.name} is not the published file: its SHA-256 is {digest[:12]}…, not {file.sha256[:12]}…. "
            "It was deleted.",
            "Fetch it again.",
        )


def _transfer_error(file: RemoteFile, error: Exception) -> ModelError:
    if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
        missing = format_bytes(max(0, file.bytes - file.bytes_here))
        return ModelError(
            f"The disk is full: {file.target.name} needs {missing} more in {file.target.parent}.",
            "Free some space and fetch it again: the download resumes.",
        )
    here = file.bytes_here
    resumable = f"; {format_bytes(here)} of {format_bytes(file.bytes)} are on this computer" if here else ""
    return ModelError(
        f"{file.url} could not be fetched: {error}{resumable}.",
        "Check the network and fetch it again" + (": the download resumes from there." if resumable else "."),
    )
