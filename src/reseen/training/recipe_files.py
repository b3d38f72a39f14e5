"""Recipes as files: TOML read, ``key=value`` changes applied, every key checked."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from reseen.errors import InputError, UsageError

_Kind = TypeVar("_Kind", bound=BaseModel)


def recipe_table(path: Path, changes: Sequence[str] = ()) -> dict[str, Any]:
    """A recipe's TOML file with ``key=value`` changes applied, not checked yet.

    Args:
        path: TOML file.
        changes: Such as ``run.epochs=3`` or ``data.train.0.path=x``; values are TOML, or else plain text.

    Raises:
        InputError: The file cannot be read.
        UsageError: A change is not of the form ``key=value``, or names a place that is not there.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: no such recipe ({error.strerror}); see configs/") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not a TOML file ({error})") from error
    for change in changes:
        _apply(table, change)
    return table


def checked(kind: type[_Kind], table: Mapping[str, Any], shown: str) -> _Kind:
    """A table as settings of a kind.

    Raises:
        InputError: One line naming the first setting that does not fit.
    """
    _refuse_unknown_keys(kind, table, shown)
    try:
        return kind.model_validate(table)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        what = "no such setting" if first["type"] == "extra_forbidden" else first["msg"]
        raise InputError(f"{shown}: {key}: {what}") from error


def _refuse_unknown_keys(kind: type, table: Any, shown: str, path: str = "") -> None:
    """Pydantic drops unknown keys of plain dataclasses silently; a typing mistake must not pass."""
    if not isinstance(table, Mapping):
        return
    inner = {name: type(default) for name, default in _defaults(kind).items() if hasattr(type(default), "__dict__")}
    for key, value in table.items():
        where = f"{path}{key}"
        if is_dataclass(kind) and key not in kind.__dataclass_fields__:
            raise InputError(f"{shown}: {where}: no such setting")
        if key in inner and (is_dataclass(inner[key]) or issubclass(inner[key], BaseModel)):
            _refuse_unknown_keys(inner[key], value, shown, f"{where}.")


def _defaults(kind: type) -> dict[str, Any]:
    if issubclass(kind, BaseModel):
        return {name: field.default for name, field in kind.model_fields.items()}
    example: Any = kind()
    return {field.name: getattr(example, field.name) for field in fields(example)}


def _apply(table: dict[str, Any], change: str) -> None:
    key, sign, text = change.partition("=")
    if not sign or not key.strip():
        raise UsageError(f"--set {change}: should be key=value, such as run.epochs=3")
    try:
        value: Any = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text
    *folders, last = key.strip().split(".")
    inner: Any = table
    for part in folders:
        inner = inner[_place(inner, part, change)] if isinstance(inner, list) else inner.setdefault(part, {})
        if not isinstance(inner, dict | list):
            raise UsageError(f"--set {change}: {part} is not a table")
    inner[_place(inner, last, change) if isinstance(inner, list) else last] = value


def _place(values: list[Any], part: str, change: str) -> int:
    if not part.isdigit() or int(part) >= len(values):
        raise UsageError(f"--set {change}: {part} should be a number below {len(values)}, as there are so many there")
    return int(part)
