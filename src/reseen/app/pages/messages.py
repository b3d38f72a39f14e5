"""The messages of the modules, for Babel: its own reader of JavaScript misses calls within calls."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import IO, Any

_STRING = r'"(?:[^"\\\n]|\\.)*"'
_CALL = re.compile(rf"(?<![\w.])(tn|t|rich|said)\(\s*({_STRING})(?:\s*,\s*({_STRING}))?")

Found = tuple[int, str, str | tuple[str, ...], Sequence[str]]


def modules(
    file: IO[bytes], keywords: Collection[str], comments: Sequence[str], options: Mapping[str, Any]
) -> Iterator[Found]:
    """Every message of a module, as Babel's extractors give them: line, function, message, comments."""
    text = file.read().decode()
    for call in _CALL.finditer(text):
        name, first, second = call.groups()
        line = text.count("\n", 0, call.start()) + 1
        if name == "tn" and second is not None:
            yield line, "ngettext", (json.loads(first), json.loads(second)), []
        else:
            yield line, "gettext", json.loads(first), []
