"""Hostile archives of pairs, tar and parquet: members that lie, bombs, texts that are none."""

import io
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from tests.hostile.inputs.lists import (
    DEEP,
    PNG,
    REFUSED,
    Write,
    writes_file,
    writes_sparse,
)
from tests.hostile.runner import OUT, HostileInput


def _archive(add: Callable[[tarfile.TarFile], None], change: Callable[[bytes], bytes] = bytes) -> Write:
    def write(folder: Path) -> list[str]:
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
            _add(archive, "a.png", PNG)
            _add(archive, "a.txt", b"a dog")
            add(archive)
        (folder / "x.tar").write_bytes(change(buffer.getvalue()))
        return ["convert", "x.tar", f"{OUT}/out", "--to", "imagefolder"]

    return write


def _add(archive: tarfile.TarFile, name: str, data: bytes = b"", kind: bytes = tarfile.REGTYPE, **values: Any) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.type = len(data), kind
    for key, value in values.items():
        setattr(member, key, value)
    archive.addfile(member, io.BytesIO(data))


def _set_size(text: bytes) -> Callable[[bytes], bytes]:
    """Return a function that sets the size of an archive's first member, with the right checksum."""

    def change(data: bytes) -> bytes:
        head = bytearray(data[:512])
        head[124:136] = text.ljust(12, b"\0")
        head[148:156] = b" " * 8
        head[148:156] = f"{sum(head):06o}\0 ".encode()
        return bytes(head) + data[512:]

    return change


def _archives() -> Iterator[HostileInput]:
    """Yield tar archives with strange members and headers."""
    kinds = {
        "a symbolic link": lambda a: _add(a, "b.png", kind=tarfile.SYMTYPE, linkname="/etc/passwd"),
        "a hard link": lambda a: _add(a, "b.png", kind=tarfile.LNKTYPE, linkname="../canary/kept.txt"),
        "a device": lambda a: _add(a, "b.png", kind=tarfile.CHRTYPE, devmajor=1, devminor=5),
        "a named pipe": lambda a: _add(a, "b.png", kind=tarfile.FIFOTYPE),
        "a path that leads out": lambda a: _add(a, "../../canary/b.png", PNG),
        "an absolute path": lambda a: _add(a, "/tmp/hostile/b.png", PNG),
        "a path to another file": lambda a: [_add(a, "../canary/kept.txt.png", PNG), _add(a, "../kept.txt", b"x")],
        "a caption of 50 MB": lambda a: [_add(a, "b.png", PNG), _add(a, "b.txt", b"a dog " * 8_000_000)],
        "deep facts": lambda a: [_add(a, "b.png", PNG), _add(a, "b.json", DEEP.encode())],
        "facts of another kind": lambda a: [
            _add(a, "b.png", PNG),
            _add(a, "b.json", b'{"caption": 7, "boxes": 1e999}'),
        ],
        "facts that are not JSON": lambda a: [_add(a, "b.png", PNG), _add(a, "b.json", b"\xff")],
        "a name that is not UTF-8": lambda a: _add(a, "b\udcff.png", PNG),
        "control characters in a name": lambda a: _add(a, "b\x1b[31m.png", PNG),
        "an endless name": lambda a: _add(a, "b" * 1_000_000 + ".png", PNG),
        "twenty thousand members": lambda a: [_add(a, f"{i}.txt", b"x") for i in range(20_000)],
        "wrong headers of pax": lambda a: _add(a, "b.png", PNG, pax_headers={"GNU.sparse.size": "-1", "size": "x"}),
        "a sparse member": lambda a: _add(
            a, "b.png", PNG, pax_headers={"GNU.sparse.size": "99999999999", "GNU.sparse.map": "0,1"}
        ),
    }
    for name, add in kinds.items():
        fast = name in ("a path to another file", "a caption of 50 MB")
        yield HostileInput(f"tar, {name}", _archive(add), fast=fast)
    sizes = {
        "a size of 8 GB": b"77777777777",
        "a negative size": b"\xff" * 12,
        "a size of 2^80": b"\x80" + b"\xff" * 11,
        "a size that is no number": b"xyz",
    }
    for name, size in sizes.items():
        yield HostileInput(f"tar, {name}", _archive(lambda _: None, _set_size(size)), fast="8 GB" in name)
    yield HostileInput("tar, cut short", _archive(lambda _: None, lambda data: data[:700]))
    yield HostileInput("tar, 1 GB of NUL bytes", writes_sparse("x.tar"))
    yield HostileInput("tar, only its mark", writes_file("x.tar", b"\0" * 257 + b"ustar" + b"\0" * 250), codes=REFUSED)


def _tables_of_parquet() -> Iterator[HostileInput]:
    """Yield parquet files with columns of another kind, and damaged ones."""
    columns: dict[str, dict[str, Any]] = {
        "captions that are numbers": {"path": ["a.png", "b.png"], "caption": [1, 2]},
        "captions that are bytes": {"path": ["a.png"], "caption": [b"\xff\x00"]},
        "paths that are numbers": {"path": [1.5], "caption": ["a dog"]},
        "paths that are missing": {"path": [None, "a.png"], "caption": ["a dog", None]},
        "boxes that are no numbers": {"path": ["a.png"], "caption": ["x"], "boxes": [[[1.0, 2.0, float("inf"), 4.0]]]},
        "pictures that are missing": {"image": [{"bytes": None, "path": "a.png"}], "caption": ["x"]},
        "pictures that are none": {"image": [{"bytes": b"%!PS", "path": "a.png"}], "caption": ["x"]},
        "a status of another kind": {"key": [1], "status": [None], "caption": ["x"]},
        "one long caption in every row": {"path": ["a.png"] * 2000, "caption": ["dog " * 12_000] * 2000},
    }

    def table(values: dict[str, Any]) -> Write:
        def write(folder: Path) -> list[str]:
            import pyarrow  # noqa: PLC0415  an extra
            from pyarrow import parquet  # noqa: PLC0415

            parquet.write_table(pyarrow.table(values), folder / "x.parquet")
            return ["convert", "x.parquet", f"{OUT}/out.jsonl"]

        return write

    for name, values in columns.items():
        yield HostileInput(f"parquet, {name}", table(values))
    yield HostileInput("parquet, a text that is not UTF-8", _parquet_of_bad_text, fast=True)
    yield HostileInput("parquet, only its mark", writes_file("x.parquet", b"PAR1"), codes=REFUSED)
    yield HostileInput("parquet, damaged", writes_file("x.parquet", b"PAR1" + b"\xff" * 4000 + b"\xff\xff\0\0PAR1"))


def _parquet_of_bad_text(folder: Path) -> list[str]:
    import pyarrow  # noqa: PLC0415  an extra
    from pyarrow import parquet  # noqa: PLC0415

    data = pyarrow.array([b"a dog", b"\xff\xfe"]).view(pyarrow.string())
    parquet.write_table(pyarrow.table({"path": ["a.png", "b.png"], "caption": data}), folder / "x.parquet")
    return ["convert", "x.parquet", f"{OUT}/out.jsonl"]


INPUTS: Final = (
    *_archives(),
    *_tables_of_parquet(),
)
"""What an archive may hold in place of pairs."""
