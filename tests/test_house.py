"""House-keeping: floors, configs, documents and errors are what CONTRIBUTING.md says."""

import ast
import pickle
import re
import subprocess
import sys
from pathlib import Path

import pytest

from gems.config import read_config
from gems.core import errors

ROOT = Path(__file__).parent.parent
SECOND_FLOOR = ("adapters", "quickstart", "report", "simulation")
CORE_MAY_IMPORT = {"gems", "numpy", "scipy", "pydantic", *sys.stdlib_module_names}


def imports(file: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


@pytest.mark.parametrize("file", sorted((ROOT / "gems/core").rglob("*.py")), ids=str)
def test_the_core_is_pure(file: Path):
    """Floor one imports the standard library, numpy, scipy, pydantic and itself."""
    used = imports(file)
    assert {name.split(".")[0] for name in used} <= CORE_MAY_IMPORT
    assert all(n.startswith("gems.core") for n in used if n.split(".")[0] == "gems")


@pytest.mark.parametrize("room", SECOND_FLOOR)
def test_rooms_of_the_second_floor_import_the_core_and_themselves(room: str):
    allowed = ("gems.core", f"gems.{room}", "gems.evaluation")
    for file in (ROOT / "gems" / room).rglob("*.py"):
        ours = {name for name in imports(file) if name.split(".")[0] == "gems"}
        assert all(name.startswith(allowed) for name in ours), f"{file}: {ours}"


def test_only_the_pool_speaks_ray():
    speakers = [
        f for f in (ROOT / "gems").rglob("*.py") if "ray" in {n.split(".")[0] for n in imports(f)}
    ]
    assert [file.name for file in speakers] == ["pool.py"]


@pytest.mark.parametrize("file", sorted((ROOT / "configs").glob("*.yaml")), ids=lambda f: f.name)
def test_every_config_parses(file: Path):
    assert read_config(str(file)).name == file.stem


@pytest.mark.parametrize(
    "error",
    [
        errors.GemsError("a", 1),
        errors.BadInput("file", "field"),
        errors.WorldError("hub", "next step"),
        errors.CandidateFault("missing-tensor", "lm_head"),
    ],
    ids=lambda e: type(e).__name__,
)
def test_every_error_survives_pickling(error: errors.GemsError):
    """Ray pickles errors between processes; their facts must arrive."""
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert (again.args, str(again)) == (error.args, str(error))


def test_the_readme_tells_the_tree_and_the_commands_as_they_are():
    text = (ROOT / "README.md").read_text()
    for path in re.findall(r"^\s*([\w./-]+/)\s+#", text, re.MULTILINE):
        assert (ROOT / path).exists() or (ROOT / "gems" / path).exists(), path
    for link in re.findall(r"\]\(([^)#]+)\)", text):
        assert link.startswith("http") or (ROOT / link).exists(), link
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z-]+)", text)) <= targets


def test_help_lists_every_command():
    run = subprocess.run(
        [sys.executable, "-m", "gems", "--help"], capture_output=True, text=True, check=True
    )
    for command in ("search", "discover", "report", "policies", "hub"):
        assert command in run.stdout
