"""OSNet and OSNet-AIN as torchreid publishes them, brought to this project's names.

torchreid (the papers' own code) has two naming schemes: streams ``conv2a`` to ``conv2d`` and transitions ``conv2.2``
in OSNet; ``conv2.0`` to ``conv2.3`` and ``pool2`` in OSNet-AIN, whose instance norms are called ``IN``.
"""

from __future__ import annotations

import re

from torch import Tensor

HEADS = ("fc.", "classifier.")
FIRST_OF_STAGE = {"2": 0, "3": 3, "4": 6}
"""Place of a stage's first block among the modules of ``OSNet.stages``; its second and its transition follow."""

_BLOCK = re.compile(r"conv([234])\.([01])\.(.+)")
_TRANSITION = re.compile(r"(?:conv([23])\.2|pool([23]))\.0\.(conv|bn)\.(\w+)")
_STREAM = re.compile(r"conv2(?:([a-d])(?:\.(\d))?|\.(\d)\.layers\.(\d))\.(conv1|conv2|bn)\.(\w+)")
_LAYERS = {"conv1": 0, "conv2": 1, "bn": 2}
_PARTS = {
    "conv1.conv": "reduce.0",
    "conv1.bn": "reduce.1",
    "conv3.conv": "expand",
    "conv3.bn": "norm",
    "IN": "norm",
    "gate.fc1": "gate.gate.1",
    "gate.fc2": "gate.gate.3",
    "downsample.conv": "shortcut.0",
    "downsample.bn": "shortcut.1",
}
_OUTSIDE = {"conv1.conv": "stem.0", "conv1.bn": "stem.1", "conv5.conv": "stages.8.0", "conv5.bn": "stages.8.1"}


def is_torchreid_osnet(state: dict[str, Tensor]) -> bool:
    """Tells whether a state dict has torchreid's names of an OSNet."""
    return "conv2.0.gate.fc1.weight" in state and "conv5.conv.weight" in state


def from_torchreid(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Renames a state dict to those of ``OSNet``, heads left out; unknown names stay, so that a check can tell."""
    return {_own_name(key): value for key, value in state.items() if not key.startswith(HEADS)}


def _own_name(key: str) -> str:
    block, transition = _BLOCK.fullmatch(key), _TRANSITION.fullmatch(key)
    stem, _, kind = key.rpartition(".")
    if stem in _OUTSIDE:
        return f"{_OUTSIDE[stem]}.{kind}"
    if transition is not None:
        stage = transition[1] or transition[2]
        return f"stages.{FIRST_OF_STAGE[stage] + 2}.0.{0 if transition[3] == 'conv' else 1}.{transition[4]}"
    if block is None:
        return key
    place = f"stages.{FIRST_OF_STAGE[block[1]] + int(block[2])}"
    stream = _STREAM.fullmatch(block[3])
    if stream is not None:
        number = "abcd".index(stream[1]) if stream[1] else int(stream[3])
        return f"{place}.streams.{number}.{stream[2] or stream[4] or 0}.{_LAYERS[stream[5]]}.{stream[6]}"
    part, _, kind = block[3].rpartition(".")
    return f"{place}.{_PARTS[part]}.{kind}" if part in _PARTS else key
