"""A tokenizer of single characters: four special tokens, the line feed, and printable ASCII."""

import json
from pathlib import Path

SPECIAL = ("<pad>", "<s>", "</s>", "<unk>")
PAD, BOS, EOS, UNK = range(4)
ALPHABET = "\n" + "".join(chr(code) for code in range(32, 127))
VOCABULARY = {token: number for number, token in enumerate((*SPECIAL, *ALPHABET))}
VOCAB_SIZE = len(VOCABULARY)


def encode(text: str) -> list[int]:
    """Token ids of a text, as the written tokenizer gives them.

    >>> encode("1\\n")
    [22, 4]
    """
    return [VOCABULARY.get(character, UNK) for character in text]


def decode(tokens: list[int]) -> str:
    """The text of token ids, without special tokens."""
    characters = (*SPECIAL, *ALPHABET)
    return "".join(characters[token] for token in tokens if token >= len(SPECIAL))


def write_tokenizer(folder: Path) -> None:
    """Write ``tokenizer.json`` and its config, which AutoTokenizer loads without remote code."""
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers

    tokenizer = Tokenizer(models.WordLevel(VOCABULARY, unk_token="<unk>"))
    # "." would leave out the line feed, which ends every answer.
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    tokenizer.decoder = decoders.Fuse()
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in SPECIAL])
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps(_config(), indent=2))


def _config() -> dict:
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "pad_token": "<pad>",
        "bos_token": "<s>",
        "eos_token": "</s>",
        "unk_token": "<unk>",
        "clean_up_tokenization_spaces": False,
        "model_max_length": 64,
    }
