"""The policies by name: bandit algorithms behind one ask/tell interface, one file each."""

from collections.abc import Mapping

from gems.core.errors import BadInput
from gems.core.policies.base import Options, Policy, PolicyType, Problem, Round
from gems.core.policies.exhaustive import Exhaustive
from gems.core.policies.shared_halving import SharedHalving

POLICIES: Mapping[str, PolicyType] = {
    "exhaustive": Exhaustive,
    "shared-halving": SharedHalving,
}
DEFAULT = "shared-halving"

__all__ = [
    "DEFAULT",
    "POLICIES",
    "Options",
    "Policy",
    "Problem",
    "Round",
    "find_policy",
    "make_policy",
]


def find_policy(name: str) -> PolicyType:
    """The policy class of that name. Raises `BadInput` that lists the names there are."""
    if name not in POLICIES:
        raise BadInput("policy.name", f"found {name!r}, allowed: {', '.join(POLICIES)}")
    return POLICIES[name]


def make_policy(name: str, problem: Problem, options: dict[str, object] | None = None) -> Policy:
    """A fresh policy for a problem. Raises `BadInput` for a name it does not know.

    Options that do not fit raise pydantic's ``ValidationError``.
    """
    cls = find_policy(name)
    return cls(problem, cls.options_type.model_validate(options or {}))
