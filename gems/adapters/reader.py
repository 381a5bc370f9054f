"""A candidate's own tokenizer: text to tokens before the engine, tokens to text after it."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gems.core.errors import CandidateFault


class Reader:
    """Reads and writes text as the candidate in ``folder`` was taught to.

    Raises `CandidateFault` when its tokenizer cannot be opened without code of its own.
    """

    def __init__(self, folder: Path, chat_template: str = "auto") -> None:
        from transformers import AutoTokenizer

        try:
            self._tokenizer: Any = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
            self._rows = int(_json(folder / "config.json")["vocab_size"])
            self._ends = _end_tokens(folder, self._tokenizer)
        except Exception as error:  # whatever a stranger's files make Transformers raise
            raise CandidateFault("no-tokenizer", str(error)[:300]) from error
        has_template = chat_template == "auto" and bool(self._tokenizer.chat_template)
        self.chat_template = self._render if has_template else None
        self._stops: dict[tuple[str, ...], tuple[int, ...]] = {}

    @property
    def vocabulary(self) -> int:
        """How many tokens there are."""
        return len(self._tokenizer)

    def tokens(self, text: str) -> tuple[int, ...]:
        """The tokens of a prompt; a chat template brings its special tokens itself."""
        plain = self.chat_template is None
        tokens = tuple(self._tokenizer(text, add_special_tokens=plain)["input_ids"])
        if max(tokens, default=0) >= self._rows:
            detail = f"token {max(tokens)} of {self._rows} embeddings"
            raise CandidateFault("tokenizer-too-large", detail)
        return tokens

    def text(self, tokens: Sequence[int], until: Sequence[str]) -> str:
        """What the tokens say, up to the first of the stop strings."""
        text = self._tokenizer.decode(list(tokens), skip_special_tokens=True)
        for stop in until:
            text = text.split(stop, 1)[0] if stop else text
        return text

    def stop_tokens(self, until: tuple[str, ...]) -> tuple[int, ...]:
        """Tokens after which nothing can belong to the answer.

        A stop string within one token ends the answer at once; one that spans tokens is cut from
        the text afterwards. Either way the answer is the same.
        """
        if until not in self._stops:
            pieces = self._tokenizer.batch_decode([[token] for token in range(self.vocabulary)])
            found = {i for i, piece in enumerate(pieces) if any(s and s in piece for s in until)}
            self._stops[until] = tuple(sorted(found | self._ends))
        return self._stops[until]

    def _render(self, messages: list[dict[str, str]]) -> str:
        try:
            return self._tokenizer.apply_chat_template(
                messages, tokenize=False, add_generation_prompt=True
            )
        except Exception as error:
            raise CandidateFault("chat-template", str(error)[:300]) from error


def _end_tokens(folder: Path, tokenizer: Any) -> set[int]:
    """The end-of-text tokens of the tokenizer and of the generation config."""
    file = folder / "generation_config.json"
    declared = _json(file).get("eos_token_id") if file.is_file() else None
    ends = declared if isinstance(declared, list) else [declared]
    return {end for end in [*ends, tokenizer.eos_token_id] if isinstance(end, int)}


def _json(file: Path) -> dict[str, Any]:
    return json.loads(file.read_text(encoding="utf-8"))
