"""Checkpoints on a worker's disk: fetched by commit, merged where they are adapters, inspected.

Only what an engine and a tokenizer read is ever fetched: no pickles, no code.
"""

import shutil
import tempfile
import time
from pathlib import Path

from gems.adapters import soundness
from gems.core.candidate import Candidate
from gems.core.errors import CandidateFault, WorldError

WANTED_FILES = ["*.safetensors", "*.safetensors.index.json", "*.json", "*.jinja", "tokenizer.model",
                "spiece.model", "merges.txt", "vocab.txt"]  # fmt: skip

# On top of the client's own retries, which give up within seconds.
RETRY_AFTER_S = (5.0, 20.0, 60.0)


class Snapshots:
    """Brings candidates to this machine as sound local folders.

    ``merged`` keeps adapters that were merged into their base; it lasts as long as the worker.
    """

    def __init__(
        self, endpoint: str | None = None, pauses_s: tuple[float, ...] = RETRY_AFTER_S
    ) -> None:
        self.endpoint = endpoint
        self.pauses_s = pauses_s
        self.merged = Path(tempfile.mkdtemp(prefix="gems-merged-"))

    def fetch(self, candidate: Candidate) -> Path:
        """A local folder with the candidate's complete, sound checkpoint.

        Raises `CandidateFault` for what no engine should see: a header that does not fit the
        config, a truncated file, a weight that is not finite. Raises `WorldError` when the hub
        does not answer.
        """
        if not candidate.is_adapter:
            return soundness.inspected(self._download(candidate.id, candidate.revision))
        target = self.merged / candidate.id.replace("/", "--") / candidate.revision
        if not target.exists():
            base = self._download(str(candidate.parent), str(candidate.parent_revision))
            self._merge(self._download(candidate.id, candidate.revision), base, target)
        return target

    def close(self) -> None:
        """Remove what was merged."""
        shutil.rmtree(self.merged, ignore_errors=True)

    def _merge(self, adapter: Path, base: Path, target: Path) -> None:
        from gems.adapters.lora import merge

        partial = target.with_suffix(".partial")
        try:
            merge(adapter, base, partial)
            soundness.inspected(partial)
            partial.rename(target)
        finally:
            shutil.rmtree(partial, ignore_errors=True)

    def _download(self, repo: str, revision: str) -> Path:
        """Fetch, patiently: one bad minute of a hub must not end a search of days."""
        for pause_s in (*self.pauses_s, None):
            try:
                return _snapshot(repo, revision, self.endpoint)
            except WorldError:
                if pause_s is None:
                    raise
                time.sleep(pause_s)
        raise AssertionError("unreachable")


def _snapshot(repo: str, revision: str, endpoint: str | None) -> Path:
    from httpx2 import HTTPError
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import (
        GatedRepoError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    try:
        return Path(
            snapshot_download(
                repo, revision=revision, allow_patterns=WANTED_FILES, endpoint=endpoint
            )
        )
    except (GatedRepoError, RepositoryNotFoundError, RevisionNotFoundError) as error:
        raise CandidateFault("not-available", str(error).splitlines()[0]) from error
    except (HTTPError, LocalEntryNotFoundError) as error:
        raise WorldError(
            f"{repo}@{revision[:8]} cannot be fetched",
            " ".join(str(error).split())[:300],
            "the same command goes on once the hub answers",
        ) from error
