"""Tasks are lm-eval's own: its prompts, its filters, its metrics."""

import json

import pytest
from lm_eval.tasks import TaskManager

from gems.adapters.benchmark import Benchmark
from gems.core.errors import BadInput
from gems.core.question import Question

QUICKSTART = "gems/quickstart/tasks/quickstart.yaml"

FILTERED = """
task: my_sums
dataset_path: json
dataset_kwargs: {data_files: {test: data/sums.jsonl, train: data/sums.jsonl}}
test_split: test
fewshot_split: train
num_fewshot: 2
output_type: generate_until
doc_to_text: "Q: {{q}}\\nA:"
doc_to_target: "{{a}}"
generation_kwargs: {until: ["Q:", "\\n"], max_gen_toks: 12}
filter_list:
  - name: last-number
    filter:
      - {function: regex, regex_pattern: "(\\\\d+)$"}
      - {function: take_first}
  - name: nothing
    filter: [{function: take_first}]
metric_list:
  - {metric: exact_match, aggregation: mean, higher_is_better: true}
"""


@pytest.fixture
def my_sums(tmp_path):
    """A user's own task, its data beside it."""
    (tmp_path / "data").mkdir()
    docs = [{"q": f"{i}+{i}", "a": str(2 * i)} for i in range(12)]
    (tmp_path / "data/sums.jsonl").write_text("\n".join(map(json.dumps, docs)))
    (tmp_path / "sums.yaml").write_text(FILTERED)
    return str(tmp_path / "sums.yaml")


def test_a_group_has_all_questions_of_its_tasks():
    benchmark = Benchmark([QUICKSTART])
    assert len(benchmark.questions) == len(set(benchmark.questions)) == 400
    prompt = benchmark.prompt(Question("quickstart_add", "0"))
    assert prompt.until == ("\n",)
    assert prompt.max_tokens == benchmark.longest_answer == 6


def test_prompts_and_scores_are_those_of_lm_eval(my_sums, monkeypatch):
    """Few-shot examples too, whatever order questions are asked in."""
    ours = Benchmark([my_sums])
    asked = {q: ours.prompt(q).text for q in reversed(ours.questions)}
    monkeypatch.chdir(my_sums.rsplit("/", 1)[0])
    theirs = TaskManager(include_path=".", include_defaults=False).load(["my_sums"])
    task = theirs["tasks"]["my_sums"]
    task.set_fewshot_seed(1234)
    task.build_all_requests()
    assert [asked[q] for q in ours.questions] == [i.args[0] for i in task.instances]
    assert asked[ours.questions[0]].count("Q:") == 3


def test_the_first_metric_through_the_first_filter_is_the_score(my_sums):
    benchmark = Benchmark([my_sums])
    question = Question("my_sums", "4")
    assert benchmark.grade(question, "it is 8") == 1.0
    assert benchmark.grade(question, "8 it is") == 0.0
    assert benchmark.grade(question, "") == 0.0


def test_a_prompt_s_hash_changes_with_what_may_change_the_answer(my_sums):
    benchmark = Benchmark([my_sums])
    one, other = (benchmark.prompt(q) for q in benchmark.questions[:2])
    assert one.hash != other.hash
    assert one.hash == Benchmark([my_sums]).prompt(benchmark.questions[0]).hash


def test_tasks_that_compare_choices_are_refused(tmp_path, my_sums):
    text = FILTERED.replace("generate_until", "multiple_choice") + "doc_to_choice: ['1', '2']\n"
    (tmp_path / "choices.yaml").write_text(text.replace("my_sums", "my_choices"))
    with pytest.raises(BadInput, match="multiple_choice, allowed: generate_until"):
        Benchmark([str(tmp_path / "choices.yaml")])


def test_a_file_that_defines_no_task_is_refused(tmp_path):
    (tmp_path / "none.yaml").write_text("a: 1")
    with pytest.raises(BadInput, match="defines no task"):
        Benchmark([str(tmp_path / "none.yaml")])
