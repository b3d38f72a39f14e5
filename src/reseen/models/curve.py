"""How often strangers reach a score: the measured curve of an embedder."""

from __future__ import annotations

from dataclasses import dataclass as plain_dataclass
from itertools import pairwise
from typing import Annotated, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from reseen.models.spec import STRICT

# Rule of three: an event never seen in n trials has, at 95 % confidence, a rate below 3 / n.
RULE_OF_THREE = 3.0


@plain_dataclass(frozen=True)
class Expected:
    """How many strangers are expected to reach a score.

    Attributes:
        value: Expected number of false matches.
        at_most: True when the data only support "fewer than ``value``".
    """

    value: float
    at_most: bool


@dataclass(frozen=True, config=STRICT)
class ScoreCurve:
    """The false-match rate per (query, person looked at), over the score as shown.

    Attributes:
        scores: Scores, rising strictly.
        rates: For each score the share of (query, other person) pairs that reached it or more; never rising.
        pairs: Number of such pairs measured.
        source: What it was measured on.
    """

    scores: Annotated[tuple[float, ...], Field(min_length=2)]
    rates: Annotated[tuple[Annotated[float, Field(ge=0.0, le=1.0)], ...], Field(min_length=2)]
    pairs: Annotated[int, Field(ge=1)]
    source: str = ""

    @model_validator(mode="after")
    def _monotone(self) -> ScoreCurve:
        if len(self.scores) != len(self.rates):
            raise ValueError(f"{len(self.scores)} scores but {len(self.rates)} rates")
        if any(b <= a for a, b in pairwise(self.scores)):
            raise ValueError("scores must rise strictly")
        if any(b > a for a, b in pairwise(self.rates)):
            raise ValueError("rates must not rise with the score")
        return self

    @classmethod
    def of(cls, scores: NDArray[np.float64], rates: NDArray[np.float64], pairs: int, source: str) -> Self:
        """A measured curve, ``(K,)`` scores and rates, rounded to what is worth writing down."""
        rounded = np.round(scores, 5)
        keep = np.concatenate([[True], np.diff(rounded) > 0])
        # A rate at the floor stays exactly there: rounded up it would claim to be known.
        floor = min(1.0, RULE_OF_THREE / pairs)
        known = rates > floor * (1 + 1e-9)
        return cls(
            scores=tuple(float(score) for score in rounded[keep]),
            rates=tuple(
                max(float(f"{rate:.4g}"), floor) if sure else floor
                for rate, sure in zip(rates[keep], known[keep], strict=True)
            ),
            pairs=pairs,
            source=source,
        )

    @property
    def floor(self) -> float:
        """The smallest rate that the number of pairs supports."""
        return min(1.0, RULE_OF_THREE / self.pairs)

    def expected(self, score: float, people: int) -> Expected:
        """Expected false matches when one photo is compared with a number of people.

        Between two measured scores the rate is interpolated in its logarithm (tails of score distributions
        are close to straight there); below the first score nothing is known but that the rate is at most 1.

        Args:
            score: The score as shown.
            people: How many people (joined tracklets) were looked at.

        Returns:
            The expected number; ``at_most`` when the rate is below what the pairs support, or the score lies
            below the curve.
        """
        if score < self.scores[0]:
            known = self.rates[0] >= 1.0
            return Expected(float(people), at_most=not known)
        floor = self.floor
        logs = np.log(np.maximum(np.asarray(self.rates), floor))
        rate = float(np.exp(np.interp(score, self.scores, logs)))
        if rate <= floor * (1 + 1e-9):
            return Expected(floor * people, at_most=True)
        return Expected(rate * people, at_most=False)

    def score_at(self, rate: float) -> float:
        """The lowest measured score whose false-match rate is at most ``rate`` (the last one if none is)."""
        for score, measured in zip(self.scores, self.rates, strict=True):
            if measured <= rate:
                return score
        return self.scores[-1]
