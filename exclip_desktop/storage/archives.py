"""Pictures inside archives, under paths such as ``shard.tar/000.jpg`` and ``rows.parquet/image/17``."""

import errno
import importlib.util
import io
import os
import stat
import tarfile
from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any, Final

from exclip_desktop.core.errors import ListError
from exclip_desktop.core.paths import is_file

TAR, PARQUET = ".tar", ".parquet"
InputFile = io.BufferedReader | io.BytesIO
MOST_MEMBERS: Final = 1_000_000  # of a tar archive; shards have some ten thousand
PYARROW_HINT: Final = 'Install it: pip install "exclip-desktop[parquet]".'


def archive_of(path: Path) -> Path | None:
    """Return the archive that a path leads into; None for a path outside of archives."""
    return next((one for one in path.parents if one.suffix.lower() in (TAR, PARQUET) and is_file(one)), None)


def has_input(path: Path) -> bool:
    """Return whether there is a file, on the disk or in an archive."""
    archive = archive_of(path)
    if archive is None:
        return is_file(path)
    member = path.relative_to(archive).as_posix()
    return member in list_members(archive) if archive.suffix.lower() == TAR else True


def open_input(path: Path) -> InputFile:
    """Open a file for reading, on the disk or in an archive.

    Raises:
        OSError: it cannot be read, or the archive has no such member.
        ListError: the archive is damaged, or pyarrow is not installed.

    """
    archive = archive_of(path)
    if archive is None:
        return _open_file(path)
    member = path.relative_to(archive).as_posix()
    if archive.suffix.lower() == PARQUET:
        return io.BytesIO(_parquet_bytes(archive, member))
    members = list_members(archive)
    if member not in members:
        raise FileNotFoundError(f"{archive.name} has no {member}")
    offset, size = members[member]
    with _open_file(archive) as file:
        file.seek(offset)
        return io.BytesIO(file.read(size))


def _open_file(path: Path) -> io.BufferedReader:
    """Open a regular file; a named pipe would block, and a device may have no end."""
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise OSError(errno.EINVAL, "this is not a regular file", str(path))
    return path.open("rb")


def input_bytes(path: Path) -> int:
    """Return the size of a file in bytes, on the disk or in a tar archive; of a row in a table, the table's size.

    Raises:
        OSError: there is no such file.

    """
    archive = archive_of(path)
    if archive is None:
        return path.stat().st_size
    member = path.relative_to(archive).as_posix()
    members = list_members(archive) if archive.suffix.lower() == TAR else {}
    return members[member][1] if member in members else archive.stat().st_size


def list_members(archive: Path) -> dict[str, tuple[int, int]]:
    """Return offset and size in bytes of every file in a tar archive, by its name.

    Raises:
        ListError: the archive is damaged or compressed.

    """
    status = archive.stat()
    return _list_members(archive, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=4)
def _list_members(archive: Path, size: int, changed_ns: int) -> dict[str, tuple[int, int]]:
    try:
        with tarfile.open(archive, "r:") as opened:
            return dict(_regular_members(opened, size))
    except (tarfile.TarError, ValueError, OverflowError, RecursionError, MemoryError) as error:  # of damaged headers
        raise ListError(
            f"{archive.name} is no tar archive that can be read: {error}.", "Fetch it again, or unpack it."
        ) from error


def _regular_members(opened: tarfile.TarFile, archive_bytes: int) -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield the files of an archive whose data lie in it, under names that do not lead out of it."""
    for number, member in enumerate(opened, 1):
        if number > MOST_MEMBERS:
            raise tarfile.ReadError(f"it has more than {MOST_MEMBERS:,} members")
        if member.size < 0:
            raise tarfile.ReadError(f"the size of member {number} is negative")
        name = PurePosixPath(member.name)  # ./a.jpg is a.jpg
        is_within = member.offset_data + member.size <= archive_bytes
        leads_out = name.is_absolute() or ".." in name.parts
        if member.isreg() and not member.issparse() and is_within and not leads_out:
            yield name.as_posix(), (member.offset_data, member.size)


def open_parquet(path: Path) -> Any:
    """Return a ``pyarrow.parquet.ParquetFile``.

    Raises:
        ListError: pyarrow is not installed, or the file is damaged.

    """
    if importlib.util.find_spec("pyarrow") is None:
        raise ListError(f"Reading {path.name} needs pyarrow.", PYARROW_HINT)
    from pyarrow import ArrowException, parquet  # noqa: PLC0415  an extra

    try:
        return parquet.ParquetFile(path)
    except (ArrowException, OSError) as error:
        raise ListError(f"{path.name} is no parquet file that can be read.", "Fetch or save it again.") from error


def _parquet_bytes(path: Path, member: str) -> bytes:
    """Return the bytes of a picture; ``member`` is its column and its row, as ``image/17``."""
    column, _, number = member.rpartition("/")
    row = int(number) if number.isdecimal() else -1
    status = path.stat()
    file = _open_parquet(path, status.st_size, status.st_mtime_ns)
    starts = [0]
    for index in range(file.num_row_groups):
        starts.append(starts[-1] + file.metadata.row_group(index).num_rows)
    group = bisect_right(starts, row) - 1
    if not 0 <= group < file.num_row_groups or column not in file.schema_arrow.names:
        raise FileNotFoundError(f"{path.name} has no {member}")
    value = _row_group(path, status.st_mtime_ns, group, column)[row - starts[group]].as_py()
    data = value.get("bytes") if isinstance(value, dict) else value
    if not isinstance(data, bytes):
        raise FileNotFoundError(f"{path.name} has no picture in row {row}")
    return data


@lru_cache(maxsize=2)
def _open_parquet(path: Path, size: int, changed_ns: int) -> Any:
    return open_parquet(path)


@lru_cache(maxsize=1)
def _row_group(path: Path, changed_ns: int, group: int, column: str) -> Any:
    """Return the cells of a column in a group of rows."""
    return _open_parquet(path, path.stat().st_size, changed_ns).read_row_group(group, columns=[column]).column(0)
