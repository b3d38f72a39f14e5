"""OSNet as torchreid publishes it: names of both schemes, and real published weights that must give their features."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import numpy_helper

from reseen.errors import InputError
from reseen.training.models import ModelSpec, build_model
from reseen.training.models.neck import NeckModel
from reseen.training.weights import load_weights

ROUNDED_OFF = 1e-5  # of batch norms, added to the variance


def published_state(path: Path) -> dict[str, torch.Tensor]:
    """torchreid's state dict from an ONNX export, whose batch norms are folded into the convolutions before them."""
    graph = onnx.load(path).graph
    values = {item.name: torch.tensor(numpy_helper.to_array(item)) for item in graph.initializer}
    state: dict[str, torch.Tensor] = {}
    for node in graph.node:
        if node.op_type != "Conv":
            continue
        # A module inside others is named in full after them: /conv2/conv2.0/conv2b/conv2b.0/conv1/Conv
        parts = node.name.strip("/").split("/")[:-1]
        name = ".".join(part.rsplit(".", 1)[-1] if part.split(".")[0] in parts[:i] else part
                        for i, part in enumerate(parts))  # fmt: skip
        name = re.sub(r"(fc[12])_\d$", r"\1", name)
        state[f"{name}.weight"] = values[node.input[1]]
        if len(node.input) < 3:
            continue
        bias = values[node.input[2]]
        if ".gate." in name:
            state[f"{name}.bias"] = bias
            continue
        norm = re.sub(r"conv2?$", "bn", name)
        state |= {f"{norm}.weight": torch.ones_like(bias), f"{norm}.bias": bias}
        state |= {f"{norm}.running_mean": 0 * bias, f"{norm}.running_var": torch.ones_like(bias) - ROUNDED_OFF}
    return state


def test_published_weights_give_the_published_features(model_files: Path, tmp_path: Path) -> None:
    path = next(model_files.rglob("osnet_x0_25_msmt17.onnx"))
    state = published_state(path)
    state |= {"fc.0.weight": torch.zeros(512, 128), "classifier.weight": torch.zeros(4, 512)}
    torch.save({"state_dict": {f"module.{key}": value for key, value in state.items()}}, tmp_path / "osnet.pth")
    model = build_model(ModelSpec("osnet", width=0.25, embedding_dim=0), 5)
    assert isinstance(model, NeckModel)
    loaded = load_weights(model, tmp_path / "osnet.pth")
    assert set(loaded.left_out) == {"fc.0.weight", "classifier.weight"}
    assert set(loaded.fresh) >= {"classifier.weight", "bottleneck.weight"}
    assert not any(name.startswith("backbone.") and "tracked" not in name for name in loaded.fresh)

    network = onnx.load(path)
    pooled = next(node.output[0] for node in reversed(network.graph.node) if node.op_type == "GlobalAveragePool")
    network.graph.output.append(onnx.helper.make_empty_tensor_value_info(pooled))
    session = onnxruntime.InferenceSession(network.SerializeToString(), providers=["CPUExecutionProvider"])
    pictures = np.random.default_rng(0).normal(size=(2, 3, 256, 128)).astype(np.float32)
    wanted = session.run([pooled], {session.get_inputs()[0].name: pictures})[0].reshape(2, -1)
    model.eval()
    with torch.inference_mode():
        got = model.pool(model.backbone(torch.from_numpy(pictures))).numpy()
    np.testing.assert_allclose(got, wanted, atol=2e-5 * np.abs(wanted).max())


def torchreid_ain_name(name: str) -> str:
    """The other way round, written down by hand from torchreid's modules, for OSNet-AIN."""
    blocks = {0: "conv2.0", 1: "conv2.1", 3: "conv3.0", 4: "conv3.1", 6: "conv4.0", 7: "conv4.1"}
    norms = ("IN", "IN", "conv3.bn", "IN", "IN", "conv3.bn")
    if name.startswith("stem."):
        return name.replace("stem.0", "conv1.conv").replace("stem.1", "conv1.bn")
    _, number, rest = name.split(".", 2)
    if number in ("2", "5"):
        pool = "pool2" if number == "2" else "pool3"
        return f"{pool}.{rest}".replace(".0.0.", ".0.conv.").replace(".0.1.", ".0.bn.")
    if number == "8":
        return f"conv5.{rest}".replace("conv5.0", "conv5.conv").replace("conv5.1", "conv5.bn")
    norm = norms[list(blocks).index(int(number))]
    rest = re.sub(r"^streams\.(\d)\.(\d)\.([012])", lambda m: f"conv2.{m[1]}.layers.{m[2]}."
                  + ("conv1", "conv2", "bn")[int(m[3])], rest)  # fmt: skip
    for own, theirs in (("reduce.0", "conv1.conv"), ("reduce.1", "conv1.bn"), ("expand", "conv3.conv"),
                        ("norm", norm), ("gate.gate.1", "gate.fc1"), ("gate.gate.3", "gate.fc2"),
                        ("shortcut.0", "downsample.conv"), ("shortcut.1", "downsample.bn")):  # fmt: skip
        if rest.startswith(f"{own}."):
            rest = theirs + rest.removeprefix(own)
            break
    return f"{blocks[int(number)]}.{rest}"


def test_osnet_ain_names(tmp_path: Path) -> None:
    spec = ModelSpec("osnet_ain", width=0.25, embedding_dim=0)
    model, other = build_model(spec, 3), build_model(spec, 3)
    assert isinstance(model, NeckModel)
    own = {key: torch.randn_like(v) if v.is_floating_point() else v for key, v in model.backbone.state_dict().items()}
    published = {torchreid_ain_name(key): value for key, value in own.items()}
    assert len(published) == len(own)
    assert {"conv2.0.conv2.3.layers.3.conv2.weight", "conv3.1.IN.weight", "pool3.0.bn.bias"} <= published.keys()
    torch.save(published, tmp_path / "ain.pth")
    load_weights(other, tmp_path / "ain.pth")
    assert isinstance(other, NeckModel)
    for key, value in other.backbone.state_dict().items():
        assert torch.equal(value, own[key]), key
    with pytest.raises(InputError, match="another architecture"):
        load_weights(build_model(ModelSpec("osnet", width=0.25, embedding_dim=0), 3), tmp_path / "ain.pth")
    with pytest.raises(InputError, match="another architecture"):
        load_weights(build_model(ModelSpec("osnet_ain", width=0.5, embedding_dim=0), 3), tmp_path / "ain.pth")
