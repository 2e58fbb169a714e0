"""What keeps imports and packaging from breaking in silence, and code from growing beyond a reader."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("resource_prediction", "warehouse", "tasks", "flows", "deployments")
OUR_FILES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
APP_FILES = sorted((ROOT / "app").rglob("*.py"))
FILE_LINES, FUNCTION_LINES = 400, 60
LOADS_CODE = {"pickle", "cPickle", "joblib", "dill", "cloudpickle", "shelve", "marshal"}


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported_packages(tree: ast.Module) -> set[str]:
    """First names of everything that a module imports, wherever in it."""
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    return {name.partition(".")[0] for name in names}


def test_no_test_folder_hides_a_package_of_the_same_name() -> None:
    assert list((ROOT / "tests").rglob("__init__.py")) == []


def test_no_module_of_the_flows_hides_a_package() -> None:
    hidden = {path.stem for path in (ROOT / "flows").glob("*.py")} & set(PACKAGES)
    assert hidden == set()


def test_the_wheel_ships_the_library_and_the_warehouse_only() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert settings["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == ["resource_prediction", "warehouse"]


def test_the_command_line_works_from_any_folder(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "flows" / "train.py"), "--help"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "python flows/train.py" in done.stdout


@pytest.mark.parametrize("path", [*OUR_FILES, *APP_FILES], ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_is_short_says_what_belongs_in_it_and_loads_no_code(path: Path) -> None:
    tree = tree_of(path)
    assert len(path.read_text(encoding="utf-8").splitlines()) <= FILE_LINES
    assert ast.get_docstring(tree)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    assert [node.name for node in functions if node.end_lineno - node.lineno >= FUNCTION_LINES] == []
    assert imported_packages(tree) & LOADS_CODE == set()


# Its folders are top-level packages only where app/ is on the path, so the contracts in pyproject.toml do not see them.
def test_the_dashboard_imports_the_warehouse_and_the_library_only() -> None:
    above = {"tasks", "flows", "deployments", "benchmarks", "prefect"}
    assert {path.name: found for path in APP_FILES if (found := imported_packages(tree_of(path)) & above)} == {}


@pytest.mark.parametrize(
    ("folder", "not_for_it"),
    [("dashboard", {"qe", "classification"}), ("qe", {"classification"}), ("classification", {"qe"})],
)
def test_panels_of_one_kind_of_model_are_no_part_of_what_pages_share(folder: str, not_for_it: set[str]) -> None:
    files = sorted((ROOT / "app" / folder).glob("*.py"))
    assert files
    assert {path.name: found for path in files if (found := imported_packages(tree_of(path)) & not_for_it)} == {}


def test_only_the_dashboard_imports_streamlit() -> None:
    assert [path.name for path in OUR_FILES if imported_packages(tree_of(path)) & {"streamlit", "altair"}] == []


def test_no_array_is_loaded_with_pickle_allowed() -> None:
    calls = [
        (path.name, node.lineno)
        for path in OUR_FILES
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in ("np.load", "numpy.load")
        and not any(word.arg == "allow_pickle" and ast.unparse(word.value) == "False" for word in node.keywords)
    ]
    assert calls == []
