from pathlib import Path

import pytest

from gems.quickstart import build, serving


@pytest.fixture(scope="session")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny hub: one repository of every kind, hardly trained."""
    return build(tmp_path_factory.mktemp("hub"), recipe="tiny")


@pytest.fixture(scope="session")
def endpoint(hub: Path):
    with serving(hub) as url:
        yield url


@pytest.fixture
def api(endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from huggingface_hub import HfApi, constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    return HfApi(endpoint=endpoint, token=False)
