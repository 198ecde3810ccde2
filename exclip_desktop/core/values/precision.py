"""In which precision a model runs before the layer at which it is explained; derivatives are float32 in any case."""

from typing import Final

from exclip_desktop.core.errors import SettingsError

FULL: Final = "float32"
PRECISIONS: Final[dict[str, str]] = {
    FULL: "Everything in float32. Exact.",
    "bfloat16": "What comes before the layers in bfloat16. Made for recent accelerators; coarse.",
    "float16": "What comes before the layers in float16. Finer than bfloat16; large values may overflow.",
}
"""Name → what a person reads."""


def check_precision(name: str) -> None:
    """Raise ``SettingsError`` unless there is such a precision."""
    if name not in PRECISIONS:
        raise SettingsError(f'There is no precision "{name}".', f"Choose one (--precision): {', '.join(PRECISIONS)}.")


def precision_told(precision: str, score: float, float32_score: float | None) -> str:
    """Return how far a lower precision moved the score; empty for float32."""
    if float32_score is None:
        return ""
    scores = f"the score is {score:+.5f}, in float32 {float32_score:+.5f}"
    return f"Before the layers the model ran in {precision}: {scores}."
