"""The two architectures of the quickstart, small enough that a CPU trains them in seconds."""

from collections.abc import Sequence
from threading import Lock
from typing import Any

from gems.quickstart.tokenizer import BOS, EOS, PAD, VOCAB_SIZE

CLASSES = {"llama": "LlamaForCausalLM", "mistral": "MistralForCausalLM"}
LORA_RANK = 8
LORA_MODULES = ["down_proj", "gate_proj", "k_proj", "o_proj", "q_proj", "up_proj", "v_proj"]

Weights = dict[str, Any]
"""Tensors by name, bfloat16, as a checkpoint holds them."""

# Initialisation draws from PyTorch's global generator, which all threads share.
_DRAWING = Lock()


def load_libraries() -> None:
    """Import all that training needs. Threads call for it at once, which lazy imports do not bear.

    Transformers then fails now and then with "cannot import name 'AutoModelForCausalLM'".
    """
    for architecture in CLASSES:
        with_adapter(new_model(architecture, seed=0), seed=0)


def new_model(architecture: str, seed: int) -> Any:
    """A freshly initialised causal model in float32; the same seed gives the same weights.

    Global random state is left as it was.
    """
    import torch
    from transformers import AutoModelForCausalLM

    with _DRAWING, torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return AutoModelForCausalLM.from_config(config_of(architecture), dtype=torch.float32)


def model_with(architecture: str, weights: Weights) -> Any:
    """A float32 model that holds these weights."""
    model = new_model(architecture, seed=0)
    model.load_state_dict(weights)
    return model.eval()


def with_adapter(model: Any, seed: int) -> Any:
    """The model with a new LoRA adapter on all linear layers; only the adapter learns."""
    import torch
    from peft import LoraConfig, get_peft_model

    settings = LoraConfig(
        r=LORA_RANK,
        lora_alpha=2 * LORA_RANK,
        target_modules=LORA_MODULES,
        task_type="CAUSAL_LM",
    )
    with _DRAWING, torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return get_peft_model(model, settings)


def weights_of(model: Any) -> Weights:
    """What a checkpoint of the model holds."""
    return _rounded(model.state_dict())


def adapter_weights_of(model: Any) -> Weights:
    """What an adapter's file holds."""
    from peft import get_peft_model_state_dict

    return _rounded(get_peft_model_state_dict(model))


def blend(parts: Sequence[Weights], shares: Sequence[float]) -> Weights:
    """The weighted sum of checkpoints of one architecture, added up in float32."""
    import torch

    if len(parts) == 1:
        return parts[0]
    names = parts[0]
    mixed = {
        name: torch.stack([s * part[name].float() for part, s in zip(parts, shares, strict=True)])
        for name in names
    }
    return _rounded({name: stack.sum(0) for name, stack in mixed.items()})


def _rounded(tensors: dict[str, Any]) -> Weights:
    import torch

    return {name: t.detach().to(torch.bfloat16).contiguous() for name, t in tensors.items()}


def config_of(architecture: str) -> Any:
    """The Transformers config: 2 layers, width 128, 4 heads of 32, about 0.35 M parameters.

    Qwen2 will not do: Transformers 5 gives its checkpoints Qwen2's own tokenizer, whatever their
    tokenizer.json says, and that one drops spaces and line feeds of ours.
    """
    from transformers import LlamaConfig, MistralConfig

    kind, differing = {
        "llama": (LlamaConfig, {"num_key_value_heads": 4}),
        "mistral": (MistralConfig, {"num_key_value_heads": 2, "sliding_window": None}),
    }[architecture]
    return kind(
        architectures=[CLASSES[architecture]],
        dtype="bfloat16",
        vocab_size=VOCAB_SIZE,
        hidden_size=128,
        intermediate_size=256,
        num_hidden_layers=2,
        num_attention_heads=4,
        head_dim=32,
        max_position_embeddings=64,
        tie_word_embeddings=False,
        pad_token_id=PAD,
        bos_token_id=BOS,
        eos_token_id=EOS,
        **differing,
    )
