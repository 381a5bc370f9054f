"""Who can be asked: what a hub's listing and a model's config tell before any download.

Everything here was uploaded by strangers. Code of theirs is never run and pickles never opened.
"""

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gems.core.settings import Candidates

if TYPE_CHECKING:
    from huggingface_hub import HfApi, ModelInfo

TOKENIZERS = frozenset({"tokenizer.json", "tokenizer.model", "vocab.json", "spiece.model"})
PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl")
# What a config says that changes neither a tensor's shape nor what an engine computes.
COSMETIC = frozenset(
    {
        "_name_or_path", "transformers_version", "torch_dtype", "dtype", "use_cache",
        "bos_token_id", "eos_token_id", "pad_token_id", "attention_dropout", "hidden_dropout",
        "initializer_range", "pretraining_tp", "unsloth_version", "unsloth_fixed",
        "_attn_implementation", "_attn_implementation_autoset", "task_specific_params",
    }
)  # fmt: skip
# Adapter settings whose merge was verified; others change what the weights mean.
ADAPTERS = frozenset({"LORA"})
# Far beyond any real model; what lies past them only keeps a worker busy.
LIMITS = {"num_hidden_layers": 1_000, "hidden_size": 1_000_000, "vocab_size": 10_000_000}
CONFIG_LIMIT_BYTES = 10_000_000


class Ineligible(Exception):
    """A model that cannot be asked, with the reason in words for a person."""


def by_listing(info: "ModelInfo", relation: str, wanted: Candidates) -> str | None:
    """Why a model is left out, as far as the listing tells; None when nothing speaks against it."""
    files = {sibling.rfilename for sibling in info.siblings or []}
    parameters = info.safetensors.total if info.safetensors else None
    licence = license_of(info)
    reasons = (
        (relation == "quantized", _quantised(files)),
        (relation not in ("root", *wanted.relations), f"relation {relation} is not wanted"),
        ("custom_code" in (info.tags or []), "needs trust_remote_code, which is never on"),
        (not any(map(is_weights, files)), _without_weights(files)),
        (relation != "adapter" and not files & TOKENIZERS, "no tokenizer"),
        (
            wanted.max_parameters and parameters and parameters > wanted.max_parameters,
            f"{parameters or 0:,} parameters are more than {wanted.max_parameters or 0:,.0f}",
        ),
        (
            wanted.licenses != "any" and licence not in wanted.licenses,
            f"licence {licence or 'not declared'} is not wanted",
        ),
    )
    return next((reason for applies, reason in reasons if applies), None)


def read_json(api: "HfApi", info: "ModelInfo", name: str) -> dict[str, Any]:
    """A small JSON file of the repository. Raises `Ineligible` where it is no such thing."""
    from huggingface_hub.errors import EntryNotFoundError, GatedRepoError

    try:
        path = api.hf_hub_download(info.id, name, revision=info.sha)
        if Path(path).stat().st_size > CONFIG_LIMIT_BYTES:
            raise Ineligible(f"{name} is too large to be a config")
        value = json.loads(Path(path).read_text(encoding="utf-8"))
    except GatedRepoError as error:
        raise Ineligible("gated: ask for access on its page at the hub") from error
    except EntryNotFoundError as error:
        raise Ineligible(f"no {name}") from error
    except (ValueError, RecursionError) as error:
        raise Ineligible(f"{name} is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise Ineligible(f"{name} is not a JSON object")
    return value


def check_config(config: dict[str, Any]) -> None:
    """Raises `Ineligible` for a config that no plain causal language model has."""
    architectures = config.get("architectures") or []
    quantisation = config.get("quantization_config")
    if "auto_map" in config:
        raise Ineligible("needs trust_remote_code, which is never on")
    if quantisation:
        method = quantisation.get("quant_method", "") if isinstance(quantisation, dict) else ""
        raise Ineligible(f"quantised {method}".strip())
    if not any(str(name).endswith("ForCausalLM") for name in architectures):
        raise Ineligible(f"no causal language model: architectures {architectures}")
    for field, limit in LIMITS.items():
        if not isinstance(config.get(field, 0), int) or not 0 <= config.get(field, 0) <= limit:
            raise Ineligible(f"{field} is {str(config[field])[:50]}, allowed: 0 to {limit:,}")


def check_adapter(config: dict[str, Any]) -> None:
    """Raises `Ineligible` for an adapter that cannot be merged into its base."""
    if str(config.get("peft_type")) not in ADAPTERS:
        raise Ineligible(
            f"adapter type {config.get('peft_type')} cannot be merged; allowed: "
            + ", ".join(sorted(ADAPTERS))
        )
    if config.get("megatron_config"):
        raise Ineligible("its adapter config names a module to import, which is never done")


def chassis(config: dict[str, Any]) -> str:
    """A name for what two checkpoints must share for one engine to hold both.

    Everything in the config counts, save what is known to be cosmetic: an unknown field costs an
    engine start at worst, while a shared engine that differs would answer wrongly in silence.
    """
    decisive = {key: value for key, value in config.items() if key not in COSMETIC}
    digest = hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()
    return f"{config.get('model_type', 'model')}-{digest[:12]}"


def is_weights(path: str) -> bool:
    """Whether a file of a repository holds weights that are loaded."""
    return path.endswith(".safetensors") and "/" not in path


def license_of(info: "ModelInfo") -> str | None:
    """The licence that the card declares."""
    card = info.card_data
    licence = card.get("license") if card else None
    return licence if isinstance(licence, str) else None


def _quantised(files: set[str]) -> str:
    is_gguf = any(name.endswith(".gguf") for name in files)
    return "only GGUF weights" if is_gguf and not any(map(is_weights, files)) else "quantised"


def _without_weights(files: set[str]) -> str:
    if any(name.endswith(".gguf") for name in files):
        return "only GGUF weights"
    if any(name.endswith(PICKLES) for name in files):
        return "pickled weights only, which are never opened"
    return "no safetensors weights"
