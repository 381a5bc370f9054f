"""Is a checkpoint what its config says? Asked before an engine sees it, because engines do not ask.

Measured on vLLM: a missing tensor keeps the previous candidate's weights and answers wrongly
without an error; a NaN poisons the engine for the candidates that follow; an extra tensor or
another vocabulary size breaks it for good.
"""

import functools
import json
import struct
from collections.abc import Mapping
from pathlib import Path

from gems.core.errors import CandidateFault

Header = Mapping[str, tuple[int, ...]]
FLOATS = frozenset({"F64", "F32", "F16", "BF16"})
HEADER_LIMIT_BYTES = 100_000_000
# Buffers that old checkpoints carry and that every engine works out by itself.
DERIVED = ("rotary_emb.inv_freq", "rotary_emb.cos_cached", "rotary_emb.sin_cached")


def inspected(folder: Path) -> Path:
    """The folder, if its checkpoint is sound. Raises `CandidateFault` with what is not."""
    found = headers(folder)
    wanted, optional = expected(_config_text(folder))
    _compare(found, wanted, optional)
    _check_tokenizer(folder, wanted)
    _check_finite(folder)
    return folder


def headers(folder: Path) -> dict[str, tuple[int, ...]]:
    """The shape of every tensor, by name, read from the files' headers alone.

    Raises `CandidateFault` for a file that is truncated or no safetensors file.
    """
    shapes: dict[str, tuple[int, ...]] = {}
    for file in sorted(folder.glob("*.safetensors")):
        for name, tensor in _header(file).items():
            if name == "__metadata__":
                continue
            if tensor["dtype"] not in FLOATS:
                raise CandidateFault("not-float", f"{name} is {tensor['dtype']}")
            shapes[name] = tuple(tensor["shape"])
    return {name: shape for name, shape in shapes.items() if not name.endswith(DERIVED)}


@functools.lru_cache(maxsize=64)
def expected(config_text: str) -> tuple[Header, frozenset[str]]:
    """The tensors a config calls for, and those of them that may be absent because they are tied.

    Built by Transformers on the meta device, which allocates nothing.
    """
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    values = json.loads(config_text)
    try:
        config = AutoConfig.for_model(values.pop("model_type"), **values)
        with torch.device("meta"):
            model = AutoModelForCausalLM.from_config(config)
    except Exception as error:  # whatever a stranger's config makes Transformers raise
        raise CandidateFault("unknown-architecture", str(error)[:500]) from error
    tied = frozenset(model.all_tied_weights_keys) if config.tie_word_embeddings else frozenset()
    buffers = {name for name, _ in model.named_buffers()}
    shapes = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    return {n: s for n, s in shapes.items() if n not in buffers}, tied


def _compare(found: Header, wanted: Header, optional: frozenset[str]) -> None:
    missing = sorted(wanted.keys() - found.keys() - optional)
    extra = sorted(found.keys() - wanted.keys())
    wrong = sorted(name for name in wanted.keys() & found.keys() if wanted[name] != found[name])
    for kind, names in (("missing-tensor", missing), ("extra-tensor", extra)):
        if names:
            raise CandidateFault(kind, _listed(names))
    if wrong:
        name = wrong[0]
        detail = f"{name} is {list(found[name])}, its config says {list(wanted[name])}"
        raise CandidateFault("wrong-shape", detail)


def _check_tokenizer(folder: Path, wanted: Header) -> None:
    """A token beyond the embedding would read memory that is not there."""
    file = folder / "tokenizer.json"
    if not file.is_file():
        return
    vocabulary = json.loads(file.read_text(encoding="utf-8"))
    ids = [token["id"] for token in vocabulary.get("added_tokens", [])]
    model_vocabulary = vocabulary.get("model", {}).get("vocab", {})
    ids += model_vocabulary.values() if isinstance(model_vocabulary, dict) else []
    rows = next((shape[0] for name, shape in wanted.items() if "embed_tokens" in name), None)
    if rows is not None and ids and max(ids) >= rows:
        raise CandidateFault("tokenizer-too-large", f"token {max(ids)} of {rows} embeddings")


def _check_finite(folder: Path) -> None:
    from safetensors import safe_open

    for file in sorted(folder.glob("*.safetensors")):
        with safe_open(file, framework="pt") as tensors:
            for name in tensors.keys():  # noqa: SIM118
                if not tensors.get_tensor(name).isfinite().all():
                    raise CandidateFault("not-finite", f"{name} holds NaN or infinity")


def _header(file: Path) -> dict[str, dict[str, list[int]]]:
    """Raises `CandidateFault`; the format is eight bytes of length, JSON, then the tensors."""
    size = file.stat().st_size
    with file.open("rb") as stream:
        length = struct.unpack("<Q", stream.read(8).ljust(8, b"\0"))[0]
        if length > min(size - 8, HEADER_LIMIT_BYTES):
            raise CandidateFault("truncated-file", f"{file.name} ends in its header")
        try:
            header = json.loads(stream.read(length))
            end = max((t["data_offsets"][1] for n, t in header.items() if n != "__metadata__"),
                      default=0)  # fmt: skip
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise CandidateFault("not-safetensors", f"{file.name}: {error}") from error
    if size != 8 + length + end:
        raise CandidateFault(
            "truncated-file", f"{file.name} has {size} of {8 + length + end} bytes"
        )
    return header


def _config_text(folder: Path) -> str:
    try:
        return (folder / "config.json").read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise CandidateFault("missing-file", "no config.json") from error


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f"{names[0]}{more}"
