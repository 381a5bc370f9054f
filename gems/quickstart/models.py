"""The two architectures of the quickstart, small enough that a CPU trains them in seconds."""

from typing import Any

from gems.quickstart.tokenizer import BOS, EOS, PAD, VOCAB_SIZE

ARCHITECTURES = ("llama", "qwen2")

Weights = dict[str, Any]
"""Tensors by name, float32, as a checkpoint holds them."""


def new_model(architecture: str, seed: int) -> Any:
    """A freshly initialised causal model; the same seed gives the same weights.

    Global random state is left as it was.
    """
    import torch
    from transformers import AutoModelForCausalLM

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return AutoModelForCausalLM.from_config(config_of(architecture))


def model_with(architecture: str, weights: Weights) -> Any:
    """A model that holds these weights."""
    model = new_model(architecture, seed=0)
    model.load_state_dict(weights)
    return model


def config_of(architecture: str) -> Any:
    """The Transformers config: 2 layers, width 128, 4 heads of 32, 0.35 M parameters."""
    from transformers import LlamaConfig, Qwen2Config

    kind = {"llama": LlamaConfig, "qwen2": Qwen2Config}[architecture]
    config = kind(
        vocab_size=VOCAB_SIZE,
        hidden_size=128,
        intermediate_size=256,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=4,
        max_position_embeddings=64,
        tie_word_embeddings=False,
    )
    config.pad_token_id, config.bos_token_id, config.eos_token_id = PAD, BOS, EOS
    return config
