"""The project file, ``.exclip``: an SQLite database of pairs, findings, boxes and settings; see ``schema``.

Its paths are relative to its own folder, so that both can be moved together. Every change is a transaction, which is on
disk before the call returns. The journal is SQLite's rollback journal: the file always holds everything that was saved,
and can be copied or moved whenever it is not being written.
"""
