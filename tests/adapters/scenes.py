"""Scenes with an engine in this process: python -m tests.adapters.scenes SCENE FOLDER FOLDER."""

import shutil
import sys
from pathlib import Path

from gems.adapters.engine import Engine, Request
from gems.core.errors import CandidateFault, WorldError
from gems.core.settings import Engine as Settings


def nan(engine: Engine, first: Path, second: Path) -> str:
    """A checkpoint of NaN gets past all checks."""
    engine.load(second)
    try:
        engine.generate([Request((5, 6, 7), 4, 0.0, ())])
    except CandidateFault as fault:
        return fault.kind
    return f"nothing, after {first}"


def drift(engine: Engine, first: Path, second: Path) -> str:
    """The first checkpoint is another one by the time it is asked again."""
    shutil.copy(second / "model.safetensors", first / "model.safetensors")
    try:
        engine.load(second)
    except WorldError as error:
        return type(error).__name__
    return "nothing"


if __name__ == "__main__":
    scene, one, other = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    settings = Settings(dtype="float32", max_model_len=64, verify_every=scene == "drift")
    print({"nan": nan, "drift": drift}[scene](Engine(one, settings, 0), one, other))
