"""LoRA adapters merged into their base, so that they share its chassis and its warm engine.

Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models", 2021 (arXiv 2106.09685).
"""

import json
import shutil
from pathlib import Path

from gems.core.errors import CandidateFault

ADAPTER_WEIGHTS = "adapter_model.safetensors"
TOKENIZER_FILES = ("tokenizer*", "special_tokens_map.json", "vocab.*", "merges.txt", "*.jinja")


def merge(adapter: Path, base: Path, target: Path) -> None:
    """Write the base with the adapter's updates added as a complete checkpoint.

    Raises `CandidateFault` for an adapter that does not fit its base: where no module name
    matches, libraries answer as the base alone and say nothing.
    """
    check(adapter, base)
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(base, use_safetensors=True, dtype="auto")
    try:
        merged = PeftModel.from_pretrained(model, str(adapter)).merge_and_unload(safe_merge=True)
    except (ValueError, RuntimeError, KeyError, TypeError) as error:
        raise CandidateFault("adapter-does-not-fit", f"{error}"[:500]) from error
    merged.save_pretrained(target)
    for source in (base, adapter):
        for pattern in TOKENIZER_FILES:
            for file in source.glob(pattern):
                shutil.copy(file, target)
    # The engine was built for the base's config; saving rewrites cosmetic fields of it.
    shutil.copy(base / "config.json", target)


def check(adapter: Path, base: Path) -> None:
    """Raises `CandidateFault` unless every tensor of the adapter updates a tensor of the base."""
    from gems.adapters.soundness import headers

    weights = adapter / ADAPTER_WEIGHTS
    config = json.loads((adapter / "adapter_config.json").read_text(encoding="utf-8"))
    if config.get("peft_type") != "LORA" or config.get("megatron_config"):
        raise CandidateFault("adapter-type", f"{config.get('peft_type')} cannot be merged")
    if not weights.is_file():
        raise CandidateFault("missing-file", f"no {ADAPTER_WEIGHTS}")
    modules = {name.rpartition(".")[0] for name in headers(base)}
    updates = {_module(name) for name in headers(adapter)}
    strangers = sorted(updates - modules)
    if strangers or not updates:
        found = f"{strangers[0]} and {len(strangers) - 1} more" if strangers else "no tensors"
        raise CandidateFault("adapter-does-not-fit", f"the base has no {found}")


def _module(name: str) -> str:
    """The base's module that a tensor of an adapter belongs to.

    >>> _module("base_model.model.model.layers.0.mlp.up_proj.lora_A.weight")
    'model.layers.0.mlp.up_proj'
    """
    inner = name.removeprefix("base_model.model.")
    for mark in (".lora_", ".modules_to_save"):
        inner = inner.partition(mark)[0]
    return inner.removesuffix(".weight").removesuffix(".bias")
