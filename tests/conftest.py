"""What tests of real parts share: a tiny hub of real checkpoints, served on loopback."""

import os

import pytest

from gems.quickstart.build import build
from gems.quickstart.server import serving

# Nothing is fetched from, or cached for, the public Hub.
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"


@pytest.fixture(scope="session", autouse=True)
def private_cache(tmp_path_factory):
    """A cache of the suite's own, in place before huggingface_hub reads it."""
    home = tmp_path_factory.mktemp("hf-home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_HOME", str(home))
        patch.setenv("HF_HUB_CACHE", str(home / "hub"))
        patch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(home / "hub"))
        yield home


@pytest.fixture(scope="session")
def tiny_hub(tmp_path_factory):
    """One repository of every kind, hardly trained."""
    return build(tmp_path_factory.mktemp("hub"), recipe="tiny")


@pytest.fixture(scope="session")
def endpoint(tiny_hub):
    """Where the tiny hub is served."""
    with serving(tiny_hub) as address:
        yield address
