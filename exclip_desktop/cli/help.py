"""The command ``help``: prints a page of the manual."""

import argparse
import re
import shutil
import textwrap

from exclip_desktop.cli.terminal import in_columns, print_text
from exclip_desktop.core.errors import SettingsError
from exclip_desktop.storage.manual import page, split_cells, topics
from exclip_desktop.ui.action_table import shortcuts_as_markdown

SHORTCUTS = "shortcuts"
COLUMN_GAP = "  "


def add_help(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.description = "Print a page of the manual. Without a topic, list the topics."
    parser.add_argument("topic", nargs="?", metavar="TOPIC", help="a page, for example: methods")
    parser.set_defaults(run=_help)


def _help(options: argparse.Namespace) -> None:
    width = shutil.get_terminal_size((120, 40)).columns
    print_text(topics_text() if options.topic is None else topic_text(options.topic, width))


def topics_text() -> str:
    """Return the list of topics, one per line."""
    rows = [(topic.key, topic.summary) for topic in topics()]
    rows.append((SHORTCUTS, "keyboard shortcuts and mouse gestures of the window"))
    return "\n".join(["Topics (exclip-desktop help TOPIC):", *(f"  {line}" for line in in_columns(rows))])


def topic_text(key: str, width: int = 120) -> str:
    """Return a page for a terminal of ``width`` columns: Markdown without images, with aligned tables.

    Links to pages are written as topics.

    Raises:
        SettingsError: there is no such topic.

    """
    if key == SHORTCUTS:
        return _with_aligned_tables(shortcuts_as_markdown(), width)
    if key not in {topic.key for topic in topics()}:
        known = ", ".join([*(topic.key for topic in topics()), SHORTCUTS])
        raise SettingsError(f'There is no topic "{key}".', f"Choose one: {known}.")
    text = re.sub(r"^!\[.*\)\n\n?", "", page(key), flags=re.MULTILINE)
    text = re.sub(r"\[([^\]]+)\]\(([\w-]+)\.md[^)]*\)", r"\1 (help \2)", text)
    return _with_aligned_tables(text, width)


def _with_aligned_tables(text: str, width: int) -> str:
    table = re.compile(r"(?:^\|.*\n)+", re.MULTILINE)
    return table.sub(lambda match: _aligned(match[0], width), text)


def _aligned(table: str, width: int) -> str:
    """Return a Markdown table in aligned columns; if they do not fit, as one block of lines per row."""
    rows = [split_cells(line) for line in table.splitlines()]
    head, body = rows[0], rows[2:]
    widths = [max(len(row[column]) for row in [head, *body]) for column in range(len(head))]
    if sum(widths) + len(COLUMN_GAP) * len(widths) <= width:
        return "".join(f"{line}\n" for line in in_columns([head, ["-" * size for size in widths], *body]))
    return "\n".join(_block(head, row, width) for row in body)


def _block(head: list[str], row: list[str], width: int) -> str:
    """Return a row as its first cell, and a line for each other cell."""
    lines = [row[0]]
    for name, cell in zip(head[1:], row[1:], strict=True):
        if cell:
            lines += textwrap.wrap(f"{name}: {cell}", width, initial_indent="  ", subsequent_indent="    ")
    return "\n".join(lines) + "\n"
