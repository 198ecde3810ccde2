"""The settings of a project, plain values for JSON by their names."""

import json
from contextlib import suppress
from typing import Any

from exclip_desktop.storage.project.project import Project


def set_setting(project: Project, name: str, value: Any) -> None:
    """Keep a setting."""
    with project.change() as connection:
        told = json.dumps(value, ensure_ascii=False)
        connection.execute("INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)", (name, told))


def settings_of(project: Project) -> dict[str, Any]:
    """Return all settings that were kept; one that a damaged file garbles counts as not kept."""
    found = {}
    for name, told in project.rows("SELECT name, value FROM setting ORDER BY name"):
        with suppress(ValueError, TypeError):
            found[name] = json.loads(told)
    return found
