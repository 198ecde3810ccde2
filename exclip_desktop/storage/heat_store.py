"""Heat of explained pairs on disk, so that lists show it at once after a restart: one small SQLite file."""

import hashlib
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from threading import Lock
from typing import Any, Final

from exclip_desktop.core.values.heat_thumbnail import HeatThumbnail, read_heat_thumbnail

MOST_ROWS: Final = 200_000
CREATE: Final = "CREATE TABLE IF NOT EXISTS heat (key TEXT PRIMARY KEY, data BLOB NOT NULL, sha256 BLOB)"
COLUMNS: Final = ["key", "data", "sha256"]
WAIT_S: Final = 2.0


class HeatStore:
    """Heat by key. Any thread may call it, several processes may share the file.

    Errors count as missing heat, and so does a row that does not match its checksum. A damaged file is removed.
    """

    def __init__(self, file: Path | None) -> None:
        """Store in ``file``; None: in memory only."""
        self._file, self._lock = file, Lock()
        self._memory: dict[str, bytes] = {}

    def get(self, key: str) -> HeatThumbnail | None:
        """Return the heat of a key, or None."""
        with self._lock:
            data = self._memory.get(key)
            if data is None and self._file is not None and self._file.exists():
                row = self._run(
                    lambda heat: heat.execute("SELECT data, sha256 FROM heat WHERE key = ?", (key,)).fetchone()
                )
                if row is not None and isinstance(row[0], bytes) and row[1] == _sum_of(key, row[0]):
                    data = row[0]
        return None if data is None else read_heat_thumbnail(data)

    def put(self, key: str, heat: HeatThumbnail) -> None:
        """Store heat; the oldest rows beyond ``MOST_ROWS`` leave."""
        data = heat.to_bytes()
        with self._lock:
            if self._file is None:
                self._memory[key] = data
                return
            with suppress(OSError):
                self._file.parent.mkdir(parents=True, exist_ok=True)
            values = (key, data, _sum_of(key, data))
            self._run(lambda heat: heat.execute("INSERT OR REPLACE INTO heat VALUES (?, ?, ?)", values))
            oldest = "DELETE FROM heat WHERE rowid <= (SELECT max(rowid) FROM heat) - ?"
            self._run(lambda heat: heat.execute(oldest, (MOST_ROWS,)))

    def clear(self) -> None:
        """Remove all heat."""
        with self._lock:
            self._memory.clear()
            if self._file is not None:
                with suppress(OSError):
                    self._file.unlink(missing_ok=True)

    def _run(self, action: Callable[[sqlite3.Connection], Any]) -> Any:
        """Return the result of a transaction; None where the file cannot be used, and where it is damaged."""
        assert self._file is not None
        try:
            with closing(sqlite3.connect(self._file, timeout=WAIT_S)) as connection, connection:
                connection.execute("PRAGMA trusted_schema = OFF")
                connection.execute("PRAGMA synchronous = OFF")  # it is a cache
                _prepare(connection)
                return action(connection)
        except sqlite3.OperationalError:  # locked, read-only, or the disk is full
            return None
        except (sqlite3.Error, UnicodeDecodeError):
            with suppress(OSError):
                self._file.unlink(missing_ok=True)
            return None


def _prepare(connection: sqlite3.Connection) -> None:
    """Create the table, add checksums to one of version 0.3.0, and refuse a file that holds anything else."""
    connection.execute(CREATE)
    columns = [name for _, name, *_ in connection.execute("PRAGMA table_info(heat)")]
    if columns == COLUMNS[:2]:
        connection.create_function("sum_of", 2, _sum_of, deterministic=True)
        connection.execute("ALTER TABLE heat ADD COLUMN sha256 BLOB")
        connection.execute(
            "UPDATE heat SET sha256 = sum_of(key, data) WHERE typeof(key) = 'text' AND typeof(data) = 'blob'"
        )
    others = connection.execute("SELECT count(*) FROM sqlite_master WHERE type IN ('view', 'trigger')").fetchone()[0]
    if columns not in (COLUMNS, COLUMNS[:2]) or others:
        raise sqlite3.DatabaseError("not the heat of this program")


def _sum_of(key: str, data: bytes) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass") + data).digest()
