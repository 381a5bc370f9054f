"""A warm engine with its candidate: prompts from the benchmark, tokens from the candidate."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gems.adapters.benchmark import Benchmark, Prompt
from gems.adapters.engine import Engine, Request, can_swap
from gems.adapters.reader import Reader
from gems.core.errors import CandidateFault
from gems.core.outcome import Answer
from gems.core.question import Question
from gems.core.settings import Engine as Settings


class WarmStage:
    """Holds one engine; a checkpoint of another chassis needs another process.

    ``spoiled`` says that the engine saw something it should not have and must be replaced.
    """

    def __init__(self, benchmark: Benchmark, settings: Settings, gpus: float, seed: int) -> None:
        self.benchmark = benchmark
        self.settings = settings
        self.gpus = gpus
        self.seed = seed
        self.engine: Engine | None = None
        self.chassis = ""
        self.spoiled = False
        self.generation: dict[str, Any] = {
            "dtype": settings.dtype,
            "max_model_len": settings.max_model_len,
            "chat_template": settings.chat_template,
            "seed": seed,
        }

    @property
    def is_warm(self) -> bool:
        """Whether an engine runs."""
        return self.engine is not None

    def start(self, folder: Path, chassis: str) -> None:
        """Start the engine on its first candidate."""
        self.engine = Engine(folder, self.settings, self.gpus)
        self.chassis = chassis

    def load(self, folder: Path, chassis: str) -> "Loaded":
        """Swap the candidate in, and open its tokenizer."""
        if self.engine is None or chassis != self.chassis:
            raise RuntimeError(f"the engine is for {self.chassis or 'nothing'}, not for {chassis}")
        reader = Reader(folder, self.settings.chat_template)
        self.spoiled = True  # until the swap has gone well
        self.engine.load(folder)
        self.spoiled = not can_swap(chassis)
        return Loaded(self, reader)


class Loaded:
    """A candidate in the engine."""

    def __init__(self, stage: WarmStage, reader: Reader) -> None:
        self.stage = stage
        self.reader = reader

    def answer(self, questions: Sequence[Question]) -> list[Answer]:
        """Ask all questions in one batch and grade what comes back."""
        benchmark, engine = self.stage.benchmark, self.stage.engine
        assert engine is not None
        prompts = [benchmark.prompt(question, self.reader.chat_template) for question in questions]
        requests = [self._request(prompt) for prompt in prompts]
        try:
            tokens = engine.generate(requests)
        except CandidateFault:
            self.stage.spoiled = True
            raise
        triples = zip(questions, prompts, requests, tokens, strict=True)
        return [self._graded(*triple) for triple in triples]

    def _request(self, prompt: Prompt) -> Request:
        """A prompt that leaves no room for its answer loses its beginning, as in lm-eval."""
        room = self.stage.settings.max_model_len - prompt.max_tokens
        if room < 1:
            raise CandidateFault(
                "too-long", f"an answer of {prompt.max_tokens} tokens does not fit"
            )
        tokens = self.reader.tokens(prompt.text)[-room:]
        stops = self.reader.stop_tokens(prompt.until)
        return Request(tokens, prompt.max_tokens, prompt.temperature, stops, self.stage.seed)

    def _graded(
        self, question: Question, prompt: Prompt, request: Request, tokens: tuple[int, ...]
    ) -> Answer:
        text = self.reader.text(tokens, prompt.until)
        score = self.stage.benchmark.grade(question, text)
        return Answer(
            question.task, question.id, prompt.hash, text, score, len(request.prompt), len(tokens)
        )
