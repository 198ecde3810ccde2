"""The command ``doctor``: prints the versions, devices, models and folders of this computer."""

import argparse
import platform
import threading
from importlib.metadata import PackageNotFoundError, version
from typing import Final

import torch
from huggingface_hub import constants

from exclip_desktop.attribution.answer import answer_by
from exclip_desktop.attribution.pair import make_pair
from exclip_desktop.cli.terminal import print_text
from exclip_desktop.core.errors import Cancelled, UserError
from exclip_desktop.core.method_registry import method_by_key, registry
from exclip_desktop.core.paths import resource_path
from exclip_desktop.core.progress import CancelToken
from exclip_desktop.core.version import __version__
from exclip_desktop.models.catalogue import ModelEntry, list_local_models
from exclip_desktop.models.loading import load_model
from exclip_desktop.session.logs import log_file
from exclip_desktop.storage.cache import default_cache_folder
from exclip_desktop.storage.pictures import read_picture
from exclip_desktop.storage.samples import load_samples

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

TRIAL_S: Final = 20
"""The longest trial of an installed method; then it is stopped."""


def add_doctor(parser: argparse.ArgumentParser) -> None:
    """Describe the command, which takes no arguments."""
    parser.description = "Print versions, devices, models and folders of this computer."
    parser.set_defaults(run=_doctor)


def _doctor(_: argparse.Namespace) -> None:
    print_text(report())


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
        *(f"  {_model(entry)}" for entry in list_local_models()),
        "",
        *_plugin_lines(),
        "Folders",
        f"  resources        {resource_path()}",
        f"  cache            {default_cache_folder() or 'off'}",
        f"  log              {log_file()}",
        f"  Hugging Face     {constants.HF_HUB_CACHE}",
    ]
    return "\n".join(lines)


def _plugin_lines() -> list[str]:
    """Return a section on methods of installed packages, each tried on the bundled model; nothing without them."""
    known = registry()
    errors = [str(error) for error in known.errors]
    tried = [f"{key} ({package}): {_try_method(key)}" for key, package in known.packages.items()]
    lines = [f"  {line}" for line in (*tried, *errors)]
    return ["Methods of installed packages", *lines, ""] if lines else []


def _try_method(key: str) -> str:
    """Run an installed method on the bundled model and a sample; return the outcome in words."""
    method, sample, token = method_by_key(key), load_samples()[0], CancelToken()
    side = method.sides[0]
    timer = threading.Timer(TRIAL_S, token.cancel)
    timer.start()
    try:
        model, picture = load_model("demo", device="cpu"), read_picture(sample.path)
        pair = make_pair(model, picture.pixels, sample.caption, cancel=token).for_side(side)
        answer_by(pair, method, method.make_options(side=side))
    except Cancelled:
        return f"stopped after {TRIAL_S} s on the bundled model, without an error"
    except UserError as error:
        return error.message
    finally:
        timer.cancel()
    return "works on the bundled model"


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
