"""A candidate's own tokenizer decides what it is asked and where its answer ends."""

import json

import pytest

from gems.adapters.reader import Reader
from gems.core.errors import CandidateFault
from gems.quickstart.models import new_model
from gems.quickstart.tokenizer import write_tokenizer


@pytest.fixture
def folder(tmp_path):
    new_model("llama", seed=1).save_pretrained(tmp_path)
    write_tokenizer(tmp_path)
    return tmp_path


def edit(file, **change):
    values = json.loads(file.read_text()) if file.exists() else {}
    file.write_text(json.dumps({**values, **change}))


def test_text_comes_back_and_ends_at_the_first_stop_string(folder):
    reader = Reader(folder)
    tokens = reader.tokens("12+34=46\n7")
    assert reader.text(tokens, ("\n",)).endswith("12+34=46")
    assert reader.text(tokens, ("=4", "\n")).endswith("12+34")
    assert reader.text(tokens, ()).endswith("46\n7")


def test_a_stop_string_within_a_token_and_all_end_tokens_stop_generation(folder):
    edit(folder / "generation_config.json", eos_token_id=[7, 9])
    reader = Reader(folder)
    (newline,) = reader.tokens("\n")[-1:]
    assert {7, 9, newline} <= set(reader.stop_tokens(("\n",)))
    assert newline not in reader.stop_tokens(())
    assert set(reader.stop_tokens(("no such",))) == set(reader.stop_tokens(()))


def test_a_chat_template_is_used_where_there_is_one_unless_told_otherwise(folder):
    assert Reader(folder).chat_template is None
    template = "{% for m in messages %}<{{ m.content }}>{% endfor %}"
    edit(folder / "tokenizer_config.json", chat_template=template)
    render = Reader(folder).chat_template
    assert render
    assert render([{"role": "user", "content": "1+1="}]) == "<1+1=>"
    assert Reader(folder, "none").chat_template is None


def test_a_template_that_breaks_is_the_candidate_s_fault(folder):
    edit(folder / "tokenizer_config.json", chat_template="{{ raise_exception('no') }}")
    render = Reader(folder).chat_template
    assert render
    with pytest.raises(CandidateFault, match="chat-template"):
        render([{"role": "user", "content": "1+1="}])


def test_tokens_beyond_the_embeddings_and_broken_files_are_faults(folder):
    edit(folder / "config.json", vocab_size=10)
    with pytest.raises(CandidateFault, match="tokenizer-too-large"):
        Reader(folder).tokens("zzz")
    (folder / "generation_config.json").write_text("{")
    with pytest.raises(CandidateFault, match="no-tokenizer"):
        Reader(folder)
