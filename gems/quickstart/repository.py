"""What a hub tells of a repository, read off its files: hashes, sizes, tensors, tags, commit."""

import hashlib
import json
import struct
from datetime import UTC, datetime, timedelta
from math import prod
from pathlib import Path
from typing import Any

from gems.quickstart.cards import card_data
from gems.quickstart.recipe import Repository

LARGE = (".safetensors", ".bin", ".gguf")
FIRST_UPLOAD = datetime(2024, 1, 8, 9, 30, tzinfo=UTC)


def describe(folder: Path, repository: Repository, number: int) -> dict[str, Any]:
    """All fields that the Hub's ``/api/models`` gives, and ``files`` with hashes and sizes.

    ``number`` is the repository's place in time: one more upload every five days.
    """
    files = [_file(folder, path) for path in sorted(folder.rglob("*")) if path.is_file()]
    commit = hashlib.sha1(json.dumps([repository.id, files]).encode()).hexdigest()
    card = card_data(repository)
    uploaded = (FIRST_UPLOAD + timedelta(days=5 * number)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    described = {
        "_id": commit[:24],
        "id": repository.id,
        "modelId": repository.id,
        "author": repository.id.split("/")[0],
        "sha": commit,
        "private": False,
        "disabled": False,
        "gated": "manual" if repository.fault == "gated" else False,
        "downloads": repository.downloads,
        "downloadsAllTime": 9 * repository.downloads,
        "likes": repository.likes,
        "createdAt": uploaded,
        "lastModified": uploaded,
        "library_name": card["library_name"],
        "pipeline_tag": card["pipeline_tag"],
        "cardData": card,
        "config": _config(folder),
        "usedStorage": sum(file["size"] for file in files),
        "files": files,
    }
    described["tags"] = _tags(folder, repository, card, described["config"])
    described |= _weights(folder) | _bases(repository)
    return described


def _file(folder: Path, path: Path) -> dict[str, Any]:
    content = path.read_bytes()
    large = path.suffix in LARGE
    pointer = _pointer(content) if large else content
    oid = hashlib.sha1(b"blob %d\0" % len(pointer) + pointer).hexdigest()
    file: dict[str, Any] = {
        "path": path.relative_to(folder).as_posix(),
        "size": len(content),
        "oid": oid,
    }
    if large:
        sha256 = hashlib.sha256(content).hexdigest()
        file["lfs"] = {"oid": sha256, "size": len(content), "pointerSize": len(pointer)}
    return file


def _pointer(content: bytes) -> bytes:
    """What git holds in place of a large file."""
    sha256 = hashlib.sha256(content).hexdigest()
    lines = "version https://git-lfs.github.com/spec/v1", f"oid sha256:{sha256}"
    return "\n".join((*lines, f"size {len(content)}\n")).encode()


def _config(folder: Path) -> dict[str, Any]:
    """The few fields of the configs that the Hub shows in its listings."""
    config = _json(folder / "config.json")
    fields = ("architectures", "model_type", "auto_map", "quantization_config")
    shown = {field: config[field] for field in fields if field in config}
    adapter = _json(folder / "adapter_config.json")
    if adapter:
        kept = ("base_model_name_or_path", "task_type")
        shown["peft"] = {field: adapter[field] for field in kept}
    return shown


def _json(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text()) if path.is_file() else {}


def _tags(
    folder: Path, repository: Repository, card: dict[str, Any], config: dict[str, Any]
) -> list[str]:
    kinds = {file.suffix[1:] for file in folder.iterdir()} & {"safetensors", "gguf"}
    tags = [card["library_name"], *sorted(kinds), *card["tags"]]
    if "model_type" in config:
        tags.append(config["model_type"])
    if "auto_map" in config:
        tags.append("custom_code")
    tags += [f"base_model:{base}" for base in repository.bases]
    tags += [f"base_model:{repository.relation}:{base}" for base in repository.bases]
    return [*tags, "text-generation", f"license:{repository.license}", "region:us"]


def _bases(repository: Repository) -> dict[str, Any]:
    if not repository.bases:
        return {}
    models = [{"id": base} for base in repository.bases]
    return {"baseModels": {"relation": repository.relation, "models": models}}


def _weights(folder: Path) -> dict[str, Any]:
    """Parameters by type, as the Hub reads them off the header; nothing for other formats."""
    paths = sorted(folder.glob("*.safetensors"))
    if not paths:
        return {}
    counts: dict[str, int] = {}
    for tensor in _header(paths[0]).values():
        counts[tensor["dtype"]] = counts.get(tensor["dtype"], 0) + prod(tensor["shape"])
    return {"safetensors": {"parameters": counts, "total": sum(counts.values())}}


def _header(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
    header.pop("__metadata__", None)
    return header
