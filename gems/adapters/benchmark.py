"""Tasks as lm-eval defines them: prompts, stop strings, filters and metrics are its, not ours."""

import contextlib
import hashlib
import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gems.core.errors import BadInput, WorldError
from gems.core.question import Question

# lm-eval's own default, so that few-shot examples are those its users see.
FEWSHOT_SEED = 1234
DEFAULT_MAX_TOKENS = 256
SUPPORTED = ("generate_until",)


@dataclass(frozen=True)
class Prompt:
    """What a candidate is asked, and how it may answer."""

    text: str
    until: tuple[str, ...]
    max_tokens: int
    temperature: float = 0.0

    @property
    def hash(self) -> str:
        """Changes with anything that may change the answer."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:16]


ChatTemplate = Callable[[list[dict[str, str]]], str]


class Benchmark:
    """All questions of some tasks. The same names give the same questions in every process.

    Raises `BadInput` for a task that does not exist or asks in a way that is not supported, and
    `WorldError` when a task's data cannot be fetched.
    """

    def __init__(self, tasks: Sequence[str]) -> None:
        self._tasks = {name: _checked(task) for spec in tasks for name, task in _load(spec).items()}
        self._docs = {name: list(task.eval_docs) for name, task in self._tasks.items()}
        self._contexts: dict[tuple[str, bool], list[str]] = {}

    @property
    def questions(self) -> list[Question]:
        """Every question, in the tasks' order; a question's id is its document's number."""
        return [
            Question(name, str(number))
            for name, docs in self._docs.items()
            for number in range(len(docs))
        ]

    @property
    def longest_answer(self) -> int:
        """The most tokens that an answer may take."""
        firsts = (Question(name, "0") for name, docs in self._docs.items() if docs)
        return max((self.prompt(question).max_tokens for question in firsts), default=0)

    def prompt(self, question: Question, chat_template: ChatTemplate | None = None) -> Prompt:
        """The prompt of a question, wrapped by the candidate's chat template if it has one."""
        task, _, number = self._find(question)
        context = self._context(question.task, number, chat_template)
        generation = dict(task.config.generation_kwargs or {})
        until = generation.get("until") or []
        sampled = generation.get("do_sample", False)
        return Prompt(
            text=context,
            until=tuple([until] if isinstance(until, str) else until),
            max_tokens=int(generation.get("max_gen_toks", DEFAULT_MAX_TOKENS)),
            temperature=float(generation.get("temperature", 0.0)) if sampled else 0.0,
        )

    def grade(self, question: Question, answer: str) -> float:
        """The score in [0, 1] of an answer: the task's first metric through its first filter."""
        from lm_eval.api.instance import Instance

        task, doc, number = self._find(question)
        instance = Instance("generate_until", doc, ("", {}), 0, (question.task, number, 1))
        instance.resps = [answer]
        first_filter = task._filters[0]
        first_filter.apply([instance])
        results = task.process_results(doc, [instance.filtered_resps[first_filter.name]])
        return float(results[task.config.metric_list[0]["metric"]])

    def _find(self, question: Question) -> tuple[Any, Any, int]:
        number = int(question.id)
        return self._tasks[question.task], self._docs[question.task][number], number

    def _context(self, name: str, number: int, chat_template: ChatTemplate | None) -> str:
        """Contexts are built in the documents' order, which few-shot sampling depends on."""
        if chat_template is not None:
            return self._build(name, chat_template)[number]
        if (name, False) not in self._contexts:
            self._contexts[name, False] = self._build(name, None)
        return self._contexts[name, False][number]

    def _build(self, name: str, chat_template: ChatTemplate | None) -> list[str]:
        task = self._tasks[name]
        task.set_fewshot_seed(FEWSHOT_SEED)
        shots = task.config.num_fewshot or 0
        return [
            task.fewshot_context(
                doc,
                shots,
                apply_chat_template=chat_template is not None,
                chat_template=chat_template,
            )
            for doc in self._docs[name]
        ]


def _load(spec: str) -> dict[str, Any]:
    """The tasks behind a name or a YAML file; a file's relative paths start at its folder."""
    path = Path(spec).resolve()
    is_file = path.suffix in (".yaml", ".yml")
    if is_file and not path.is_file():
        raise BadInput("tasks", f"found {spec!r}, which is no file")
    import datasets
    from datasets.exceptions import DatasetsError
    from lm_eval.tasks import TaskManager

    logging.getLogger("lm_eval").setLevel(logging.WARNING)
    datasets.disable_progress_bars()
    try:
        return _from_file(path) if is_file else dict(TaskManager().load([spec])["tasks"])
    except KeyError as error:
        raise BadInput(
            "tasks", f"found {spec!r}, allowed: a task or group of lm-eval, or a YAML file of one"
        ) from error
    except (OSError, DatasetsError) as error:
        raise WorldError(f"the data of task {spec}", str(error), "check the network") from error


def _from_file(path: Path) -> dict[str, Any]:
    from lm_eval.tasks import TaskManager

    name = _name_in(path)
    with contextlib.chdir(path.parent):
        try:
            manager = TaskManager(include_path=str(path.parent), include_defaults=False)
            return dict(manager.load([name])["tasks"])
        except KeyError:  # it refers to lm-eval's own tasks, whose index takes 5 s to build
            return dict(TaskManager(include_path=str(path.parent)).load([name])["tasks"])


def _name_in(path: Path) -> str:
    """The group or task that a file defines. lm-eval itself mistakes a group's file for a task."""
    text = path.read_text(encoding="utf-8")
    for kind in ("group", "task"):
        if named := re.search(rf"^{kind}:[ \t]*['\"]?([\w.-]+)", text, re.MULTILINE):
            return named[1]
    raise BadInput("tasks", f"{path} defines no task: it has neither `task:` nor `group:`")


def _checked(task: Any) -> Any:
    if task.OUTPUT_TYPE not in SUPPORTED:
        raise BadInput(
            f"task {task.task_name}",
            f"found output_type {task.OUTPUT_TYPE}, allowed: {', '.join(SUPPORTED)}",
        )
    if task.config.unsafe_code:
        raise BadInput(f"task {task.task_name}", "runs generated code, which is refused")
    return task
