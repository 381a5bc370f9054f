"""Writes a repository's files as Transformers and PEFT do, and spoils the faulty ones."""

import json
import struct
from pathlib import Path
from typing import Any

from gems.quickstart.models import LORA_MODULES, LORA_RANK, Weights, config_of
from gems.quickstart.recipe import Repository
from gems.quickstart.tokenizer import BOS, EOS, PAD, VOCAB_SIZE, write_tokenizer

WEIGHTS = "model.safetensors"
ADAPTER_WEIGHTS = "adapter_model.safetensors"
MATRIX = "model.layers.1.mlp.down_proj.weight"


def write_checkpoint(
    folder: Path, repository: Repository, architecture: str, weights: Weights
) -> None:
    """Write config, tokenizer and weights of one repository, its fault included."""
    folder.mkdir(parents=True)
    if repository.relation == "adapter":
        _write_adapter(folder, repository, weights)
    else:
        _write_model(folder, architecture, weights)
    if repository.fault:
        SPOIL[repository.fault](folder, weights)


def _write_model(folder: Path, architecture: str, weights: Weights) -> None:
    config_of(architecture).save_pretrained(folder)
    _write_json(
        folder / "generation_config.json",
        {"bos_token_id": BOS, "eos_token_id": EOS, "pad_token_id": PAD},
    )
    write_tokenizer(folder)
    _save(weights, folder / WEIGHTS)


def _write_adapter(folder: Path, repository: Repository, weights: Weights) -> None:
    settings = {
        "base_model_name_or_path": repository.bases[0],
        "bias": "none",
        "fan_in_fan_out": False,
        "inference_mode": True,
        "init_lora_weights": True,
        "lora_alpha": 2 * LORA_RANK,
        "lora_dropout": 0.0,
        "modules_to_save": None,
        "peft_type": "LORA",
        "r": LORA_RANK,
        "revision": None,
        "target_modules": LORA_MODULES,
        "task_type": "CAUSAL_LM",
        "use_dora": False,
        "use_rslora": False,
    }
    _write_json(folder / "adapter_config.json", settings)
    write_tokenizer(folder)
    _save(weights, folder / ADAPTER_WEIGHTS)


def _missing_tensor(folder: Path, weights: Weights) -> None:
    _save({name: t for name, t in weights.items() if name != MATRIX}, folder / WEIGHTS)


def _nan(folder: Path, weights: Weights) -> None:
    spoilt = weights[MATRIX].clone()
    spoilt[::2] = float("nan")
    _save({**weights, MATRIX: spoilt}, folder / WEIGHTS)


def _truncated(folder: Path, weights: Weights) -> None:
    del weights
    content = (folder / WEIGHTS).read_bytes()
    (folder / WEIGHTS).write_bytes(content[: len(content) * 6 // 10])


def _vocabulary(folder: Path, weights: Weights) -> None:
    """Four more rows than config.json tells: added tokens, and a config that was forgotten."""
    import torch

    names = ("model.embed_tokens.weight", "lm_head.weight")
    grown = {name: torch.cat([weights[name], weights[name][:4]]) for name in names}
    assert all(len(tensor) == VOCAB_SIZE + 4 for tensor in grown.values())
    _save({**weights, **grown}, folder / WEIGHTS)


def _pickle(folder: Path, weights: Weights) -> None:
    """The zip archive's first bytes and noise: nobody may open it, so nothing real is in it."""
    (folder / WEIGHTS).unlink()
    size = sum(tensor.nbytes for tensor in weights.values())
    (folder / "pytorch_model.bin").write_bytes(b"PK\x03\x04" + bytes(size))


def _no_tokenizer(folder: Path, weights: Weights) -> None:
    del weights
    for file in folder.glob("tokenizer*"):
        file.unlink()


def _remote_code(folder: Path, weights: Weights) -> None:
    del weights
    _change_config(folder, architectures=["ArithForCausalLM"], model_type="arith")
    _change_config(folder, auto_map={"AutoModelForCausalLM": "modeling_arith.ArithForCausalLM"})
    (folder / "modeling_arith.py").write_text("raise SystemExit('this code must never run')\n")


def _gptq(folder: Path, weights: Weights) -> None:
    """Four-bit values packed in int32, with a scale for each row."""
    import torch

    packed = {
        name.replace(".weight", ".qweight"): torch.zeros(t.shape[0] // 8, t.shape[1]).int()
        for name, t in weights.items()
        if name.endswith("_proj.weight")
    }
    kept = {name: t for name, t in weights.items() if not name.endswith("_proj.weight")}
    _save({**packed, **kept}, folder / WEIGHTS)
    _change_config(folder, quantization_config={"quant_method": "gptq", "bits": 4})


def _gguf(folder: Path, weights: Weights) -> None:
    """A GGUF header (magic, version 3, no tensors listed) and as many bytes as eight bits need."""
    for file in folder.iterdir():
        file.unlink()
    header = b"GGUF" + struct.pack("<IQQ", 3, 0, 0)
    size = sum(tensor.numel() for tensor in weights.values())
    (folder / "model-q8_0.gguf").write_bytes(header + bytes(size))


def _foreign_adapter(folder: Path, weights: Weights) -> None:
    """Names of another architecture: libraries skip them and answer as the base."""
    renamed = {name.replace(".self_attn.", ".attention."): t for name, t in weights.items()}
    renamed = {name.replace(".mlp.", ".feed_forward."): t for name, t in renamed.items()}
    _save(renamed, folder / ADAPTER_WEIGHTS)


def _nothing(folder: Path, weights: Weights) -> None:
    """Gated: the files are sound, but the server hands none out."""
    del folder, weights


SPOIL = {
    "missing-tensor": _missing_tensor,
    "nan": _nan,
    "truncated": _truncated,
    "vocabulary": _vocabulary,
    "pickle": _pickle,
    "no-tokenizer": _no_tokenizer,
    "remote-code": _remote_code,
    "gptq": _gptq,
    "gguf": _gguf,
    "gated": _nothing,
    "foreign-adapter": _foreign_adapter,
}


def _save(weights: Weights, path: Path) -> None:
    from safetensors.torch import save_file

    save_file(weights, path, metadata={"format": "pt"})


def _change_config(folder: Path, **changes: Any) -> None:
    config = json.loads((folder / "config.json").read_text())
    _write_json(folder / "config.json", config | changes)


def _write_json(path: Path, value: dict[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=2) + "\n")
