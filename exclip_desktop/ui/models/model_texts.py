"""Texts about models, downloads and the use of the network."""

from typing import Final

from exclip_desktop.core.text.number_format import format_bytes, format_percent, format_rough_time
from exclip_desktop.session.library.model_listing import Offer
from exclip_desktop.session.state import Transfer
from exclip_desktop.session.worker.requests import ModelChoice


def format_network_state(transfer: Transfer | None) -> str:
    """Return the text of the network lamp."""
    if transfer is None:
        return "Offline"
    if transfer.is_size_request:
        return f"Asking for the size of {transfer.title}"
    share = f" {format_percent(transfer.done / transfer.total)}" if transfer.total else ""
    return f"Downloading {transfer.title}{share}"


def format_download(transfer: Transfer) -> str:
    """Return the progress of a download: bytes of the total, and the time left."""
    if transfer.is_size_request:
        return f"Requesting the size of {transfer.title} …"
    parts = [f"Downloading {transfer.title}: {format_bytes(transfer.done)}"]
    parts += [f"of {format_bytes(transfer.total)}"] if transfer.total else []
    return " ".join(parts) + (f", {format_rough_time(transfer.left_s)} left" if transfer.left_s is not None else "")


def format_download_question(offer: Offer) -> str:
    """Return the question before a download."""
    size = format_bytes(offer.bytes) if offer.bytes else "of unknown size"
    here = f" {format_bytes(offer.here)} of it are already on this computer." if offer.here else ""
    source = f", from {offer.host}" if offer.host else ""
    return f"{offer.model.title}, {size}{source}.{here} Download it?"


BUNDLED_NOTE: Final = (
    "The bundled model, demo, is a small demonstration model that knows only scenes of emoji. For photographs, choose "
    "another by File ▸ Models."
)


def get_model_note(name: str) -> str:
    """Return the note on a model; empty except for the bundled one."""
    return BUNDLED_NOTE if name == ModelChoice().name else ""
