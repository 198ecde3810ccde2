"""The tables of a project file, and the migration of older ones.

| table | a row |
|---|---|
| ``setting`` | a setting by its name, its value as JSON: the ``model`` that explained last (``choice`` and ``how``: the arguments of ``load_model`` and ``explain``), the ``list``'s filter and order, the locked ``range`` of colours |
| ``pair`` | a listed pair, in the list's order (``number``); ``picture`` and ``mask`` are paths from the project's folder; ``regions`` is JSON as ``storage.regions`` describes; ``score``, ``residual`` and ``box_share`` (the heat's share in the regions) are NULL until it is explained, ``measured_by`` holds model and settings; ``rating`` is that of its newest rated finding |
| ``finding`` | the columns of a finding that tables sort and filter by |
| ``finding_view`` | the rest of it: selected ``rows`` and ``regions``, ``settings``, ``versions``, ``ledger``, ``words`` (text, start, end, selected, value; null where the method gives words none) and ``geometry`` (source_size, seen, grid) as JSON; ``heat`` as little-endian float32, row by row |
| ``finding_second`` | the second input of a finding of two pictures or two captions: ``picture`` (a path), its file's SHA-256, and the ``rest`` as JSON, as files of findings have it |
| ``finding_tag`` | a tag of a finding; ``place`` is its position |
| ``box`` | a labelled region of a picture, JSON as in ``pair`` |

``application_id`` is ``EXCP``; ``user_version`` the schema's version, the number of ``STEPS`` that were taken. A change of
the schema is a step more; steps that were released never change.
"""  # noqa: E501  a table's row is one line

import sqlite3
from collections.abc import Sequence
from typing import Final

APPLICATION_ID: Final = int.from_bytes(b"EXCP")
PAGE_BYTES: Final = 4096

_FIRST: Final = """
CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE pair (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  picture TEXT NOT NULL,
  caption TEXT NOT NULL,
  label TEXT NOT NULL,
  regions TEXT NOT NULL,
  mask TEXT NOT NULL,
  score REAL,
  residual REAL,
  box_share REAL,
  measured_by TEXT NOT NULL DEFAULT '',
  rating TEXT NOT NULL DEFAULT ''
);
CREATE INDEX pair_picture ON pair (picture);
CREATE INDEX pair_score ON pair (score);
CREATE INDEX pair_residual ON pair (residual);
CREATE INDEX pair_box_share ON pair (box_share);
CREATE INDEX pair_rating ON pair (rating);
CREATE TABLE finding (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  pair TEXT NOT NULL,
  picture TEXT NOT NULL,
  picture_sha256 TEXT NOT NULL,
  caption TEXT NOT NULL,
  method TEXT NOT NULL,
  model TEXT NOT NULL,
  weights_sha256 TEXT NOT NULL,
  score REAL NOT NULL,
  block REAL,
  share REAL,
  residual REAL,
  rating TEXT NOT NULL,
  note TEXT NOT NULL,
  created TEXT NOT NULL,
  changed TEXT NOT NULL
);
CREATE INDEX finding_pair ON finding (pair);
CREATE INDEX finding_picture ON finding (picture);
CREATE TABLE finding_view (
  finding INTEGER PRIMARY KEY REFERENCES finding (id) ON DELETE CASCADE,
  rows TEXT NOT NULL,
  regions TEXT NOT NULL,
  settings TEXT NOT NULL,
  versions TEXT NOT NULL,
  ledger TEXT NOT NULL,
  words TEXT NOT NULL,
  geometry TEXT NOT NULL,
  heat BLOB NOT NULL
);
CREATE TABLE finding_tag (
  finding INTEGER NOT NULL REFERENCES finding (id) ON DELETE CASCADE,
  place INTEGER NOT NULL,
  tag TEXT NOT NULL,
  UNIQUE (finding, tag)
);
CREATE INDEX finding_tag_tag ON finding_tag (tag);
CREATE TABLE box (id INTEGER PRIMARY KEY AUTOINCREMENT, picture TEXT NOT NULL, region TEXT NOT NULL);
CREATE INDEX box_picture ON box (picture);
"""

_SECOND: Final = """
CREATE TABLE finding_second (
  finding INTEGER PRIMARY KEY REFERENCES finding (id) ON DELETE CASCADE,
  picture TEXT NOT NULL,
  picture_sha256 TEXT NOT NULL,
  rest TEXT NOT NULL
);
"""

STEPS: Final[tuple[str, ...]] = (_FIRST, _SECOND)
"""The statements that lead from no schema to version 1, from 1 to 2, and so on."""

PATHS: Final = (
    ("pair", "picture"),
    ("pair", "mask"),
    ("finding", "picture"),
    ("finding_second", "picture"),
    ("box", "picture"),
)
"""Columns that hold paths."""

FIRST_TABLES: Final = ("setting", "pair", "finding", "finding_view", "finding_tag", "box")
"""The tables of the first step, which begin at the same pages in all files."""

TABLES: Final = (*FIRST_TABLES, "finding_second")


def migrate(connection: sqlite3.Connection, steps: Sequence[str] = STEPS) -> None:
    """Run the steps that are still missing, all or none."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        taken = connection.execute("PRAGMA user_version").fetchone()[0]
        for step in steps[taken:]:
            for statement in filter(str.strip, step.split(";\n")):
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {len(steps)}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
