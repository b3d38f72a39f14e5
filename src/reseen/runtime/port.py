"""What goes into a network and what comes out, and what any runtime must offer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Arrays = tuple[NDArray[Any], ...]


@dataclass(frozen=True)
class Port:
    """An input or output of a network.

    Attributes:
        name: Its name in the file.
        shape: Its sizes; None where the file leaves one open (the batch, as a rule).
    """

    name: str
    shape: tuple[int | None, ...]


class Backend(Protocol):
    """A network loaded by one runtime.

    Attributes:
        inputs: Its inputs.
        outputs: Its outputs, in the file's order.
        batch: Pictures that one call takes; None for any number.
        provider: What computes, for people.
    """

    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    batch: int | None
    provider: str

    def run(self, batch: NDArray[np.float32]) -> Arrays:
        """Outputs of one call, owned by the caller."""
        ...
