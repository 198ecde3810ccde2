"""Control characters of names and captions made visible, because a terminal obeys them."""

import re
from typing import Final

_CONTROLS: Final = "\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
"""C0 and C1 controls but for tab and newline, marks that reorder text, and bytes that are no text."""

_IN_LINES: Final = re.compile(f"[{_CONTROLS}]")
_IN_A_LINE: Final = re.compile(f"[\t\n{_CONTROLS}]")
_NAMED: Final = {"\t": r"\t", "\n": r"\n", "\r": r"\r"}
_UNDECODED: Final = range(0xDC80, 0xDD00)


def show_controls(text: str) -> str:
    r"""Return ``text`` with every control character as Python writes it, such as ``\x1b``; lines and tabs stay."""
    return _IN_LINES.sub(_as_escape, text)


def show_controls_in_line(text: str) -> str:
    r"""Return ``text`` as one line: as ``show_controls``, with ``\n`` and ``\t`` for the ends of lines and tabs."""
    return _IN_A_LINE.sub(_as_escape, text)


def escape_json_controls(document: str) -> str:
    """Return a JSON document whose texts hold no control character as it is, but as JSON's escape."""
    return _IN_LINES.sub(lambda match: f"\\u{ord(match[0]):04x}", document)


def _as_escape(match: re.Match[str]) -> str:
    sign = match[0]
    code = ord(sign) - 0xDC00 if ord(sign) in _UNDECODED else ord(sign)
    return _NAMED.get(sign) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")
