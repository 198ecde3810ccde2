"""The command ``help``: prints a page of the manual."""

import argparse
import re
from typing import Any

from exclip_desktop.core.errors import SettingsError
from exclip_desktop.storage.manual import page, topics
from exclip_desktop.ui.action_table import shortcuts_as_markdown

SHORTCUTS = "shortcuts"


def add_help(commands: Any) -> None:
    """Add the command ``help`` to the parser's commands."""
    parser = commands.add_parser(
        "help",
        help="print a page of the manual",
        description="Print a page of the manual. Without a topic, list the topics.",
    )
    parser.add_argument("topic", nargs="?", metavar="TOPIC", help="a page, for example: methods")
    parser.set_defaults(run=_help)


def _help(options: argparse.Namespace) -> None:
    print(topics_text() if options.topic is None else topic_text(options.topic))


def topics_text() -> str:
    """Return the list of topics, one per line."""
    rows = [(topic.key, topic.summary) for topic in topics()]
    rows.append((SHORTCUTS, "keyboard shortcuts and mouse gestures of the window"))
    width = max(len(key) for key, _ in rows)
    lines = [f"  {key:<{width}}  {summary}" for key, summary in rows]
    return "\n".join(["Topics (exclip-desktop help TOPIC):", *lines])


def topic_text(key: str) -> str:
    """Return a page for the terminal: Markdown without images, links to pages as topics.

    Raises:
        SettingsError: there is no such topic.

    """
    if key == SHORTCUTS:
        return shortcuts_as_markdown()
    if key not in {topic.key for topic in topics()}:
        known = ", ".join([*(topic.key for topic in topics()), SHORTCUTS])
        raise SettingsError(f'There is no topic "{key}".', f"Choose one: {known}.")
    text = re.sub(r"^!\[.*\)\n\n?", "", page(key), flags=re.MULTILINE)
    return re.sub(r"\[([^\]]+)\]\(([\w-]+)\.md[^)]*\)", r"\1 (help \2)", text)
