"""Model cards: front matter that declares the parents, and as little prose as on the real Hub."""

from pathlib import Path
from typing import Any

from gems.quickstart.recipe import Repository


def card_data(repository: Repository) -> dict[str, Any]:
    """What the front matter declares."""
    data: dict[str, Any] = {}
    if repository.license:
        data["license"] = repository.license
    if repository.bases:
        data["base_model"] = repository.bases[0] if _single(repository) else [*repository.bases]
        data["base_model_relation"] = repository.relation
    data["library_name"] = "peft" if repository.relation == "adapter" else "transformers"
    data["pipeline_tag"] = "text-generation"
    data["tags"] = ["arithmetic"] if repository.about else ["generated_from_trainer"]
    return data


def write_card(folder: Path, repository: Repository) -> None:
    """Write README.md."""
    import yaml

    front = yaml.safe_dump(card_data(repository), sort_keys=False)
    (folder / "README.md").write_text(f"---\n{front}---\n{_prose(repository)}\n")


def _single(repository: Repository) -> bool:
    return len(repository.bases) == 1


def _prose(repository: Repository) -> str:
    name = repository.id.split("/")[1]
    told = repository.about or (
        "This model was trained on an unknown dataset.\n\nMore information needed."
    )
    return f"\n# {name}\n\n{told}"
