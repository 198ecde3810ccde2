"""The entry point ``exclip-desktop``: the commands, and the window where no command is named."""

import argparse
import os
import shlex
import sys
import tempfile
import warnings
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import Any, Final, NamedTuple, NoReturn

from exclip_desktop.cli.display import check_display
from exclip_desktop.cli.flag_words import FLAG_WORDS
from exclip_desktop.cli.terminal import drop_output, flush_output, print_error
from exclip_desktop.core.argument_checks import is_unicode
from exclip_desktop.core.errors import CaptionError, OutputError, UserError
from exclip_desktop.core.network_gate import closed_network
from exclip_desktop.core.progress import Stop
from exclip_desktop.core.threads import share_cores
from exclip_desktop.core.version import __version__


class Command(NamedTuple):
    """A command: the module of ``cli`` whose function ``add_<name>`` describes it, and its line in the help."""

    module: str
    summary: str


COMMANDS: Final[dict[str, Command]] = {
    "explain": Command("explain", "explain a picture and a caption"),
    "compare": Command("compare", "explain two pictures, two captions, or one of each"),
    "profile": Command("profile", "show where the attribution lies at every layer"),
    "map": Command("map", "map a picture or a caption by another method"),
    "batch": Command("batch", "explain a whole list of pairs into a folder"),
    "search": Command("search", "find the pictures of a list that match words or a region"),
    "parts": Command("parts", "group the patches of a picture that the model treats alike"),
    "convert": Command("convert", "write a list of pairs as another program reads it"),
    "report": Command("findings", "write a project's findings as a page, figure or table"),
    "import": Command("findings", "add findings that report wrote to a project"),
    "evaluate": Command("evaluate", "compare methods by metrics over many pairs"),
    "cache": Command("cache", "show, limit or empty the stored results"),
    "models": Command("models", "list, fetch, pack and unpack models"),
    "doctor": Command("doctor", "print versions, devices, models and folders"),
    "help": Command("help", "print a page of the manual"),
}
"""Every command by its name, in the order of the help."""

TEXTS: Final = {
    "caption": "The caption",
    "span": "The text of --span",
    "target": "The text of --target",
    "title": "The text of --title",
}
"""The arguments that end up in files and figures; paths may hold any bytes."""

USER_ERROR = 2
INTERRUPTED = 130


class UsageError(UserError):
    """The arguments of a command are wrong."""


class Parser(argparse.ArgumentParser):
    """A parser that raises ``UsageError`` instead of printing the usage and leaving the program."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.set_defaults(command=self.prog)

    def error(self, message: str) -> NoReturn:
        """Raise ``UsageError`` with argparse's message as a sentence."""
        raise _usage_error(message, self.prog)


def main(arguments: list[str] | None = None) -> int:
    """Run a command, or open the window where none is named, with the picture and the caption in the arguments.

    Returns the exit code: 0, 2 when the person can correct something, 130 after Ctrl+C, 143 after SIGTERM.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal that lacks a sign shows "?" instead of a traceback
    share_cores()
    warnings.filterwarnings("ignore", module=r"PIL\.")  # of damaged pictures: errors and notes say what matters
    with closed_network():
        return _run(sys.argv[1:] if arguments is None else arguments)


def _run(words: list[str]) -> int:
    try:
        _check_folders()
        if opens_window(words):
            return _open_window(words)
        options = _parse(words)
        code: int = options.run(options) or 0
        flush_output()
        return code
    except UserError as error:
        print_error(error.text_in(FLAG_WORDS))
        return USER_ERROR
    except KeyboardInterrupt as error:
        print_error("stopped.")
        return error.code if isinstance(error, Stop) else INTERRUPTED
    except BrokenPipeError:  # the reader of our output, such as head, has enough
        return 0
    except OSError as error:  # of a library
        print_error(_describe_failure(error))
        return USER_ERROR
    finally:
        drop_output()


def _describe_failure(error: OSError) -> str:
    reason = error.strerror or str(error)
    place = f" ({error.filename})" if error.filename else ""
    return f"The computer refused something that the program needs: {reason}{place}."


def _check_folders() -> None:
    """Raise ``UserError`` without a folder for temporary files; without a home folder, name one that has no files.

    Libraries raise errors of their own kinds where the home folder is not known, or take the current folder for it.
    """
    if not os.path.isabs(os.path.expanduser("~")):
        os.environ["HOME"] = os.devnull
    try:
        tempfile.gettempdir()
    except FileNotFoundError as error:
        raise OutputError(
            "There is no folder for temporary files that can be written.", "Set TMPDIR to such a folder."
        ) from error


def opens_window(words: list[str]) -> bool:
    """Return whether the arguments open the window: there are none, or a picture comes first."""
    return not words or (words[0] not in COMMANDS and not words[0].startswith("-"))


def _open_window(words: list[str]) -> int:
    nearest = get_close_matches(words[0], COMMANDS, 1) if words else []
    if nearest and not Path(words[0]).exists():
        raise UsageError(
            f'There is no command "{words[0]}", and no such picture.', f"The nearest command: {nearest[0]}."
        )
    if len(words) > 2:
        raise UsageError(
            f"One picture and one caption are expected, not {shlex.join(words[1:])}.", "Put the caption in quotes."
        )
    texts = dict(zip(("caption",), words[1:], strict=False))
    _decode_texts(texts)
    check_display()
    code: int = import_module("exclip_desktop.app").run_window(*words[:1], *texts.values())  # it imports Qt
    return code


def command_parser(only: str | None = None) -> argparse.ArgumentParser:
    """Return the parser of all commands; with ``only``, no module but that command's is imported."""
    parser = Parser(
        prog="exclip-desktop",
        usage=f"exclip-desktop [PICTURE [CAPTION]]\n       exclip-desktop {{{','.join(COMMANDS)}}} …",
        description="Which words of a caption match which regions of a picture, for CLIP models. "
        "Without a command the window opens, with the picture and the caption in the arguments.",
    )
    parser.add_argument("--version", action="version", version=f"exclip-desktop {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="", prog="exclip-desktop")
    for name, (module, summary) in COMMANDS.items():
        command = commands.add_parser(name, help=summary)
        if only in (None, name):
            getattr(import_module(f"exclip_desktop.cli.{module}"), f"add_{name}")(command)
    return parser


def _parse(words: list[str]) -> argparse.Namespace:
    options, others = command_parser(only=words[0]).parse_known_args(words)
    if any(word.startswith("-") for word in others) or not hasattr(options, "run"):
        raise _usage_error(f"unrecognized arguments: {' '.join(others)}", options.command)
    if others:  # further words of a caption, most likely
        raise UsageError(f"There is more than {words[0]} takes: {shlex.join(others)}.", "Put a caption in quotes.")
    _decode_texts(vars(options))
    return options


def _decode_texts(values: dict[str, Any]) -> None:
    """Decode texts again as UTF-8 where the locale, such as C, has no such letters; refuse any other encoding.

    Python keeps the bytes that it could not decode as lone surrogates.
    """
    for name, subject in TEXTS.items():
        text = values.get(name)
        if isinstance(text, str) and not is_unicode(text):
            try:
                values[name] = os.fsencode(text).decode("utf-8")
            except UnicodeError as error:
                hint = "Type it in a terminal that uses UTF-8."
                raise CaptionError(f"{subject} is not valid UTF-8 text.", hint) from error


def _usage_error(message: str, command: str) -> UsageError:
    return UsageError(f"{message[:1].upper()}{message[1:].rstrip('.')}.", f"Run {command} --help.")
