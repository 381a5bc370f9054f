"""What stories share: a small contest of scripted candidates."""

from gems.adapters.local import LocalPool
from gems.core.candidate import Candidate
from gems.core.contest import Contest
from gems.core.policies import Problem, make_policy
from gems.core.question import Question
from gems.core.verdict import Verdict
from gems.simulation.scripted import Scripted


def candidates(count: int = 20) -> list[Candidate]:
    """The first is the base that everyone downloads."""
    return [
        Candidate(f"org/m{i:02d}", f"{i:040x}", "root" if i == 0 else "finetune",
                  downloads=10_000 if i == 0 else i, chassis="llama")
        for i in range(count)
    ]  # fmt: skip


def skills(count: int = 20, broken: tuple[int, ...] = (3, 11)) -> dict[str, float]:
    """Candidate 7 is the gem, the broken ones have no skill at all."""
    return {
        f"org/m{i:02d}": 0.95 if i == 7 else 0.2 + 0.5 * i / count
        for i in range(count)
        if i not in broken
    }


def contest(count: int = 20, budget: int = 400, seed: int = 0, name: str = "shared-halving",
            questions: int = 120, **options: object) -> Contest:  # fmt: skip
    asked = [Question("task", str(number)) for number in range(questions)]
    policy = make_policy(name, Problem(count, questions, budget, seed), options)
    return Contest(candidates(count), asked, policy, Verdict([0], budget, seed))


def pool(count: int = 20) -> LocalPool:
    return LocalPool(Scripted(skills(count)))
