"""Heat of explained pairs on disk, so that lists show it at once after a restart: one small SQLite file."""

import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from threading import Lock
from typing import Final

from exclip_desktop.core.values.heat_thumbnail import HeatThumbnail, read_heat_thumbnail

MOST_ROWS: Final = 200_000
CREATE: Final = "CREATE TABLE IF NOT EXISTS heat (key TEXT PRIMARY KEY, data BLOB NOT NULL)"
WAIT_S: Final = 2.0


class HeatStore:
    """Heat by key. Any thread may call it, several processes may share the file; errors count as missing heat."""

    def __init__(self, file: Path | None) -> None:
        """Store in ``file``; None: in memory only."""
        self._file, self._lock = file, Lock()
        self._memory: dict[str, bytes] = {}

    def get(self, key: str) -> HeatThumbnail | None:
        """Return the heat of a key, or None."""
        with self._lock:
            data = self._memory.get(key)
            if data is None and self._file is not None and self._file.exists():
                with suppress(sqlite3.Error, OSError), closing(self._connect()) as connection:
                    row = connection.execute("SELECT data FROM heat WHERE key = ?", (key,)).fetchone()
                    data = None if row is None else row[0]
        return None if data is None else read_heat_thumbnail(data)

    def put(self, key: str, heat: HeatThumbnail) -> None:
        """Store heat; the oldest rows beyond ``MOST_ROWS`` leave."""
        data = heat.to_bytes()
        with self._lock:
            if self._file is None:
                self._memory[key] = data
                return
            with suppress(sqlite3.Error, OSError):
                self._file.parent.mkdir(parents=True, exist_ok=True)
                with closing(self._connect()) as connection, connection:
                    connection.execute("INSERT OR REPLACE INTO heat (key, data) VALUES (?, ?)", (key, data))
                    connection.execute(
                        "DELETE FROM heat WHERE rowid <= (SELECT max(rowid) FROM heat) - ?", (MOST_ROWS,)
                    )

    def clear(self) -> None:
        """Remove all heat."""
        with self._lock:
            self._memory.clear()
            if self._file is not None:
                with suppress(OSError):
                    self._file.unlink(missing_ok=True)

    def _connect(self) -> sqlite3.Connection:
        assert self._file is not None
        connection = sqlite3.connect(self._file, timeout=WAIT_S)
        connection.execute("PRAGMA synchronous = OFF")  # it is a cache
        connection.execute(CREATE)
        return connection
