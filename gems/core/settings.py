"""What a person may set, with its unit, its bounds and its default. Unknown fields are refused."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Relation = Literal["finetune", "merge", "adapter"]
Dtype = Literal["float32", "bfloat16", "float16"]


class Settings(BaseModel):
    """The base of every group of settings."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Hub(Settings):
    """Where models come from."""

    endpoint: str | None = Field(
        default=None, description="address of a hub; null: HF_ENDPOINT, or the public Hub"
    )
    serve: str | None = Field(
        default=None, description="folder of a quickstart hub that is built and served for the run"
    )

    @model_validator(mode="after")
    def _one_source(self) -> "Hub":
        if self.endpoint and self.serve:
            raise ValueError("give either endpoint or serve, not both")
        return self


class Candidates(Settings):
    """Which models take part."""

    base: list[str] = Field(
        default_factory=list[str], description="one or several roots of a model tree"
    )
    list: str | None = Field(
        default=None, description="a candidate list that `gems discover` wrote, instead of base"
    )
    relations: Annotated[tuple[Relation, ...], Field(min_length=1)] = (
        "finetune",
        "merge",
        "adapter",
    )
    max_parameters: float | None = Field(default=None, gt=0, description="largest model asked")
    licenses: Literal["any"] | tuple[str, ...] = Field(
        default="any", description="any, or the licences that a model card may declare"
    )

    @field_validator("base", mode="before")
    @classmethod
    def _one_or_several(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one_source(self) -> "Candidates":
        if bool(self.base) == bool(self.list):
            raise ValueError("give either base or list")
        return self


class Budget(Settings):
    """What may be spent."""

    queries_per_candidate: float = Field(
        gt=0, description="answers per candidate on average; the policy decides who gives more"
    )


class Policy(BaseModel):
    """A policy by name, its own options beside it; `gems policies` lists them."""

    model_config = ConfigDict(extra="allow", frozen=True)
    name: str = "shared-halving"

    @property
    def options(self) -> dict[str, Any]:
        """Everything beside the name."""
        return dict(self.model_extra or {})


class Engine(Settings):
    """How the vLLM engine is started, and how candidates are prompted."""

    dtype: Dtype = Field(default="bfloat16", description="type of weights and activations")
    max_model_len: int = Field(default=4096, ge=16, description="prompt and answer, in tokens")
    chat_template: Literal["auto", "none"] = Field(
        default="auto", description="auto: applied where a candidate has one; none: never"
    )
    verify_every: int = Field(
        default=50, ge=0, description="swaps between two checks of the engine; 0: never"
    )
    gpu_memory_utilization: float = Field(default=0.9, gt=0, le=1)
    kv_cache_gib: int = Field(
        default=1, ge=1, description="memory for attention's cache on a CPU, in GiB"
    )
    assignment_timeout_s: float = Field(
        default=3600.0, gt=0, description="to fetch and load a candidate and hear its answers"
    )


class Pool(Settings):
    """The workers that hold engines."""

    min_workers: int = Field(default=1, ge=1)
    max_workers: int = Field(default=64, ge=1)
    gpus_per_worker: float = Field(default=1.0, ge=0, description="0: engines run on the CPU")
    cpus_per_worker: float = Field(default=1.0, gt=0)
    gpu_hour_price: float | None = Field(default=None, ge=0, description="for the plan")

    @model_validator(mode="after")
    def _ordered(self) -> "Pool":
        if self.min_workers > self.max_workers:
            raise ValueError("min_workers must not exceed max_workers")
        return self


class Tracking(Settings):
    """Where MLflow keeps the rounds' estimates."""

    uri: str | None = Field(default=None, description="null: sqlite in the storage folder")
    experiment: str = "gems"


class Config(Settings):
    """One search."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", description="names the run's folder")
    hub: Hub = Hub()
    candidates: Candidates
    tasks: Annotated[tuple[str, ...], Field(min_length=1)] = Field(
        description="lm-eval tasks by name, or YAML files of one"
    )
    budget: Budget
    policy: Policy = Policy()
    engine: Engine = Engine()
    pool: Pool = Pool()
    storage: str = Field(default="./runs", description="folder or address that fsspec opens")
    tracking: Tracking = Tracking()
    finalists: int = Field(default=5, ge=1, description="how many are shown at the end")
    seed: int = Field(default=0, ge=0)

    @property
    def decisive(self) -> dict[str, Any]:
        """What must be equal for a folder to be continued: all that may change an answer."""
        return self.model_dump(mode="json", exclude={"pool", "tracking", "finalists"})
