"""The four skills that the quickstart's models learn, and the questions that judge them.

Every question is made of two numbers from 10 to 99.
A hundred pairs of each skill are held out: they are the questions, and no model trains on them.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

TASKS = Path(__file__).parent / "tasks"
"""The folder with the tasks' YAML files and questions, as they ship."""

QUESTIONS_PER_SKILL = 100
NUMBERS = range(10, 100)


@dataclass(frozen=True)
class Skill:
    """One kind of question about two numbers, and its only right answer."""

    name: str
    title: str
    ask: Callable[[int, int], str]
    answer: Callable[[int, int], str]


SKILLS = {
    skill.name: skill
    for skill in (
        Skill("add", "Sum of two numbers", "{}+{}=".format, lambda a, b: str(a + b)),
        Skill("sub", "Difference of two numbers", "{}-{}=".format, lambda a, b: str(a - b)),
        Skill("max", "Larger of two numbers", "max {},{}=".format, lambda a, b: str(max(a, b))),
        Skill(
            "sort",
            "Four digits in rising order",
            "sort {}{}=".format,
            lambda a, b: "".join(sorted(f"{a}{b}")),
        ),
    )
}

TASK_YAML = """\
# {title}: {count} questions, none of which any quickstart model was trained on.
task: quickstart_{name}
dataset_path: json
dataset_kwargs:
  data_files:
    test: {name}.jsonl
test_split: test
output_type: generate_until
doc_to_text: "{{{{question}}}}"
doc_to_target: "{{{{answer}}}}"
target_delimiter: ""
generation_kwargs:
  until: ["\\n"]
  max_gen_toks: 6
  do_sample: false
metric_list:
  - metric: exact_match
    aggregation: mean
    higher_is_better: true
metadata:
  version: 1.0
"""

GROUP_YAML = """\
# All {count} questions of the quickstart.
group: quickstart
task:
{tasks}
aggregate_metric_list:
  - metric: exact_match
    aggregation: mean
    weight_by_size: true
metadata:
  version: 1.0
"""


def task_names() -> list[str]:
    """The tasks as lm-eval knows them.

    >>> task_names()
    ['quickstart_add', 'quickstart_sub', 'quickstart_max', 'quickstart_sort']
    """
    return [f"quickstart_{name}" for name in SKILLS]


def held_out(skill: str) -> list[tuple[int, int]]:
    """The pairs that are questions, always the same ones for a skill."""
    pairs = [(a, b) for a in NUMBERS for b in NUMBERS]
    return Random(f"quickstart {skill}").sample(pairs, QUESTIONS_PER_SKILL)


def questions(skill: str) -> list[dict[str, str]]:
    """The questions of a skill with their answers, as they stand in its JSON lines."""
    return [example(skill, a, b) for a, b in held_out(skill)]


def training_examples(skill: str) -> list[dict[str, str]]:
    """Everything there is to ask of a skill, but for the questions."""
    asked = {q["question"] for q in questions(skill)}
    every = (example(skill, a, b) for a in NUMBERS for b in NUMBERS)
    return [one for one in every if one["question"] not in asked]


def example(skill: str, a: int, b: int) -> dict[str, str]:
    """One question about two numbers, with its answer.

    >>> example("add", 37, 48)
    {'question': '37+48=', 'answer': '85'}
    """
    return {"question": SKILLS[skill].ask(a, b), "answer": SKILLS[skill].answer(a, b)}


def write_tasks(folder: Path) -> None:
    """Write every task's YAML and JSON lines, and the group's YAML, into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, skill in SKILLS.items():
        lines = "".join(json.dumps(question) + "\n" for question in questions(name))
        (folder / f"{name}.jsonl").write_text(lines)
        yaml = TASK_YAML.format(name=name, title=skill.title, count=QUESTIONS_PER_SKILL)
        (folder / f"{name}.yaml").write_text(yaml)
    (folder / "quickstart.yaml").write_text(_group_yaml())


def _group_yaml() -> str:
    tasks = "\n".join(f"  - {name}" for name in task_names())
    return GROUP_YAML.format(count=QUESTIONS_PER_SKILL * len(SKILLS), tasks=tasks)
