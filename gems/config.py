"""A config file and what was said on the command line, turned into checked settings."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from gems.core.errors import BadInput
from gems.core.policies import find_policy
from gems.core.settings import Config


def read_config(path: str, changes: Sequence[str] = ()) -> Config:
    """The settings in a YAML file, with ``a.b=value`` changes applied.

    Raises `BadInput` that names the file, the field, what was found and what is allowed.
    """
    values = _yaml(path)
    for change in changes:
        _apply(values, change)
    try:
        config = Config.model_validate(values)
        options = find_policy(config.policy.name).options_type
        _with_prefix(options, config.policy.options)
    except ValidationError as error:
        raise BadInput(path, *_sentences(error, Config)) from error
    except BadInput as error:
        raise BadInput(path, *error.args) from error
    return config


def differences(old: dict[str, Any], new: dict[str, Any], prefix: str = "") -> list[str]:
    """Each field in which two configs differ, as ``field: old -> new``."""
    found: list[str] = []
    for key in sorted(old.keys() | new.keys()):
        one, other = old.get(key), new.get(key)
        if isinstance(one, dict) and isinstance(other, dict):
            found += differences(one, other, f"{prefix}{key}.")
        elif one != other:
            found.append(f"{prefix}{key}: {one} -> {other}")
    return found


def _yaml(path: str) -> dict[str, Any]:
    try:
        values = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (FileNotFoundError, IsADirectoryError) as error:
        raise BadInput(path, "no such file; allowed: a YAML file such as configs/quickstart.yaml") \
            from error  # fmt: skip
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadInput(path, f"is not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(values, dict):
        raise BadInput(path, "holds no fields; allowed: a mapping such as configs/quickstart.yaml")
    return values


def _apply(values: dict[str, Any], change: str) -> None:
    field, equals, text = change.partition("=")
    if not equals or not field:
        raise BadInput("--set", f"found {change!r}, allowed: field=value, as in budget.x=1")
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise BadInput("--set", f"{change!r} is not YAML") from error
    *groups, last = field.split(".")
    for group in groups:
        values = values.setdefault(group, {})
        if not isinstance(values, dict):
            raise BadInput("--set", f"{field}: {group} is no group of fields")
    values[last] = value


def _with_prefix(options: type[BaseModel], values: dict[str, Any]) -> None:
    try:
        options.model_validate(values)
    except ValidationError as error:
        raise BadInput(*_sentences(error, options, "policy.")) from error


def _sentences(error: ValidationError, model: type[BaseModel], prefix: str = "") -> list[str]:
    """One clear line for the first thing that is wrong; a misspelt field before a missing one."""
    first = min(error.errors(), key=lambda each: each["type"] == "missing")
    place = [part for part in first["loc"] if isinstance(part, str)]
    field = prefix + ".".join(place)
    if first["type"] == "extra_forbidden":
        names = ", ".join(_siblings(model, place))
        return [field, f"unknown field; allowed: {names or 'none'}"]
    if first["type"] == "missing":
        return [field, "is missing"]
    found = "" if isinstance(first["input"], dict) else f"found {first['input']!r}; "
    return [field or "config", f"{found}{first['msg'].removeprefix('Value error, ')}"]


def _siblings(model: type[BaseModel], place: list[str]) -> list[str]:
    for part in place[:-1]:
        field = model.model_fields.get(part)
        annotation = field.annotation if field else None
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return []
        model = annotation
    return sorted(model.model_fields)
