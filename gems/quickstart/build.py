"""Builds the quickstart hub in a folder, once.

``index.json`` is written last, so a hub either has it and is whole, or is built again.

    DIRECTORY/index.json            what the server tells, and what the hub was built from
    DIRECTORY/models/ORG/NAME/      the files of a repository
"""

import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from gems.core.errors import BadInput, WorldError
from gems.quickstart.cards import write_card
from gems.quickstart.checkpoints import write_checkpoint
from gems.quickstart.family import RECIPES
from gems.quickstart.recipe import Repository
from gems.quickstart.repository import describe
from gems.quickstart.workshop import Made, make

INDEX = "index.json"
MARKER = ".quickstart-hub"
# Making weights is nearly all of the time; writing the files is the rest.
SHARE_OF_TRAINING = 0.97
# Changes of these modules change what is built.
SOURCES = (
    "tasks", "tokenizer", "models", "training", "workshop", "checkpoints", "cards", "repository",
)  # fmt: skip

Progress = Callable[[str, float], None]


def build(
    directory: Path,
    seed: int = 0,
    progress: Progress | None = None,
    recipe: str = "full",
) -> Path:
    """Train and write the hub, or return at once where it stands; returns its folder.

    ``recipe`` "tiny" makes one repository of every kind in seconds, hardly trained.
    ``progress`` is called with the phase and the share that is done, from 0 to 1, from any thread.
    Raises `BadInput` for a folder that holds other models, `WorldError` where it is not writable.
    """
    from filelock import FileLock

    directory = Path(directory)
    wanted = _fingerprint(recipe, seed)
    if _stands(directory, wanted):
        return directory
    _claim(directory)
    with FileLock(directory / ".lock"):
        if not _stands(directory, wanted):
            _build(directory, wanted, seed, progress or (lambda _phase, _share: None), recipe)
    return directory


def read_index(directory: Path) -> dict[str, Any]:
    """What ``build`` wrote last. Raises `BadInput` for a folder that holds no finished hub."""
    try:
        return json.loads((Path(directory) / INDEX).read_text())
    except (OSError, ValueError) as error:
        raise BadInput(
            str(directory), f"holds no finished hub; make it with: gems hub build {directory}"
        ) from error


def _fingerprint(recipe: str, seed: int) -> str:
    if recipe not in RECIPES:
        raise BadInput("recipe", f"found {recipe!r}, allowed: {', '.join(RECIPES)}")
    here = Path(__file__).parent
    parts = [str(seed), repr(RECIPES[recipe])]
    parts += [(here / f"{name}.py").read_text() for name in SOURCES]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _stands(directory: Path, wanted: str) -> bool:
    """Whether the very hub is there, with every file at its size."""
    try:
        index = read_index(directory)
    except BadInput:
        return False
    return index.get("fingerprint") == wanted and all(
        _is_whole(directory / "models" / one["id"], one["files"]) for one in index["repositories"]
    )


def _is_whole(folder: Path, files: Sequence[dict[str, Any]]) -> bool:
    return all(
        (folder / file["path"]).is_file() and (folder / file["path"]).stat().st_size == file["size"]
        for file in files
    )


def _claim(directory: Path) -> None:
    """Mark the folder as ours; what lies in ``models`` is deleted before it is built again."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        if (directory / "models").exists() and not (directory / MARKER).exists():
            raise BadInput(str(directory), "holds models of somebody else; name another folder")
        (directory / MARKER).touch()
    except OSError as error:
        raise WorldError(str(directory), str(error), "name a folder that can be written") from error


def _build(directory: Path, wanted: str, seed: int, progress: Progress, recipe: str) -> None:
    (directory / INDEX).unlink(missing_ok=True)
    shutil.rmtree(directory / "models", ignore_errors=True)
    repositories = RECIPES[recipe]
    progress("loading PyTorch", 0.0)
    made = make(repositories, seed, lambda phase, s: progress(phase, SHARE_OF_TRAINING * s))
    progress("writing repositories", SHARE_OF_TRAINING)
    described = [
        _write(directory / "models" / one.id, one, number, made[one.id])
        for number, one in enumerate(repositories)
    ]
    _write_last(directory / INDEX, {"fingerprint": wanted, "repositories": described})
    progress("done", 1.0)


def _write(folder: Path, one: Repository, number: int, made: Made) -> dict[str, Any]:
    write_checkpoint(folder, one, made.architecture, made.weights)
    write_card(folder, one)
    return describe(folder, one, number)


def _write_last(path: Path, value: dict[str, Any]) -> None:
    unfinished = path.with_suffix(".tmp")
    unfinished.write_text(json.dumps(value, indent=1))
    unfinished.replace(path)
