"""Which devices torch can compute on here."""

import torch

from exclip_desktop.core.errors import DeviceError
from exclip_desktop.core.remedies import Remedy


def device_of(name: str | None) -> torch.device:
    """Return the device of that name; None: the best one here.

    Raises:
        DeviceError: this computer cannot use it; those that are here are named.

    """
    there = _devices_here()
    try:
        device = torch.device(there[0] if name is None else name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise DeviceError(
            f'This computer cannot use the device "{name}".', Remedy.CHOOSE_DEVICE, choices=", ".join(there)
        ) from error
    return device


def _devices_here() -> list[str]:
    """Return the names of the devices that torch can use on this computer, the best first."""
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    numbered = [f"cuda:{index}" for index in range(count)] if count > 1 else []
    cuda = ["cuda", *numbered] if count else []
    return [*cuda, *(["mps"] if torch.backends.mps.is_available() else []), "cpu"]
