"""The order of the house: a module imports only what stands before it."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CORE = ROOT / "musiclime_core"

LAYERS = (
    "errors",
    "song",
    "decoding",
    "encoding",
    "lyrics",
    "weights",
    "separation",
    "components",
    "perturbation",
    "composition",
    "predictors",
    "progress",
    "scoring",
    "surrogate",
    "explanation",
    "digest",
    "explain",
    "tables",
    "cli",
)
ENTRANCES = ("__init__", "__main__")


def imported(path: Path) -> set[str]:
    """Every absolute module name a file imports, wherever the import stands."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names.add(node.module or "")
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def layer(path: Path) -> str:
    return path.relative_to(CORE).parts[0].removesuffix(".py")


CORE_FILES = sorted(CORE.rglob("*.py"))


@pytest.mark.parametrize("path", CORE_FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_core_imports_only_earlier_layers(path):
    here = layer(path)
    if here in ENTRANCES:
        return
    assert here in LAYERS, f"{here} has no place in the order of layers"
    for name in imported(path):
        parts = name.split(".")
        if parts[0] == "musiclime_core" and len(parts) > 1 and parts[1] in LAYERS:
            assert LAYERS.index(parts[1]) <= LAYERS.index(here), f"{path} imports {name}"


@pytest.mark.parametrize("path", CORE_FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_core_knows_neither_app_nor_programs(path):
    allowed = {"explorer"} if layer(path) == "cli" else set()
    roots = {name.split(".")[0] for name in imported(path)}
    assert not roots & {"streamlit", "training", "tests", "explorer"} - allowed


@pytest.mark.parametrize(("package", "other"), [("explorer", "training"), ("training", "explorer")])
def test_app_and_programs_do_not_know_each_other(package, other):
    for path in (ROOT / package).rglob("*.py"):
        assert other not in {name.split(".")[0] for name in imported(path)}, path


def test_files_are_named_for_what_they_hold():
    vague = {"utils", "util", "helpers", "helper", "common", "manager", "handler", "misc"}
    for package in ("musiclime_core", "explorer", "training", "benchmarks"):
        assert not {path.stem for path in (ROOT / package).rglob("*.py")} & vague


def loaded_after(statement: str) -> set[str]:
    """Top-level packages in a fresh interpreter after a statement."""
    code = (
        f"{statement}\nimport sys\nprint(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "statement",
    [
        "import musiclime_core",
        "from musiclime_core import Explanation, Song, read_lyrics, decode_audio",
    ],
)
def test_light_imports_stay_light(statement):
    heavy = {"torch", "streamlit", "transformers", "librosa", "scipy", "av"}
    assert not loaded_after(statement) & heavy


@pytest.mark.parametrize(
    "statement", ["from explorer.views import examples, upload", "import explorer.jobs"]
)
def test_pages_load_no_model(statement):
    assert not loaded_after(statement) & {"torch", "transformers", "librosa", "av"}


def test_app_has_an_order_of_its_own():
    order = ("charts", "player", "analysis", "jobs", "resources", "views", "app", "launch")
    for path in (ROOT / "explorer").rglob("*.py"):
        here = path.relative_to(ROOT / "explorer").parts[0].removesuffix(".py")
        if here == "__init__":
            continue
        for name in imported(path):
            parts = name.split(".")
            if parts[0] == "explorer" and len(parts) > 1:
                assert order.index(parts[1]) <= order.index(here), f"{path} imports {name}"


def test_public_names_all_exist():
    import musiclime_core

    for name in musiclime_core.__all__:
        assert getattr(musiclime_core, name) is not None
    assert set(musiclime_core.__all__) == set(musiclime_core._HOMES) | {"__version__"}
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = musiclime_core.no_such_name


def test_no_public_name_is_hidden_by_a_module():
    files = {path.stem for path in CORE.iterdir()}
    import musiclime_core

    assert not files & set(musiclime_core.__all__)


def test_public_surface_is_pinned():
    import musiclime_core

    assert musiclime_core.__all__ == [
        "Audio",
        "Components",
        "Explanation",
        "Lyrics",
        "Song",
        "__version__",
        "decode_audio",
        "explain_song",
        "load_predictor",
        "load_separator",
        "mattered",
        "read_lyrics",
        "segment_boundaries",
        "summary",
    ]
