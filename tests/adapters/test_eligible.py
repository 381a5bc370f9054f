"""What strangers' configs may say, and what leaves them out."""

import pytest

from gems.adapters import eligible

LLAMA = {
    "model_type": "llama",
    "architectures": ["LlamaForCausalLM"],
    "num_hidden_layers": 2,
    "hidden_size": 128,
    "vocab_size": 100,
    "rope_theta": 10_000.0,
}


def test_a_plain_causal_model_passes():
    eligible.check_config(LLAMA)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"auto_map": {"AutoModel": "evil.Model"}}, "trust_remote_code"),
        ({"quantization_config": {"quant_method": "gptq"}}, "quantised gptq"),
        ({"architectures": ["BertForMaskedLM"]}, "no causal language model"),
        ({"architectures": None}, "no causal language model"),
        ({"num_hidden_layers": 10**9}, "num_hidden_layers"),
        ({"hidden_size": "many"}, "hidden_size"),
        ({"vocab_size": -1}, "vocab_size"),
    ],
    ids=str,
)
def test_others_are_left_out_with_a_reason(change, says):
    with pytest.raises(eligible.Ineligible, match=says):
        eligible.check_config({**LLAMA, **change})


@pytest.mark.parametrize(
    "config", [{"peft_type": "IA3"}, {}, {"peft_type": "LORA", "megatron_config": {"a": 1}}]
)
def test_adapters_that_cannot_be_merged_are_left_out(config):
    with pytest.raises(eligible.Ineligible):
        eligible.check_adapter(config)


def test_a_chassis_is_what_changes_an_engine_and_nothing_else():
    cosmetic = {**LLAMA, "torch_dtype": "bfloat16", "use_cache": False, "eos_token_id": 7}
    assert eligible.chassis(cosmetic) == eligible.chassis(LLAMA)
    for field, value in [("rope_theta", 5e5), ("vocab_size", 104), ("sliding_window", 512)]:
        assert eligible.chassis({**LLAMA, field: value}) != eligible.chassis(LLAMA)
