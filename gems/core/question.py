"""A question: one document of one task, named the same in every run."""

from typing import NamedTuple


class Question(NamedTuple):
    """The name of a question; its text belongs to the benchmark that knows the task."""

    task: str
    id: str

    def __str__(self) -> str:
        return f"{self.task}/{self.id}"
