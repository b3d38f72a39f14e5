from __future__ import annotations

import hashlib
import pickle
import warnings
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from reseen.errors import InputError, ReseenError, UsageError
from reseen.training.models import ClipSpec, ModelSpec, build_model
from reseen.training.models.clip_reid import ClipReid
from reseen.training.weights import download, find_weights, load_weights, open_checkpoint, read_state
from reseen.training.weights.layouts import to_clip_reid_names, to_openai

SIZE = (64, 32)
TINY = ClipSpec(width=32, layers=2, heads=2, embed_dim=16, text_width=24, text_layers=2, text_heads=2, vocab_size=49408)


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)


def _model(classes: int = 4, **fields: object) -> ClipReid:
    clip = ClipSpec(**{**vars(TINY), **fields})
    model = build_model(ModelSpec("clip_vit", SIZE, neck_feature="before", clip=clip), classes)
    assert isinstance(model, ClipReid)
    return model


def _openai_state(model: ClipReid) -> dict[str, Tensor]:
    """The towers of a model under OpenAI's names, positions on a square grid."""
    state: dict[str, Tensor] = {}
    for key, value in model.state_dict().items():
        if key.startswith("image_encoder."):
            state["visual." + key.removeprefix("image_encoder.")] = torch.randn_like(value)
        elif key.startswith("text_encoder."):
            state[key.removeprefix("text_encoder.")] = torch.randn_like(value)
    state["visual.positional_embedding"] = torch.randn(7 * 7 + 1, TINY.width)
    state["token_embedding.weight"] = torch.randn(TINY.vocab_size, TINY.text_width)
    state["logit_scale"] = torch.tensor(4.6)
    return state


def _hugging_face_state(state: dict[str, Tensor]) -> dict[str, Tensor]:
    names = {
        "visual.class_embedding": "vision_model.embeddings.class_embedding",
        "visual.conv1.weight": "vision_model.embeddings.patch_embedding.weight",
        "visual.positional_embedding": "vision_model.embeddings.position_embedding.weight",
        "visual.ln_pre": "vision_model.pre_layrnorm",
        "visual.ln_post": "vision_model.post_layernorm",
        "visual.proj": "visual_projection.weight",
        "text_projection": "text_projection.weight",
        "token_embedding.weight": "text_model.embeddings.token_embedding.weight",
        "positional_embedding": "text_model.embeddings.position_embedding.weight",
        "ln_final": "text_model.final_layer_norm",
        "logit_scale": "logit_scale",
    }
    parts = {"attn.out_proj": "self_attn.out_proj", "ln_1": "layer_norm1", "ln_2": "layer_norm2"}
    parts |= {"mlp.c_fc": "mlp.fc1", "mlp.c_proj": "mlp.fc2"}
    result = {"text_model.embeddings.position_ids": torch.arange(77)[None]}
    for key, value in state.items():
        stem, _, kind = key.rpartition(".")
        if ".resblocks." in key or key.startswith("transformer."):
            tower = "vision_model" if key.startswith("visual.") else "text_model"
            index, part = key.split("resblocks.")[1].split(".", 1)
            prefix = f"{tower}.encoder.layers.{index}"
            if "in_proj" in part:
                end = part.rsplit("_", 1)[1]
                for name, piece in zip("qkv", value.chunk(3), strict=True):
                    result[f"{prefix}.self_attn.{name}_proj.{end}"] = piece.clone()
            else:
                result[f"{prefix}.{parts[part.rpartition('.')[0]]}.{kind}"] = value
        elif key in names:
            result[names[key]] = value.T.contiguous() if "projection" in names[key] else value
        else:
            result[f"{names[stem]}.{kind}"] = value
    return result


@pytest.mark.parametrize("layout", ["openai", "half", "open_clip", "custom_text", "hugging_face"])
def test_every_layout_of_clip_fills_the_same_towers(layout: str, tmp_path: Path) -> None:
    state = _openai_state(_model())
    written = dict(state)
    if layout == "half":
        state = {key: value.half().float() for key, value in state.items()}
        written = {key: value.half() for key, value in state.items()}
    if layout == "open_clip":
        written = {f"module.{key}": value for key, value in state.items()}
    if layout == "custom_text":
        text = ("transformer", "positional", "ln_final", "text_proj", "token_emb")
        written = {(f"text.{k}" if k.startswith(text) else k): v for k, v in state.items()}
        written["text.attn_mask"] = torch.zeros(77, 77)
    if layout == "hugging_face":
        written = _hugging_face_state(state)
        assert not set(written) & (set(state) - {"logit_scale"})
    path = tmp_path / ("weights.safetensors" if layout == "hugging_face" else "weights.pt")
    if path.suffix == ".pt":
        torch.save({"state_dict": written} if layout == "open_clip" else written, path)
    else:
        save_file(written, path)
    model = _model()
    loaded = load_weights(model, path)
    own, expected = model.state_dict(), to_clip_reid_names(to_openai(state))
    for key, value in expected.items():
        if key in own and "image_encoder.positional" not in key:
            torch.testing.assert_close(own[key], value, msg=key)
    ids = list(model.prompt_learner.token_ids)
    table = state["token_embedding.weight"].float()
    torch.testing.assert_close(own["prompt_learner.token_prefix"][0], table[ids[:5]])
    assert loaded.layout == ("hugging_face" if layout == "hugging_face" else "openai")
    assert set(loaded.fresh) == {
        key for key in own if not key.startswith(("image_encoder.", "text_encoder.", "prompt_learner.token"))
    }


def test_torchscript_archives_are_read_without_running_them(tmp_path: Path) -> None:
    class Inner(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.randn(3, 2))
            self.register_buffer("counter", torch.tensor(7))

        def forward(self, x: Tensor) -> Tensor:
            return x @ self.weight

    class Outer(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.visual = nn.ModuleList([Inner(), Inner()])
            self.weights16 = nn.Parameter(torch.randn(4).half())
            self.sizes = [1, 2]

        def forward(self, x: Tensor) -> Tensor:
            for layer in self.visual:
                x = layer(x)[:, :1].expand(-1, 3)
            return x

    net = Outer()
    path = tmp_path / "clip.pt"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.script(net).save(str(path))  # type: ignore[no-untyped-call]
    state = read_state(path)
    expected = net.state_dict()
    assert set(state) == set(expected)
    for key, value in expected.items():
        assert state[key].dtype == value.dtype
        assert torch.equal(state[key], value)


class _Evil:
    def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
        return (print, ("this must never run",))


def test_files_that_cannot_be_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cases: list[tuple[str, bytes | object, str]] = [
        ("code.pth", {"state_dict": _Evil()}, "run code"),
        ("number.pth", 3, "no tensors by name"),
        ("empty.pth", b"", "not a whole torch checkpoint"),
        ("text.pth", b"hello, this is no checkpoint", "not a"),
        ("cut.safetensors", b"\x10\0\0\0\0\0\0\0{}", "not a whole safetensors file"),
    ]
    for name, content, part in cases:
        path = tmp_path / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            torch.save(content, path)
        with pytest.raises(InputError, match=part) as caught:
            read_state(path)
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)
    (tmp_path / "raw.pth").write_bytes(pickle.dumps(_Evil()))
    with pytest.raises(InputError):
        read_state(tmp_path / "raw.pth")
    with pytest.raises(InputError, match="no such file"):
        read_state(tmp_path / "missing.pth")
    assert "must never run" not in capsys.readouterr().out


def test_a_torchscript_archive_with_code_in_its_tree_is_refused(tmp_path: Path) -> None:
    import zipfile

    path = tmp_path / "evil.pt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("evil/data.pkl", pickle.dumps(_Evil(), protocol=2))
        archive.writestr("evil/constants.pkl", b"")
    with pytest.raises(InputError, match="refused: its tree names"):
        read_state(path)


def test_another_architecture_is_said_in_one_line_and_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "other.pt"
    torch.save(_openai_state(_model()), path)
    for fields, part in [
        ({"width": 64}, "the model has"),
        ({"layers": 3}, "it has no"),
        ({"layers": 1, "intermediate": -1}, "the model has no"),
        ({"text_width": 48}, "token table"),
    ]:
        model = _model(**fields)
        before = {key: value.clone() for key, value in model.state_dict().items()}
        with pytest.raises(InputError, match="another architecture") as caught:
            load_weights(model, path)
        assert part in str(caught.value)
        assert "\n" not in str(caught.value)
        assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())
    with pytest.raises(InputError, match="backbone is another"):
        load_weights(build_model(ModelSpec("osnet", width=0.25), 3), path)


def test_a_broadcastable_shape_does_not_pass(tmp_path: Path) -> None:
    model = _model()
    state = model.state_dict()
    state["bottleneck.weight"] = torch.ones(1)
    torch.save(state, tmp_path / "wrong.pth")
    with pytest.raises(InputError, match=r"'bottleneck\.weight' is 1, the model has 32"):
        load_weights(_model(), tmp_path / "wrong.pth")


def test_checkpoint_of_another_number_of_identities_keeps_fresh_classifiers(tmp_path: Path) -> None:
    source = _model(classes=9)
    torch.save(source.state_dict(), tmp_path / "nine.pth")
    target = _model(classes=4)
    kept = target.classifier.weight.clone()
    loaded = load_weights(target, tmp_path / "nine.pth")
    assert set(loaded.fresh) == {"classifier.weight", "classifier_proj.weight", "prompt_learner.cls_ctx"}
    assert torch.equal(target.classifier.weight, kept)
    assert torch.equal(target.image_encoder.get_parameter("proj"), source.image_encoder.get_parameter("proj"))


def test_a_memory_bank_stays_fresh_when_a_checkpoint_has_none(tmp_path: Path) -> None:
    torch.save(_model().state_dict(), tmp_path / "plain.pth")
    loaded = load_weights(_model(memory_slots=4), tmp_path / "plain.pth")
    assert all(key.startswith("memory_bank.") for key in loaded.fresh)


def test_published_backbones_load_without_their_classifier(tmp_path: Path) -> None:
    with torch.device("meta"):
        source = build_model(ModelSpec("resnet50", embedding_dim=0), 0)
    names = source.get_submodule("backbone").state_dict()
    state = {key: torch.zeros(value.shape, dtype=value.dtype) for key, value in names.items()}
    state |= {"fc.weight": torch.zeros(1000, 2048), "fc.bias": torch.zeros(1000)}
    # torchvision's names; the two lists must be one.
    assert {"layer1.0.downsample.1.running_var", "layer4.2.conv3.weight", "bn1.weight"} <= set(state)
    torch.save(state, tmp_path / "resnet50.pth")
    model = build_model(ModelSpec("resnet50"), 3)
    loaded = load_weights(model, tmp_path / "resnet50.pth")
    assert loaded.left_out == ("fc.weight", "fc.bias")
    assert "projection.weight" in loaded.fresh


def test_own_models_load_and_leave_classifiers(tmp_path: Path) -> None:
    spec = ModelSpec("residual", widths=(4, 4, 4, 4), depths=(1, 1, 1, 1), embedding_dim=8)
    source, target = build_model(spec, 7), build_model(spec, 3)
    save_file(source.state_dict(), tmp_path / "own.safetensors")
    loaded = load_weights(target, tmp_path / "own.safetensors")
    assert loaded.fresh == ("classifier.weight",)
    torch.testing.assert_close(target.get_parameter("projection.weight"), source.get_parameter("projection.weight"))


def test_checkpoint_of_another_image_size_is_named(tmp_path: Path) -> None:
    torch.save(_model().state_dict(), tmp_path / "small.pth")
    assert open_checkpoint(tmp_path / "small.pth", SIZE, (2, 2)).spec.clip.stride == 16
    with pytest.raises(InputError, match="name the image size"):
        open_checkpoint(tmp_path / "small.pth", (200, 100), (2, 2))
    torch.save(_openai_state(_model()), tmp_path / "clip.pth")
    with pytest.raises(InputError, match="not a CLIP-ReID checkpoint"):
        open_checkpoint(tmp_path / "clip.pth")


def _client(content: bytes, status: int = 200) -> httpx.Client:
    return httpx.Client(transport=httpx.MockTransport(lambda _request: httpx.Response(status, content=content)))


def test_downloads_are_checked_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = b"weights" * 1000
    known = download.PublishedWeights("https://hub/x/tiny.pt", hashlib.sha256(content).hexdigest(), "MIT")
    monkeypatch.setitem(download.KNOWN_WEIGHTS, "tiny", known)
    path = find_weights("tiny", tmp_path, _client(content))
    assert path.read_bytes() == content
    assert find_weights("tiny", tmp_path, _client(b"", 500)) == path
    assert find_weights(str(path)) == path
    hub = find_weights("hf:openai/clip", tmp_path, _client(content))
    assert hub.name == "openai--clip--model.safetensors"


def test_failed_downloads_leave_nothing(tmp_path: Path) -> None:
    cases: list[tuple[str, httpx.Client]] = [("RN50", _client(b"not it")), ("hf:a/b", _client(b"", 404))]
    for source, client in cases:
        with pytest.raises(InputError) as caught:
            find_weights(source, tmp_path, client)
        assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []
    for source in ("no-such-name", "hf:only"):
        with pytest.raises(UsageError):
            find_weights(source, tmp_path)
    assert issubclass(UsageError, ReseenError)
