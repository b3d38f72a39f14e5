"""What to render: everything follows from these few numbers."""

from __future__ import annotations

from dataclasses import dataclass

from reseen.errors import UsageError


@dataclass(frozen=True)
class SceneSettings:
    """A scene: the same settings give the same pictures.

    Attributes:
        seed: Any non-negative number; another seed is another world.
        people: How many people there are.
        cameras: How many cameras watch, each at a place of its own.
        seconds: Length of each camera's footage.
        width: Picture width in pixels, even.
        height: Picture height in pixels, even.
        fps: Frames a second.
        crowd: About how many people are in view of a camera at once, if there are enough of them.
        alike: Chance that a person wears almost what somebody else wears, 0..1.
        clips: Into how many consecutive files each camera's footage is cut.
        absent: How many people have a photo but are in no footage.
        quality: x264's constant rate factor; larger is smaller and worse.
    """

    seed: int = 0
    people: int = 6
    cameras: int = 2
    seconds: float = 30.0
    width: int = 1280
    height: int = 720
    fps: int = 12
    crowd: float = 2.5
    alike: float = 0.0
    clips: int = 1
    absent: int = 1
    quality: int = 24

    def __post_init__(self) -> None:
        if min(self.people, self.cameras, self.clips, self.fps) < 1:
            raise UsageError("a scene needs at least one person, camera, clip and frame a second")
        if self.seconds <= 0 or self.crowd <= 0 or self.absent < 0 or self.seed < 0:
            raise UsageError("a scene's seconds and crowd are positive, its seed and absent people not negative")
        if self.width % 2 or self.height % 2 or min(self.width, self.height) < 64:
            raise UsageError("a scene's pictures are at least 64 pixels wide and high, and even")

    @property
    def frames(self) -> int:
        """Frames of each camera."""
        return max(round(self.seconds * self.fps), 1)
