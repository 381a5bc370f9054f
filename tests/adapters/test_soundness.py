"""What no engine should see is found in the files, and named."""

import json
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file

from gems.adapters import soundness
from gems.core.errors import CandidateFault
from gems.quickstart.models import new_model
from gems.quickstart.tokenizer import write_tokenizer

WEIGHTS = "model.safetensors"


@pytest.fixture(scope="module", params=["llama", "mistral"])
def sound(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    new_model(request.param, seed=1).save_pretrained(folder)
    write_tokenizer(folder)
    return folder


@pytest.fixture
def folder(sound, tmp_path):
    return shutil.copytree(sound, tmp_path / "copy")


def change(folder, edit):
    tensors = load_file(folder / WEIGHTS)
    edit(tensors)
    save_file(tensors, folder / WEIGHTS, metadata={"format": "pt"})


def kind(folder):
    with pytest.raises(CandidateFault) as caught:
        soundness.inspected(folder)
    return caught.value.kind


def test_a_sound_checkpoint_passes_in_every_float_type(folder):
    assert soundness.inspected(folder) == folder
    change(folder, lambda t: t.update({n: x.to(torch.bfloat16) for n, x in t.items()}))
    assert soundness.inspected(folder) == folder


def test_a_missing_tensor(folder):
    change(folder, lambda t: t.pop("model.layers.1.mlp.up_proj.weight"))
    assert kind(folder) == "missing-tensor"


def test_an_extra_tensor(folder):
    change(folder, lambda t: t.update({"model.layers.9.mlp.up_proj.weight": torch.zeros(2)}))
    assert kind(folder) == "extra-tensor"


def test_another_vocabulary_than_the_config_says(folder):
    change(folder, lambda t: t.update({"model.embed_tokens.weight": torch.zeros(104, 128)}))
    assert kind(folder) == "wrong-shape"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_weight_that_is_not_finite(folder, value):
    def spoil(tensors):
        tensors["model.norm.weight"][3] = value

    change(folder, spoil)
    assert kind(folder) == "not-finite"


@pytest.mark.parametrize("keep", [0, 4, 50, -1])
def test_a_truncated_file(folder, keep):
    data = (folder / WEIGHTS).read_bytes()
    (folder / WEIGHTS).write_bytes(data[:keep])
    assert kind(folder) == "truncated-file"


def test_quantised_tensors_are_no_floats(folder):
    change(folder, lambda t: t.update({n: x.to(torch.int8) for n, x in t.items()}))
    assert kind(folder) == "not-float"


def test_a_header_that_is_no_json(folder):
    (folder / WEIGHTS).write_bytes((10).to_bytes(8, "little") + b"x" * 10)
    assert kind(folder) == "not-safetensors"


def test_old_buffers_are_harmless(folder):
    name = "model.layers.0.self_attn.rotary_emb.inv_freq"
    change(folder, lambda t: t.update({name: torch.zeros(16)}))
    assert soundness.inspected(folder) == folder


def test_a_tied_output_may_be_absent(folder):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "tie_word_embeddings": True}))
    change(folder, lambda t: t.pop("lm_head.weight", None))
    assert soundness.inspected(folder) == folder


@pytest.mark.parametrize(
    "config", [{"model_type": "no-such"}, {"model_type": "llama", "hidden_size": "x"}]
)
def test_a_config_that_nobody_understands(folder, config):
    (folder / "config.json").write_text(json.dumps(config))
    assert kind(folder) == "unknown-architecture"


def test_a_token_beyond_the_embedding(folder):
    tokenizer = json.loads((folder / "tokenizer.json").read_text())
    tokenizer["model"]["vocab"]["beyond"] = 5000
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    assert kind(folder) == "tokenizer-too-large"
