"""Numbers as text: one spelling of signs and percentages, in one module."""

import re
from pathlib import Path

import pytest

from exclip_desktop.core.text.number_format import (
    format_digits,
    format_percent,
    format_residual,
    format_signed,
)

PACKAGE = Path(__file__).resolve().parents[3] / "exclip_desktop"
OWN_SPELLING = {
    "core/text/number_format.py",
    "core/values/pair_matrix.py",  # __repr__
    "storage/exports/finding_pages.py",  # LaTeX's minus
    "storage/exports/caption_markup.py",  # LaTeX's minus
}
HAND_MADE = re.compile(r""":\+?\.\d%\}|:\+[.}{]|replace\("-", "−"\)|"\{:[^}]*%\}""")


def test_a_percentage_has_a_true_minus_and_no_negative_zero() -> None:
    shares = (0.312, -0.004, -0.006, 0.0, 1.0)
    assert [format_percent(share) for share in shares] == ["31 %", "0 %", "−1 %", "0 %", "100 %"]
    assert [format_percent(share, 1) for share in shares] == ["31.2 %", "−0.4 %", "−0.6 %", "0.0 %", "100.0 %"]


@pytest.mark.parametrize(
    ("value", "text"), [(0.12, "+0.1200"), (-0.00012, "−0.000120"), (1e-9, "+0.0000"), (-1e-9, "+0.0000")]
)
def test_a_signed_value_always_has_its_sign(value: float, text: str) -> None:
    assert format_signed(value) == text


def test_other_spellings_have_the_same_minus() -> None:
    assert format_signed(-0.00004, 3) == "+0.000"
    assert (format_digits(-0.01234), format_digits(0.0), format_digits(12.3456, 4)) == ("−0.0123", "0", "+12.35")
    assert format_residual(2.14e-4) == "2.1e−04"


def test_no_other_module_of_the_window_spells_signs_or_percentages_itself() -> None:
    hand_made = [
        f"{path.relative_to(PACKAGE)}:{number}: {line.strip()}"
        for path in sorted(PACKAGE.rglob("*.py"))
        if path.relative_to(PACKAGE).as_posix() not in OWN_SPELLING
        and path.relative_to(PACKAGE).parts[0] not in ("cli", "demo")
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if HAND_MADE.search(line)
    ]
    assert hand_made == []
