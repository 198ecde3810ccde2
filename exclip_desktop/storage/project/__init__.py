"""The project file, ``.exclip``: an SQLite database of pairs, findings, boxes and settings; ``schema`` says of what.

Paths in it start at its own folder, so that folder and file move together. Every change is a transaction of its own,
on disk before the call returns. The journal is SQLite's rollback journal: the one file always holds all that was
saved, so it may be copied or moved at any time it is not being written.
"""
