"""A run's folder is held by one driver, on a disk and elsewhere."""

import subprocess
import sys

import pytest

from gems.adapters.ledger import Ledger
from gems.adapters.storage import Folder, Held
from gems.core.errors import BadInput
from gems.core.outcome import Failed


@pytest.mark.parametrize("storage", ["disk", "memory://gems"])
def test_a_second_driver_is_refused_until_the_first_lets_go(storage, tmp_path):
    folder = Folder(str(tmp_path) if storage == "disk" else storage, "held")
    folder.create()
    with Held(folder), pytest.raises(BadInput, match="held by another search"), Held(folder):
        raise AssertionError("both hold it")
    with Held(folder):
        pass


def test_a_driver_that_was_killed_holds_nothing(tmp_path):
    folder = Folder(str(tmp_path), "held")
    folder.create()
    code = (
        "import os, sys; from gems.adapters.storage import Folder, Held;"
        "Held(Folder(sys.argv[1], 'held')).__enter__(); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    with Held(folder):
        pass


def test_storage_that_cannot_be_written_is_bad_input(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(BadInput, match="cannot be written"):
        Folder(str(tmp_path / "file"), "run").create()


def test_storage_of_an_unknown_kind_is_bad_input():
    with pytest.raises(BadInput, match="storage"):
        Folder("no-such-protocol://bucket", "run")


@pytest.mark.parametrize("storage", ["disk", "memory://gems"])
def test_a_ledger_gives_back_what_it_was_given(storage, tmp_path):
    folder = Folder(str(tmp_path) if storage == "disk" else storage, "ledger")
    folder.create()
    outcomes = [Failed(f"org/m{i}", "0", 1, "missing-tensor", "ü\n", at=1.5) for i in range(3)]
    Ledger(folder).append(outcomes[:2])
    Ledger(folder).append(outcomes[2:])
    assert list(Ledger(folder).outcomes()) == outcomes
