"""What uses the network, in words."""

from typing import Final

from exclip_desktop.core.text.sizes import format_bytes, format_rough_time
from exclip_desktop.session.library.model_listing import Offer
from exclip_desktop.session.state import Transfer
from exclip_desktop.session.worker.requests import ModelChoice


def format_network_state(transfer: Transfer | None) -> str:
    """Return what the lamp says."""
    if transfer is None:
        return "Offline: nothing leaves this computer"
    if transfer.is_size_request:
        return f"Asking for the size of {transfer.title}: the network is in use"
    share = f" {transfer.done / transfer.total:.0%}" if transfer.total else ""
    return f"Downloading {transfer.title}{share}: the network is in use"


def format_download(transfer: Transfer) -> str:
    """Return how far a download has come: bytes of the whole, and the time left."""
    if transfer.is_size_request:
        return f"Asking how large {transfer.title} is …"
    parts = [f"Downloading {transfer.title}: {format_bytes(transfer.done)}"]
    parts += [f"of {format_bytes(transfer.total)}"] if transfer.total else []
    return " ".join(parts) + (f", {format_rough_time(transfer.left_s)} left" if transfer.left_s is not None else "")


def format_download_question(offer: Offer) -> str:
    """Return what is asked before a download."""
    size = format_bytes(offer.bytes) if offer.bytes else "of a size that the server does not say"
    here = f" {format_bytes(offer.here)} of it are here already." if offer.here else ""
    source = f", from {offer.host}" if offer.host else ""
    return f"{offer.model.title}, {size}{source}.{here} Download it?"


BUNDLED_NOTE: Final = (
    "The bundled model, demo, is a small demonstration model that knows only scenes of emoji. For photographs, choose "
    "another by File ▸ Models."
)


def model_note(name: str) -> str:
    """Return what must be known of a model; empty but for the bundled one."""
    return BUNDLED_NOTE if name == ModelChoice().name else ""
