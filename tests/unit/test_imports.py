"""What must not be imported is not, each in a fresh process."""

import subprocess
import sys

import pytest

BLOCK = """
import sys
for name in {blocked!r}:
    sys.modules[name] = None  # importing it fails, and looking for it finds nothing
{code}
"""

WALK = """
import importlib, pkgutil
for package in {packages!r}:
    found = importlib.import_module(package)
    for module in pkgutil.walk_packages(found.__path__, package + "."):
        importlib.import_module(module.name)
"""


@pytest.mark.parametrize(
    ("blocked", "packages"),
    [
        (("torch", "open_clip", "PIL", "matplotlib", "sklearn", "scipy"), ("exclip_desktop.core",)),
        (("torch", "open_clip", "matplotlib"), ("exclip_desktop.storage",)),
        (("torch", "open_clip"), ("exclip_desktop.render",)),
        (("torch", "open_clip", "matplotlib", "sklearn", "scipy"), ("exclip_desktop.ui",)),
        (
            ("PySide6", "matplotlib", "sklearn", "scipy"),
            ("exclip_desktop.core", "exclip_desktop.models", "exclip_desktop.attribution"),
        ),
    ],
)
def test_packages_import_with_what_they_must_not_know_blocked(
    blocked: tuple[str, ...], packages: tuple[str, ...]
) -> None:
    script = BLOCK.format(blocked=blocked, code=WALK.format(packages=packages))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--help"], "explain"),
        (["map", "--methods"], "Grad-ECLIP"),
        (["help", "methods"], "Grad-ECLIP"),
        (["help", "shortcuts"], "Ctrl+O"),
    ],
)
def test_the_command_line_helps_without_torch_and_qt(arguments: list[str], told: str) -> None:
    code = (
        f"from exclip_desktop.cli.main import main; import exclip_desktop as e; assert e.__version__; main({arguments})"
    )
    script = BLOCK.format(blocked=("torch", "open_clip", "matplotlib", "PySide6"), code=code)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert told in done.stdout


def test_everything_of_the_session_but_engines_and_librarian_imports_without_torch() -> None:
    code = (
        "import pkgutil, importlib, exclip_desktop.session as s\n"
        "for m in pkgutil.walk_packages(s.__path__, s.__name__ + '.'):\n"
        "    if not m.name.endswith(('engine', '.librarian')): importlib.import_module(m.name)\n"
        "import exclip_desktop.app"
    )
    script = BLOCK.format(blocked=("torch", "open_clip", "matplotlib"), code=code)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_unknown_names_are_attribute_errors() -> None:
    import exclip_desktop

    with pytest.raises(AttributeError):
        exclip_desktop.unknown  # noqa: B018  the error is the point


def test_torch_is_left_as_it_was_after_a_forward_mode_pass() -> None:
    """Rules that no head needs are not compiled for it (0.4 s), and are there for whoever differentiates after it."""
    script = (
        "import sys, torch\n"
        "from exclip_desktop.attribution.second_order.path import along, exact_derivatives\n"
        "point = torch.linspace(-1, 1, 6, dtype=torch.float64)\n"
        "with exact_derivatives():\n"
        "    along(lambda x: torch.nn.functional.layer_norm(x, (6,)), point, point)\n"
        "assert not any('decompositions_for_jvp' in name for name in sys.modules)\n"
        "slope = along(torch.nn.functional.logsigmoid, point, torch.ones(6).double())[1]\n"
        "torch.testing.assert_close(slope, torch.sigmoid(-point))\n"
        "torch.func.hessian(lambda x: torch.nn.functional.layer_norm(x, (6,)).sin().sum())(point)\n"
        "assert 'torch._decomp.decompositions_for_jvp' in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
