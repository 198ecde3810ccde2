"""Control characters of names and captions, made visible."""

import json

import pytest

from exclip_desktop.core.text.visible_controls import escape_json_controls, show_controls, show_controls_in_line


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a dog\tand\na cat", "a dog\tand\na cat"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("over\rwritten", r"over\rwritten"),
        ("\x9b31m\x7f", r"\x9b31m\x7f"),
        ("\u202egnp.exe", r"\u202egnp.exe"),
        ("\udcff.png", r"\xff.png"),
        ("Hündchen 犬 👩‍🚀 שלום", "Hündchen 犬 👩‍🚀 שלום"),
    ],
)
def test_controls_are_shown_and_letters_stay(text: str, shown: str) -> None:
    assert show_controls(text) == shown


def test_a_line_has_no_end_within() -> None:
    assert show_controls_in_line("a\nb\tc") == r"a\nb\tc"


def test_json_stays_the_same_value_without_a_control_character() -> None:
    values = {"a\x9b\u202e\x7f": ["\x1b", "ü", "\n"]}
    document = escape_json_controls(json.dumps(values, ensure_ascii=False, indent=1))
    assert json.loads(document) == values
    assert document.isprintable() is False  # its lines
    assert all(line.isprintable() for line in document.splitlines())
