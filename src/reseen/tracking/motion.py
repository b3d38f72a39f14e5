"""How a person's box moves: a Kalman filter in continuous time.

Velocity is an Ornstein-Uhlenbeck process and position its integral: a person keeps a speed for a while and then
forgets it, so that a prediction over a gap slows down instead of running away. Its transition is known in closed
form for every time step, thus any rate and any gap use the same parameters, given in seconds and box heights, and
``predict(a)`` then ``predict(b)`` is ``predict(a + b)``. (Integrated Ornstein-Uhlenbeck model: Johnson et al.,
"Continuous-time correlated random walk model for animal telemetry data", Ecology 2008; the Kalman filter on boxes:
Bewley et al., "Simple online and realtime tracking", ICIP 2016.)
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from reseen.tracking.boxes import Boxes, centre_size, from_centre_size


@dataclass(frozen=True)
class MotionSettings:
    """How people move, in seconds and heights of their box.

    Attributes:
        speed: Usual speed per axis (standard deviation), in heights a second; walking is about 0.8.
        speed_memory: Seconds after which a speed is forgotten.
        growth: Usual speed of width and height, in heights a second.
        growth_memory: Seconds after which a growth is forgotten.
        noise: Usual error of a detected edge, in heights.
    """

    speed: float = 1.2
    speed_memory: float = 2.5
    growth: float = 0.15
    growth_memory: float = 0.5
    noise: float = 0.08


@dataclass(frozen=True, eq=False)
class Motion:
    """What is believed of one box at one time; centre x, centre y, width and height move independently.

    Attributes:
        mean: ``(4, 2)`` float64, per coordinate its value in pixels and its velocity in pixels a second.
        covariance: ``(4, 2, 2)`` float64, per coordinate the covariance of value and velocity.
        height: The height in pixels that the settings are scaled with; changes with an update only.
        settings: How people move.
    """

    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]
    height: float
    settings: MotionSettings

    @staticmethod
    def start(box: Boxes, settings: MotionSettings) -> Motion:
        """The belief after a first sight.

        Args:
            box: ``(4,)`` box in pixels.
            settings: How people move.
        """
        values = centre_size(np.asarray(box, np.float64))
        height = max(float(values[3]), 1.0)
        covariance = np.zeros((4, 2, 2))
        covariance[:, 0, 0] = (settings.noise * height) ** 2
        covariance[:, 1, 1] = (_speeds(settings) * height) ** 2
        return Motion(np.stack([values, np.zeros(4)], axis=1), covariance, height, settings)

    @property
    def box(self) -> Boxes:
        """``(4,)`` the believed box in pixels; its sides are at least a pixel long."""
        values = self.mean[:, 0].copy()
        values[2:] = np.maximum(values[2:], 1.0)
        return from_centre_size(values)

    @property
    def spread(self) -> NDArray[np.float64]:
        """``(4,)`` standard deviation in pixels of where a detection's centre x, y, width, height will be found."""
        noise = (self.settings.noise * self.height) ** 2
        return np.asarray(np.sqrt(self.covariance[:, 0, 0] + noise), np.float64)

    def predict(self, seconds: float) -> Motion:
        """The belief ``seconds`` (at least 0) later, without a sight in between."""
        memory = _memories(self.settings)
        speeds = _speeds(self.settings) * self.height
        kept = np.exp(-seconds / memory)
        travel = memory * (1.0 - kept)
        transition = np.zeros((4, 2, 2))
        transition[:, 0, 0] = 1.0
        transition[:, 0, 1] = travel
        transition[:, 1, 1] = kept
        added = np.zeros((4, 2, 2))
        added[:, 0, 0] = 2 * memory * (seconds - 2 * travel + memory / 2 * (1 - kept**2))
        added[:, 0, 1] = added[:, 1, 0] = memory * (1 - kept) ** 2
        added[:, 1, 1] = 1 - kept**2
        covariance = transition @ self.covariance @ transition.transpose(0, 2, 1)
        return replace(
            self,
            mean=np.einsum("nij,nj->ni", transition, self.mean),
            covariance=covariance + added * (speeds**2)[:, None, None],
        )

    def update(self, box: Boxes, noise: float = 1.0) -> Motion:
        """The belief after a sight.

        Args:
            box: ``(4,)`` box in pixels.
            noise: The sight's error relative to the usual one (above 1 for doubtful ones).
        """
        values = centre_size(np.asarray(box, np.float64))
        variance = (self.settings.noise * self.height * noise) ** 2
        gain = self.covariance[:, :, 0] / (self.covariance[:, 0, 0] + variance)[:, None]
        mean = self.mean + gain * (values - self.mean[:, 0])[:, None]
        covariance = self.covariance - gain[:, :, None] * self.covariance[:, None, 0, :]
        height = max(float(mean[3, 0]), 1.0)
        return replace(self, mean=mean, covariance=covariance, height=height)


def _speeds(settings: MotionSettings) -> NDArray[np.float64]:
    return np.array([settings.speed, settings.speed, settings.growth, settings.growth])


def _memories(settings: MotionSettings) -> NDArray[np.float64]:
    return np.array([settings.speed_memory, settings.speed_memory, settings.growth_memory, settings.growth_memory])
