"""vLLM kept warm: one engine, many candidates of one chassis, one after the other.

Swapping a checkpoint into a running engine costs a file read; starting one costs a minute. The
tokenizer, the chat template and the stop tokens belong to the candidate, so the engine has none
of its own: it is handed token ids and hands token ids back.
"""

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

from gems.core.errors import CandidateFault, GemsError, WorldError
from gems.core.settings import Engine as Settings

# Reloading was seen to leave wrong outputs for these upstream (vllm#48312): a fresh engine each.
NEVER_SWAPPED = ("moe", "mamba", "jamba", "bamba", "deepseek_v", "mixtral")
PROBE_TOKENS = 8


class BrokenEngine(GemsError):
    """The engine can no longer be trusted; its process has to be replaced."""


@dataclass(frozen=True)
class Request:
    """One prompt in the candidate's own tokens, and where its answer ends."""

    prompt: tuple[int, ...]
    max_tokens: int
    temperature: float
    stop_tokens: tuple[int, ...]
    seed: int = 0


class Engine:
    """A warm vLLM engine for one chassis. One a process: its memory never fully comes back.

    ``generate`` after ``load`` answers as an engine freshly started on that folder would. That is
    checked every ``verify_every`` swaps by loading the first checkpoint again and comparing what
    it says to a fixed probe.
    """

    def __init__(self, folder: Path, settings: Settings, gpus: float) -> None:
        self.settings = settings
        self.first = self.loaded = folder
        self.swaps = 0
        self._llm = _start(folder, settings, gpus)
        self._probe = self._ask_probe()

    def load(self, folder: Path) -> None:
        """Swap a checkpoint of the same chassis in.

        Raises `BrokenEngine` when the swap fails, `WorldError` when a check finds that swaps have
        changed what the engine answers.
        """
        if folder == self.loaded:
            return
        self.swaps += 1
        if self.settings.verify_every and self.swaps % self.settings.verify_every == 0:
            self._verify()
        self._swap(folder)

    def generate(self, requests: Sequence[Request]) -> list[tuple[int, ...]]:
        """The tokens of each answer, in order, the stop token included.

        Raises `CandidateFault` when the model's outputs are not finite; the engine is then
        poisoned and must be replaced.
        """
        from vllm.inputs import TokensPrompt

        outputs = self._llm.generate(
            [TokensPrompt(prompt_token_ids=list(request.prompt)) for request in requests],
            [_sampling(request) for request in requests],
            use_tqdm=False,
        )
        for output in outputs:
            if not all(isfinite(p.logprob) for step in output.outputs[0].logprobs or []
                       for p in step.values()):  # fmt: skip
                raise CandidateFault("not-finite", "an answer's probabilities are not finite")
        return [tuple(output.outputs[0].token_ids) for output in outputs]

    def _swap(self, folder: Path) -> None:
        try:
            self._llm.collective_rpc("reload_weights", kwargs={"weights_path": str(folder)})
        except Exception as error:
            raise BrokenEngine(f"vLLM could not load {folder.name}", repr(error)) from error
        if not self._llm.reset_prefix_cache():
            raise BrokenEngine("vLLM kept its prefix cache", "the next answers would be stale")
        self.loaded = folder

    def _verify(self) -> None:
        self._swap(self.first)
        if self._ask_probe() != self._probe:
            raise WorldError(
                f"after {self.swaps} swaps the engine answers otherwise than a fresh one did",
                "its answers since the last check cannot be trusted",
                "search again under another name, with a smaller engine.verify_every",
            )

    def _ask_probe(self) -> list[tuple[int, ...]]:
        prompts = [(1, 2, 3), (5, 8, 13, 21), (34,) * 7]
        return self.generate([Request(p, PROBE_TOKENS, 0.0, ()) for p in prompts])


def can_swap(chassis: str) -> bool:
    """Whether checkpoints of a chassis may follow each other in one engine."""
    return not any(family in chassis.lower() for family in NEVER_SWAPPED)


def prepare_process(settings: Settings, gpus: float) -> None:
    """Set what vLLM reads from the environment. Call before vLLM is imported."""
    os.environ["VLLM_ENABLE_V1_MULTIPROCESSING"] = "0"  # the engine ends with its actor
    os.environ["VLLM_NO_USAGE_STATS"] = "1"
    os.environ.setdefault("VLLM_LOGGING_LEVEL", "ERROR")
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    if not gpus:
        os.environ["VLLM_CPU_OMP_THREADS_BIND"] = "nobind"
        os.environ["VLLM_CPU_KVCACHE_SPACE"] = str(settings.kv_cache_gib)
        os.environ.setdefault("OMP_NUM_THREADS", "1")
        # vLLM compiles the gathering of log-probabilities even in eager mode: 5 s a start here.
        os.environ["TORCHDYNAMO_DISABLE"] = "1"


def _start(folder: Path, settings: Settings, gpus: float) -> Any:
    prepare_process(settings, gpus)
    from vllm import LLM

    parallel = max(1, int(gpus))
    return LLM(
        str(folder),
        skip_tokenizer_init=True,
        dtype=settings.dtype,
        max_model_len=min(settings.max_model_len, _positions(folder)),
        load_format="safetensors",
        trust_remote_code=False,
        tensor_parallel_size=parallel,
        distributed_executor_backend="mp" if parallel > 1 else "uni",
        # Workers that share a GPU share its memory too.
        gpu_memory_utilization=settings.gpu_memory_utilization * min(1.0, gpus or 1.0),
        # Compiling pays where kernels are launched from a GPU's host, not on the CPU itself.
        enforce_eager=not gpus,
        disable_log_stats=True,
        generation_config="vllm",
        seed=0,
    )


def _positions(folder: Path) -> int:
    """How many tokens the model was made for; vLLM refuses to run beyond them."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    return int(config.get("max_position_embeddings") or sys.maxsize)


def _sampling(request: Request) -> Any:
    from vllm import SamplingParams

    return SamplingParams(
        temperature=request.temperature,
        max_tokens=request.max_tokens,
        stop_token_ids=list(request.stop_tokens),
        detokenize=False,
        logprobs=0,
        seed=request.seed if request.temperature else None,
    )
