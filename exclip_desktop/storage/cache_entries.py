"""Entries of the cache as bytes: a factor or an explanation in safetensors, with a checksum of everything."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from exclip_desktop.core.cache_keys import FORMAT
from exclip_desktop.core.maths.interactions import Ends, InteractionMatrix, Ledger
from exclip_desktop.core.values.caption import Caption
from exclip_desktop.core.values.explanation import Explanation, Factor, ResolvedSettings, SideReport
from exclip_desktop.core.values.geometry import Geometry

Arrays = dict[str, NDArray[np.floating[Any]]]

DAMAGE: Final = (SafetensorError, ValueError, KeyError, TypeError)
"""What the functions that decode raise where an entry is not exactly as it was written."""


def encode_factor(key: str, factor: Factor) -> bytes:
    """Return the entry of a factor."""
    return _encode(key, asdict(factor.report), factor_arrays(factor))


def decode_factor(key: str, data: bytes) -> Factor:
    """Return the factor of an entry; raise one of ``DAMAGE`` where the entry is damaged."""
    report, arrays = _decode(key, data)
    ends = Ends(arrays["embedding"], arrays["reference"], arrays["told"], arrays.get("full"))
    factor = Factor(arrays["rows"], ends, SideReport(**report))
    _check_factor(factor)
    return factor


def encode_array(key: str, values: NDArray[np.float32]) -> bytes:
    """Return the entry of an array, such as the embeddings of a vocabulary."""
    return _encode(key, {}, {"values": values})


def decode_array(key: str, data: bytes) -> NDArray[np.float32]:
    """Return the array of an entry; raise one of ``DAMAGE`` where the entry is damaged."""
    values = _decode(key, data)[1]["values"]
    if values.dtype != np.float32 or not np.isfinite(values).all():
        raise ValueError("it holds a value that is not a finite number")
    return values


def factor_arrays(factor: Factor) -> Arrays:
    """Return the arrays of a factor by their names in an entry."""
    ends = factor.ends
    arrays: Arrays = {
        "rows": factor.rows,
        "embedding": ends.embedding,
        "reference": ends.reference,
        "told": ends.ledger_reference,
    }
    return arrays if ends.full is None else {**arrays, "full": ends.full}


def encode_explanation(key: str, explanation: Explanation) -> bytes:
    """Return the entry of an explanation, without its caption: the key knows its tokens."""
    report = {
        "score": explanation.score,
        "float32_score": explanation.float32_score,
        "ledger": asdict(explanation.ledger),
        "image_side": asdict(explanation.image_side),
        "text_side": asdict(explanation.text_side),
        "settings": asdict(explanation.settings),
        "geometry": (explanation.geometry.source_size, explanation.geometry.visible, explanation.geometry.grid),
        "prefix": explanation.interactions.prefix,
    }
    return _encode(key, report, {"matrix": explanation.matrix})


def decode_explanation(key: str, data: bytes, caption: Caption) -> Explanation:
    """Return the explanation of an entry; raise one of ``DAMAGE`` where it is damaged, or of another caption."""
    report, arrays = _decode(key, data)
    geometry = Geometry(*map(tuple, report["geometry"]))
    content = np.array([token.kind == "content" for token in caption.tokens])
    matrix = InteractionMatrix(arrays["matrix"], content, report["prefix"], geometry.grid)
    shape = len(caption.tokens), matrix.prefix + geometry.grid[0] * geometry.grid[1]
    if matrix.values.shape != shape or matrix.values.dtype != np.float32 or not np.isfinite(matrix.values).all():
        raise ValueError("its matrix does not fit the caption and the picture")
    return Explanation(
        interactions=matrix,
        caption=caption,
        geometry=geometry,
        score=float(report["score"]),
        ledger=Ledger(**report["ledger"]),
        image_side=SideReport(**report["image_side"]),
        text_side=SideReport(**report["text_side"]),
        settings=ResolvedSettings(**report["settings"]),
        float32_score=report["float32_score"],
    )


def _encode(key: str, report: Mapping[str, Any], arrays: Arrays) -> bytes:
    whole = {name: np.ascontiguousarray(values) for name, values in arrays.items()}
    text = json.dumps(report)
    metadata = {"format": str(FORMAT), "key": key, "report": text, "sha256": digest(text, whole)}
    return save(whole, metadata)


def _decode(key: str, data: bytes) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    arrays = load(data)
    metadata = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])["__metadata__"]
    if metadata["format"] != str(FORMAT) or metadata["key"] != key:
        raise ValueError("an entry of another key or format")
    if metadata["sha256"] != digest(metadata["report"], arrays):
        raise ValueError("its contents have changed")
    report: dict[str, Any] = json.loads(metadata["report"])
    return report, arrays


def _check_factor(factor: Factor) -> None:
    rows, *ends = factor_arrays(factor).values()
    if rows.ndim != 2 or any(end.shape != rows.shape[1:] or end.dtype != np.float64 for end in ends):
        raise ValueError("its arrays do not fit together")
    if not all(np.issubdtype(values.dtype, np.floating) and np.isfinite(values).all() for values in (rows, *ends)):
        raise ValueError("it holds a value that is not a finite number")


def digest(report: str, arrays: Mapping[str, NDArray[np.floating[Any]]]) -> str:
    """Return the SHA-256 of a report and arrays with their names, types and shapes."""
    whole = hashlib.sha256(report.encode("utf-8"))
    for name, values in sorted(arrays.items()):
        whole.update(f"{name} {values.dtype.str} {values.shape}".encode())
        whole.update(values.tobytes())
    return whole.hexdigest()
