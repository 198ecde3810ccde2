"""The command ``doctor``: prints the versions, devices, models and folders of this computer."""

import argparse
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Final

import torch
from huggingface_hub import constants
from platformdirs import user_cache_path

from exclip_desktop.core.resources import resource
from exclip_desktop.core.version import __version__
from exclip_desktop.models.catalogue import ModelEntry, models_here
from exclip_desktop.session.logs import log_file

PACKAGES: Final = (
    "torch",
    "torchvision",
    "open_clip_torch",
    "PySide6-Essentials",
    "pyqtgraph",
    "numpy",
    "pillow",
    "safetensors",
    "matplotlib",
)


def add_doctor(parser: argparse.ArgumentParser) -> None:
    """Describe the command, which takes no arguments."""
    parser.description = "Print versions, devices, models and folders of this computer."
    parser.set_defaults(run=_doctor)


def _doctor(_: argparse.Namespace) -> None:
    print(report())


def report() -> str:
    """Return the versions, devices, models and folders as text."""
    lines = [
        "Versions",
        f"  exclip_desktop     {__version__}",
        f"  Python             {platform.python_version()} on {platform.platform()}",
        *(f"  {name:<18} {_version(name)}" for name in PACKAGES),
        "",
        "Devices",
        *(f"  {line}" for line in _devices()),
        "",
        "Models on this computer",
        *(f"  {_model(entry)}" for entry in models_here()),
        "",
        "Folders",
        f"  resources        {resource()}",
        f"  cache            {user_cache_path('exclip_desktop', appauthor=False)}",
        f"  log              {log_file()}",
        f"  Hugging Face     {constants.HF_HUB_CACHE}",
    ]
    return "\n".join(lines)


def _model(entry: ModelEntry) -> str:
    reason = f"   cannot be explained: {entry.reason}" if entry.reason else ""
    return f"{entry.name} {entry.tag}".rstrip() + f"   {entry.path}{reason}"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _devices() -> list[str]:
    devices = [f"cpu              {torch.get_num_threads()} threads"]
    if torch.cuda.is_available():
        for index in range(torch.cuda.device_count()):
            memory = torch.cuda.get_device_properties(index).total_memory / 2**30
            devices.append(f"cuda:{index}           {torch.cuda.get_device_name(index)}, {memory:.0f} GiB")
    if torch.backends.mps.is_available():
        devices.append("mps              Apple GPU")
    return devices
