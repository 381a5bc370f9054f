"""Adapters are merged as their library does, and those that do not fit are found."""

import pytest
import torch
from safetensors.torch import load_file, save_file

from gems.adapters import lora, soundness
from gems.core.errors import CandidateFault
from gems.quickstart.models import new_model, with_adapter
from gems.quickstart.tokenizer import write_tokenizer


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    base, adapter = tmp_path_factory.mktemp("base"), tmp_path_factory.mktemp("adapter")
    new_model("llama", seed=1).save_pretrained(base)
    write_tokenizer(base)
    model = with_adapter(new_model("llama", seed=1), seed=2)
    torch.manual_seed(0)
    with torch.no_grad():
        for name, tensor in model.named_parameters():
            if "lora_B" in name:
                tensor.normal_(std=0.1)
    model.save_pretrained(adapter)
    return base, adapter


def test_a_merged_adapter_is_the_base_plus_its_update(folders, tmp_path):
    base, adapter = folders
    lora.merge(adapter, base, tmp_path / "merged")
    soundness.inspected(tmp_path / "merged")
    before, after = (load_file(f / "model.safetensors") for f in (base, tmp_path / "merged"))
    update = load_file(adapter / "adapter_model.safetensors")
    name = "model.layers.0.mlp.up_proj"
    delta = (update[f"base_model.model.{name}.lora_B.weight"]
             @ update[f"base_model.model.{name}.lora_A.weight"]) * 2  # fmt: skip
    expected = before[f"{name}.weight"].float() + delta
    torch.testing.assert_close(after[f"{name}.weight"].float(), expected, rtol=1e-4, atol=1e-5)
    assert (tmp_path / "merged/config.json").read_bytes() == (base / "config.json").read_bytes()
    assert (tmp_path / "merged/tokenizer.json").is_file()


def test_an_adapter_for_other_modules_is_refused(folders, tmp_path):
    """Libraries would say nothing and answer as the base alone."""
    base, adapter = folders
    stranger = tmp_path / "stranger"
    stranger.mkdir()
    (stranger / "adapter_config.json").write_bytes((adapter / "adapter_config.json").read_bytes())
    tensors = load_file(adapter / "adapter_model.safetensors")
    save_file(
        {name.replace("model.layers", "transformer.h"): t for name, t in tensors.items()},
        stranger / "adapter_model.safetensors",
    )
    with pytest.raises(CandidateFault, match="adapter-does-not-fit"):
        lora.check(stranger, base)


def test_an_adapter_of_pickles_only_is_refused(folders, tmp_path):
    base, adapter = folders
    (tmp_path / "adapter_config.json").write_bytes((adapter / "adapter_config.json").read_bytes())
    (tmp_path / "adapter_model.bin").write_bytes(b"never opened")
    with pytest.raises(CandidateFault, match="missing-file"):
        lora.check(tmp_path, base)
