"""The questions that ship are the ones the program makes, and no model has seen them."""

from typing import Any

import pytest

from gems.quickstart import tasks, tokenizer, training


def test_what_ships_is_what_is_made(tmp_path):
    """Anyone can write the committed task files again, byte for byte."""
    tasks.write_tasks(tmp_path)
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert made == {path.name: path.read_bytes() for path in tasks.TASKS.iterdir()}


def test_there_are_four_hundred_different_questions():
    """Every question is asked once."""
    asked = [q["question"] for skill in tasks.SKILLS for q in tasks.questions(skill)]
    assert len(asked) == len(set(asked)) == 400


@pytest.mark.parametrize("skill", tasks.SKILLS)
def test_no_question_is_trained_on(skill):
    """What training reads holds none of the questions, of this skill or of any other."""
    tokens, _ = training.encoded(skill)
    learned = {tokenizer.decode(row).split("=")[0] + "=" for row in tokens.tolist()}
    asked = {q["question"] for other in tasks.SKILLS for q in tasks.questions(other)}
    assert len(learned) == 8000
    assert not learned & asked


@pytest.mark.parametrize("skill", tasks.SKILLS)
def test_a_task_loads_and_grades_with_lm_eval(skill, tmp_path, monkeypatch):
    """lm-eval gives the prompt as it stands, stops at the line feed, and grades exactly."""
    import yaml
    from lm_eval.api.task import ConfigurableTask

    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path))
    config = yaml.safe_load((tasks.TASKS / f"{skill}.yaml").read_text())
    files = config["dataset_kwargs"]["data_files"]
    files["test"] = str(tasks.TASKS / files["test"])
    task = ConfigurableTask(config=config)
    docs: list[Any] = list(task.test_docs())
    assert [task.fewshot_context(doc, num_fewshot=0) for doc in docs] == [
        q["question"] for q in tasks.questions(skill)
    ]
    assert task.process_results(docs[0], [docs[0]["answer"]]) == {"exact_match": 1.0}
    assert task.process_results(docs[0], ["?"]) == {"exact_match": 0.0}
    assert task.config.generation_kwargs["until"] == ["\n"]
