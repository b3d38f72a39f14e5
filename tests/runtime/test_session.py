from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reseen.errors import InputError, UsageError
from reseen.runtime import Session, SessionSettings, providers, usable_cores
from reseen.runtime import openvino_backend as backend
from tiny_networks import linear_network, linear_weights

ONE = SessionSettings(threads=1)


def pictures(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, 3, 32, 16)).astype(np.float32)


def wanted(batch: np.ndarray) -> np.ndarray:
    return batch.reshape(len(batch), -1) @ linear_weights()


@pytest.fixture(scope="session", params=["dynamic", "one", "four"])
def network(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    batch = {"dynamic": "batch", "one": 1, "four": 4}[request.param]
    return linear_network(tmp_path_factory.mktemp("net") / "net.onnx", batch)


@pytest.mark.parametrize("count", [1, 3, 4, 9])
def test_any_number_of_pictures_whatever_the_file_says(network: Path, count: int) -> None:
    batch = pictures(count)
    (out,) = Session(network, ONE).run(batch)
    np.testing.assert_allclose(out, wanted(batch), rtol=1e-4, atol=1e-3)


def test_a_picture_does_not_depend_on_its_batch(network: Path) -> None:
    batch = pictures(7)
    session = Session(network, ONE)
    (together,) = session.run(batch)
    alone = np.concatenate([session.run(batch[index : index + 1])[0] for index in range(7)])
    np.testing.assert_allclose(together, alone, rtol=1e-5, atol=1e-4)


def test_a_strided_batch_is_taken_as_it_is(network: Path) -> None:
    batch = pictures(2)
    (out,) = Session(network, ONE).run(batch[:, :, :, ::-1])
    np.testing.assert_allclose(out, wanted(np.ascontiguousarray(batch[:, :, :, ::-1])), rtol=1e-4, atol=1e-3)


def test_names_and_shapes(tmp_path: Path) -> None:
    session = Session(linear_network(tmp_path / "net.onnx"), ONE)
    assert [(port.name, port.shape) for port in session.inputs] == [("images", (None, 3, 32, 16))]
    assert [(port.name, port.shape) for port in session.outputs] == [("output", (None, 6))]
    assert session.provider == "CPU"


@pytest.mark.parametrize(
    "batch",
    [
        np.zeros((1, 3, 32, 16)),
        np.zeros((1, 3, 16, 32), np.float32),
        np.zeros((3, 32, 16), np.float32),
        np.zeros((0, 3, 32, 16), np.float32),
    ],
)
def test_a_wrong_batch_is_refused(network: Path, batch: np.ndarray) -> None:
    with pytest.raises(ValueError, match="the network takes float32"):
        Session(network, ONE).run(batch)


def test_results_are_the_callers_own(network: Path) -> None:
    session = Session(network, ONE)
    (first,) = session.run(pictures(1, 1))
    copy = first.copy()
    session.run(pictures(1, 2))
    np.testing.assert_array_equal(first, copy)


def test_several_threads_may_run_it(network: Path) -> None:
    session = Session(network, ONE)
    batches = [pictures(2, seed) for seed in range(8)]
    results: dict[int, np.ndarray] = {}

    def work(index: int) -> None:
        for _ in range(20):
            results[index] = session.run(batches[index])[0]

    threads = [threading.Thread(target=work, args=(index,)) for index in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for index, batch in enumerate(batches):
        np.testing.assert_allclose(results[index], wanted(batch), rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("name", ["net.onnx", "net.xml", "net.txt"])
def test_what_is_no_network_gives_one_line(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=r"no such file|can be run"):
        Session(tmp_path / name, ONE)
    (tmp_path / name).write_bytes(b"this is no network")
    with pytest.raises(InputError) as caught:
        Session(tmp_path / name, ONE)
    assert "\n" not in str(caught.value)
    assert name in str(caught.value)


@pytest.mark.parametrize("values", [{"threads": -1}, {"provider": "abacus"}, {"precision": "f8"}])
def test_wrong_settings_are_refused(values: dict) -> None:
    with pytest.raises(UsageError):
        SessionSettings(**values)


def test_threads_are_explicit() -> None:
    assert SessionSettings().thread_count == usable_cores() >= 1
    assert SessionSettings(threads=3).thread_count == 3


def test_a_provider_that_is_not_there_is_said(tmp_path: Path) -> None:
    absent = [info.name for info in providers() if not info.available and info.name != "openvino"]
    if not absent:
        pytest.skip("every provider is here")
    with pytest.raises(UsageError, match=f"provider {absent[0]} is not part"):
        Session(linear_network(tmp_path / "net.onnx"), SessionSettings(provider=absent[0]))


def test_providers_for_the_doctor() -> None:
    found = {info.name: info for info in providers()}
    assert list(found) == ["tensorrt", "cuda", "coreml", "directml", "cpu", "openvino"]
    assert found["cpu"].available
    assert all(info.available or info.note for info in found.values())


def test_without_openvino_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise ImportError("no")

    monkeypatch.setattr(backend, "load_openvino", missing)
    (tmp_path / "net.xml").write_text("<net/>")
    with pytest.raises(InputError, match=r'net.xml needs OpenVINO.*run: pip install "reseen\[openvino\]"'):
        Session(tmp_path / "net.xml", ONE)


def test_openvino_does_not_call_home() -> None:
    pytest.importorskip("openvino")
    script = (
        "from reseen.runtime.openvino_backend import load_openvino; load_openvino(); import sys;"
        "loaded = [m for m in sys.modules if m.startswith('openvino_telemetry')];"
        "print('openvino' in sys.modules, loaded)"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "True []"
    assert result.stderr == ""


@pytest.fixture(scope="session", params=["batch", 1])
def representation(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("openvino")
    openvino = backend.load_openvino()
    folder = tmp_path_factory.mktemp("ir")
    model = openvino.Core().read_model(linear_network(folder / "net.onnx", request.param))
    openvino.save_model(model, folder / "net.xml", compress_to_fp16=False)
    return folder / "net.xml"


def test_an_ir_gives_the_same(representation: Path) -> None:
    session = Session(representation, ONE)
    batch = pictures(5)
    (out,) = session.run(batch)
    np.testing.assert_allclose(out, wanted(batch), rtol=1e-4, atol=1e-3)
    alone = np.concatenate([session.run(batch[index : index + 1])[0] for index in range(5)])
    np.testing.assert_array_equal(out, alone)
    assert session.provider == "OpenVINO CPU"
    assert session.inputs[0].shape == (1, 3, 32, 16)


def test_an_onnx_can_be_run_by_openvino(network: Path) -> None:
    pytest.importorskip("openvino")
    batch = pictures(5)
    (out,) = Session(network, SessionSettings(threads=1, provider="openvino")).run(batch)
    np.testing.assert_allclose(out, wanted(batch), rtol=1e-4, atol=1e-3)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.permutations(range(6)))
def test_order_of_pictures_does_not_matter(network: Path, order: list[int]) -> None:
    session = Session(network, ONE)
    batch = pictures(6)
    (out,) = session.run(batch)
    (shuffled,) = session.run(batch[order])
    np.testing.assert_allclose(shuffled, out[order], rtol=1e-5, atol=1e-4)
