"""The picture with its heat and regions."""

import sys

# CUDA builds of torch install cuda.bindings. pyqtgraph imports it for a widget that is not used here: 0.07 of the
# 0.28 s of its import, and so of the start. It is hidden while pyqtgraph is imported, and importable afterwards.
_UNUSED = "cuda.bindings"
if "pyqtgraph" not in sys.modules and _UNUSED not in sys.modules:
    sys.modules[_UNUSED] = None  # type: ignore[assignment]
    try:
        import pyqtgraph  # noqa: F401
    finally:
        del sys.modules[_UNUSED]
