"""The Hugging Face Hub: walks a model tree and says who can be asked, pinned at a commit.

One paged listing per model and relation carries nearly all that is filtered on; only what passes
costs two more requests: its config (for the chassis) and its file list (for sizes and copies).
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gems.adapters import eligible
from gems.core.candidate import Candidate, LeftOut, popularity
from gems.core.errors import BadInput, WorldError
from gems.core.settings import Candidates

if TYPE_CHECKING:
    from huggingface_hub import ModelInfo

RELATIONS = ("finetune", "merge", "adapter", "quantized")
EXPAND = [
    "sha", "safetensors", "gated", "config", "downloads", "likes", "baseModels", "cardData",
    "siblings", "tags", "createdAt", "library_name",
]  # fmt: skip
Progress = Callable[[int, str], None]
# Enough to hide the round trips, far from any limit on connections.
PARALLEL_REQUESTS = 8


@dataclass(frozen=True)
class Member:
    """A model of the tree as the listing shows it; ``parent`` is None for a root."""

    info: "ModelInfo"
    relation: str
    parent: str | None


@dataclass(frozen=True)
class Tree:
    """Who can be asked, and who cannot and why."""

    candidates: tuple[Candidate, ...]
    left_out: tuple[LeftOut, ...]


class Hub:
    """Reads model trees. ``endpoint`` None means HF_ENDPOINT, or the public Hub."""

    def __init__(self, endpoint: str | None = None, token: str | None = None) -> None:
        from huggingface_hub import HfApi

        self.api: HfApi = HfApi(endpoint=endpoint, token=token, library_name="gems")

    def discover(self, wanted: Candidates, progress: Progress | None = None) -> Tree:
        """Walk the tree below ``wanted.base`` and pin every model that can be asked.

        ``progress`` is told how many models were seen and what is being done.
        Raises `BadInput` for a base that is not there, `WorldError` when the hub is out of reach.
        """
        progress = progress or (lambda _count, _what: None)
        with _in_our_words(self.api.endpoint):
            members = list(self._walk(wanted.base, progress))
            progress(len(members), "reading configs")
            with ThreadPoolExecutor(PARALLEL_REQUESTS) as threads:
                looked = list(threads.map(lambda member: self._look(member, wanted), members))
        candidates = sorted((c for c in looked if isinstance(c, Candidate)), key=popularity)
        return _placed(candidates, [c for c in looked if isinstance(c, LeftOut)])

    def _walk(self, roots: list[str], progress: Progress) -> Iterator[Member]:
        """Breadth first. Cards declare their own parents, so loops and twins are expected."""
        queue = [Member(self._root(root), "root", None) for root in roots]
        seen = {member.info.id for member in queue}
        while queue:
            member = queue.pop(0)
            yield member
            progress(len(seen), f"listing below {member.info.id}")
            for child in self._children(member):
                if child.info.id not in seen:
                    seen.add(child.info.id)
                    queue.append(child)

    def _root(self, root: str) -> "ModelInfo":
        from huggingface_hub.errors import HFValidationError, RepositoryNotFoundError

        try:
            return self.api.model_info(root, expand=EXPAND)  # pyright: ignore[reportArgumentType]
        except (RepositoryNotFoundError, HFValidationError) as error:
            raise BadInput(
                "candidates.base", f"found {root!r}, which is no model on {self.api.endpoint}"
            ) from error

    def _children(self, member: Member) -> Iterator[Member]:
        if member.relation == "quantized":
            return
        for relation in RELATIONS:
            listing = self.api.list_models(
                filter=f"base_model:{relation}:{member.info.id}",
                expand=EXPAND,  # pyright: ignore[reportArgumentType]
            )
            for info in listing:
                yield Member(info, relation, member.info.id)

    def _look(self, member: Member, wanted: Candidates) -> Candidate | LeftOut:
        """One model, judged by the listing first and by its files only where that passes."""
        info = member.info
        reason = eligible.by_listing(info, member.relation, wanted)
        if reason:
            return LeftOut(info.id, reason)
        try:
            return self._pin(member)
        except eligible.Ineligible as ineligible:
            return LeftOut(info.id, str(ineligible))

    def _pin(self, member: Member) -> Candidate:
        info = member.info
        is_adapter = member.relation == "adapter"
        config = eligible.read_json(
            self.api, info, "adapter_config.json" if is_adapter else "config.json"
        )
        eligible.check_adapter(config) if is_adapter else eligible.check_config(config)
        weights = self._weights(info)
        return Candidate(
            id=info.id,
            revision=str(info.sha),
            relation=member.relation,
            parent=member.parent,
            chassis="" if is_adapter else eligible.chassis(config),
            parameters=info.safetensors.total if info.safetensors else None,
            size_bytes=sum(size for _, size in weights),
            downloads=info.downloads or 0,
            likes=info.likes or 0,
            license=eligible.license_of(info),
            weights=" ".join(sorted(oid for oid, _ in weights)),
        )

    def _weights(self, info: "ModelInfo") -> list[tuple[str, int]]:
        """The hash and size in bytes of each safetensors file."""
        from huggingface_hub.hf_api import RepoFile

        files = self.api.list_repo_tree(info.id, revision=info.sha, recursive=False)
        return [
            (f.lfs.sha256 if f.lfs else f.blob_id, f.size)
            for f in files
            if isinstance(f, RepoFile) and eligible.is_weights(f.path)
        ]


def _placed(candidates: list[Candidate], left_out: list[LeftOut]) -> Tree:
    """Seat adapters on their parent, and name what copies copy.

    ``candidates`` come most downloaded first, so a copy is the one that fewer people know.
    """
    by_id = {candidate.id: candidate for candidate in candidates}
    originals: dict[tuple[str | None, str], str] = {}
    placed: list[Candidate] = []
    for candidate in candidates:
        parent = by_id.get(candidate.parent or "") if candidate.is_adapter else candidate
        if parent is None or parent.is_adapter:
            left_out.append(LeftOut(candidate.id, f"its base {candidate.parent} is not asked"))
            continue
        key = (candidate.parent if candidate.is_adapter else None, candidate.weights)
        original = originals.setdefault(key, candidate.id)
        placed.append(
            replace(
                candidate,
                chassis=parent.chassis,
                parent_revision=parent.revision if candidate.is_adapter else None,
                copy_of=None if original == candidate.id else original,
            )
        )
    return Tree(tuple(placed), tuple(left_out))


class _in_our_words:
    """Turns the network's errors into one that names the hub and the next step."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint

    def __enter__(self) -> None: ...

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        # The hub's own errors derive from those of the HTTP client, httpx2.
        from httpx2 import HTTPError
        from huggingface_hub.errors import HfHubHTTPError

        if isinstance(error, HfHubHTTPError):
            raise WorldError(f"hub {self.endpoint}", str(error), "try again later") from error
        if isinstance(error, HTTPError):
            raise WorldError(
                f"hub {self.endpoint} is out of reach",
                str(error),
                "check the network or HF_ENDPOINT",
            ) from error
