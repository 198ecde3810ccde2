"""README and the manual: links, commands, menu paths, tables and Python code agree with the program."""

import ast
import re
import shlex
from pathlib import Path

import pytest

import exclip_desktop
from exclip_desktop.cli.help import COLUMN_GAP, topic_text, topics_text
from exclip_desktop.cli.main import command_parser, opens_window
from exclip_desktop.core.errors import SettingsError
from exclip_desktop.core.inputs.regular_files import InputKind
from exclip_desktop.core.metric_table import METRICS
from exclip_desktop.core.paths import resource_path
from exclip_desktop.core.values.preprocessing import PREPROCESSINGS
from exclip_desktop.storage.manual import INDEX, anchor_of, page, search, sections, topics, without_marks
from exclip_desktop.ui.action_table import ACTIONS, GESTURES, MENUS, SEPARATOR, shortcut_rows, shortcuts_as_markdown

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
PAGES = sorted(resource_path("manual").glob("*.md"))
TEXTS = [README, *PAGES]
LINKED = [*TEXTS, *(ROOT / name for name in ("CONTRIBUTING.md", "DECISIONS.md", "CHANGELOG.md", "packaging/README.md"))]


def code_blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def anchors(path: Path) -> set[str]:
    text = re.sub(r"^```.*?^```", "", path.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    return {anchor_of(without_marks(heading)) for heading in re.findall(r"^#+ (.+)", text, re.MULTILINE)}


def commands() -> list[list[str]]:
    lines = []
    for path in TEXTS:
        for block in code_blocks(path.read_text("utf-8"), "sh"):
            for line in block.replace("\\\n", " ").splitlines():
                if line.startswith("exclip-desktop"):
                    lines.append(shlex.split(line, comments=True)[1:])
    return lines


@pytest.mark.parametrize("path", LINKED, ids=lambda path: str(path.relative_to(ROOT)))
def test_texts_have_no_words_of_the_former_dialect(path: Path) -> None:
    prose = re.sub(r"^```.*?^```|`[^`]*`", "", path.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    dialect = r"\b(told|foretold|said|asked|beside|shall|of before|gives? way|no way out|goes on|what is seen)\b"
    assert re.findall(dialect, prose, re.IGNORECASE) == []


def test_every_path_in_contributing_exists() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    paths = re.findall(r"`([\w./]+(?:\.py|\.md|/))`", text)
    missing = {path for path in paths if not (ROOT / path).exists() and not (ROOT / "exclip_desktop" / path).exists()}
    assert missing == set()


def test_readme_is_one_page() -> None:
    assert len(README.read_text("utf-8").splitlines()) <= 130


def test_the_index_lists_every_page_once() -> None:
    listed = [topic.key for topic in topics()]
    assert sorted([*listed, INDEX]) == [path.stem for path in PAGES]
    for topic in topics():
        assert page(topic.key).startswith(f"# {topic.title}\n")
        assert f"(resources/manual/{topic.key}.md)" in README.read_text("utf-8")


@pytest.mark.parametrize("path", LINKED, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text("utf-8")):
        if target.startswith("https://"):
            continue
        file, _, anchor = target.partition("#")
        linked = (path.parent / file).resolve() if file else path
        assert linked.is_file(), target
        assert not anchor or anchor in anchors(linked), target


@pytest.mark.parametrize("arguments", commands(), ids=" ".join)
def test_every_command_parses(arguments: list[str]) -> None:
    if not opens_window(arguments):
        _, unknown = command_parser().parse_known_args(arguments)
        assert unknown == []


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
def test_menu_paths_and_their_shortcuts_are_those_of_the_action_table(path: Path) -> None:
    specs = {spec.name: spec for spec in ACTIONS}
    entries = {
        (menu.replace("&", ""), specs[name].text): specs[name].shortcuts
        for menu, names in MENUS.items()
        for name in names
        if name != SEPARATOR
    }
    text = " ".join(path.read_text("utf-8").split())
    for menu, action, keys in re.findall(r"\*\*(\w+) ▸ ([^*]+)\*\*(?: \(`([^`]+)`\))?", text):
        assert (menu, action) in entries
        assert not keys or keys in entries[menu, action], action


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
def test_python_code_compiles_and_imports_public_names(path: Path) -> None:
    for block in code_blocks(path.read_text("utf-8"), "python"):
        imported = [node for node in ast.walk(ast.parse(block)) if isinstance(node, ast.ImportFrom)]
        names = {alias.name for node in imported if node.module == "exclip_desktop" for alias in node.names}
        assert names <= set(exclip_desktop.__all__)


def test_every_public_function_is_in_the_manual() -> None:
    functions = {name for name in exclip_desktop.__all__ if name[:1].islower()}
    assert functions <= set(re.findall(r"\w+", page("python")))


def test_every_command_is_in_the_manual() -> None:
    from exclip_desktop.cli.main import COMMANDS

    assert set(COMMANDS) <= {arguments[0] for arguments in commands() if arguments}
    for name in COMMANDS:
        assert re.search(rf"^## .*\b{name}\b", page("command-line"), re.MULTILINE), name


@pytest.mark.parametrize("metric", METRICS.values(), ids=lambda metric: metric.key)
def test_every_metric_is_in_the_manual(metric: object) -> None:
    name, key = metric.name, metric.key  # type: ignore[attr-defined]
    assert f"| {name} | `{key}` | " in page("evaluation")


def test_the_shortcut_page_is_the_action_table() -> None:
    text = shortcuts_as_markdown()
    rows = re.findall(r"^\| (.+) \| (.+) \|$", text.replace("| action | keys or mouse |\n", ""), re.MULTILINE)
    expected = [(spec.text.rstrip("…"), " or ".join(f"`{key}`" for key in spec.shortcuts)) for spec in ACTIONS]
    expected = [(name, keys) for name, keys in expected if keys] + [(one.text, one.how) for one in GESTURES]
    assert sorted(rows) == sorted(expected)
    assert len(shortcut_rows()) == len(expected)


def test_sections_are_text_without_markup_below_their_headings() -> None:
    parts = sections("numbers")
    assert [one.heading for one in parts][:3] == ["What the numbers mean", "The text output", "Ledger"]
    ledger = parts[2]
    assert (ledger.topic, ledger.anchor) == ("numbers", "ledger")
    assert "residual · the difference that the integrals missed" in ledger.text
    assert not re.search(r"[`*]|\]\(|---", ledger.text)
    assert all("# one of twelve" not in one.heading for one in sections("command-line"))  # a comment in code


def test_the_search_finds_sections_with_all_words_headings_first() -> None:
    results = search("LAYER profile")
    assert results[0].section.anchor == "layer-profile"
    assert all("profile" in f"{one.section.heading} {one.section.text}".casefold() for one in results)
    assert any(one.section.topic == "command-line" for one in search("open_clip_config.json"))
    assert all(len(one.snippet) <= 82 for one in search("the"))
    assert search("  ") == search("no-such-word-anywhere") == []


def test_without_a_section_of_all_words_those_with_most_are_found() -> None:
    assert search("layer profile no-such-word-anywhere") == search("layer profile")


@pytest.mark.parametrize("key", ["nothing", "../manual/index", "", "INDEX"])
def test_only_pages_of_the_manual_are_read(key: str) -> None:
    with pytest.raises(KeyError):
        page(key)


def test_the_command_help_prints_a_page_for_the_terminal() -> None:
    assert [line.split()[0] for line in topics_text().splitlines()[1:]] == [*(t.key for t in topics()), "shortcuts"]
    text = topic_text("window")
    assert text.startswith("# The window\n")
    assert "![" not in text
    assert "](" not in text
    assert "What the numbers mean (help numbers)" in " ".join(text.split())
    assert not re.search(r"^\|", text, re.MULTILINE)
    with pytest.raises(SettingsError, match='no topic "nowhere".*installation, .*shortcuts'):
        topic_text("nowhere")


@pytest.mark.parametrize("topic", [*(topic.key for topic in topics()), "shortcuts"])
def test_pages_fit_the_terminal(topic: str) -> None:
    text = re.sub(r"^```.*?^```", "", topic_text(topic, 100), flags=re.MULTILINE | re.DOTALL)
    table_lines = [line for line in text.splitlines() if COLUMN_GAP in line.strip()]
    assert all(len(line) <= 100 for line in table_lines)
    assert "|---" not in text


@pytest.mark.parametrize("width", [120, 20])
def test_a_table_cell_may_hold_an_escaped_bar(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    table = "# Sum\n\n| name | meaning |\n|---|---|\n| sum | Σ\\|A\\| |\n| `a\\|b` | either \\||\n"
    monkeypatch.setattr("exclip_desktop.cli.help.page", lambda key: table)
    text = topic_text("numbers", width)
    assert "Σ|A|\n" in text
    assert "either |\n" in text
    assert "`a|b`" in text
    assert without_marks(table).splitlines()[-1] == "a|b · either |"


def test_tables_are_aligned_or_written_as_blocks() -> None:
    assert "words × patches           the sum of the heat shown on the picture\n" in topic_text("numbers", 120)
    assert "\nwords × patches\n  content: the sum of the heat shown on the picture\n" in topic_text("numbers", 60)


def test_the_manual_lists_every_preprocessing_with_the_dialogs_words() -> None:
    text = page("models")
    for one in PREPROCESSINGS:
        assert f"| `{one.name}` | {one.description} |" in text
        assert one.title == f"{one.name} ({one.description})"


def test_every_variable_that_raises_a_limit_exists() -> None:
    sources = [path.read_text("utf-8") for path in (ROOT / "exclip_desktop").rglob("*.py")]
    kinds = {name for text in sources for name in re.findall(r'InputKind\("([^"]+)"', text)}
    variables = {InputKind(name, 1).variable for name in kinds}
    named = set(re.findall(r"EXCLIP_MAX_\w+", "".join(path.read_text("utf-8") for path in PAGES)))
    assert named
    assert named <= variables
