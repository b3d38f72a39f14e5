from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from reseen.errors import UsageError
from reseen.training.models import ClipSpec, ModelSpec, ReidModel, TrainingOutputs, build_model
from reseen.training.models.memory_bank import MemoryBank
from reseen.training.models.neck import NeckModel
from reseen.training.models.osnet import OSNet
from reseen.training.models.residual import ResidualNet
from reseen.training.models.resnet_ibn import MixedNorm

TINY_CLIP = ClipSpec(
    width=32, layers=3, heads=2, embed_dim=16, text_width=24, text_layers=1, text_heads=2, vocab_size=50
)
TINY_RN = ClipSpec(width=4, heads=4, blocks=(1, 1, 1, 1), embed_dim=16, text_width=24, text_layers=1, text_heads=2)
SIZE = (64, 32)


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)


SPECS = {
    "residual": ModelSpec("residual", SIZE, embedding_dim=32, widths=(8, 8, 16, 16), depths=(1, 2, 1, 1)),
    "osnet": ModelSpec("osnet", SIZE, embedding_dim=32, width=0.25),
    "osnet_ain": ModelSpec("osnet_ain", SIZE, embedding_dim=0, width=0.25),
    "clip_vit": ModelSpec("clip_vit", SIZE, neck_feature="before", clip=TINY_CLIP),
    "clip_resnet": ModelSpec("clip_resnet", SIZE, neck_feature="after", clip=TINY_RN),
}


@pytest.mark.parametrize("name", list(SPECS))
def test_every_model_offers_the_same(name: str) -> None:
    model = build_model(SPECS[name], num_classes=5, num_cameras=3)
    images = torch.randn(4, 3, *SIZE)
    outputs = model.train()(images)
    assert isinstance(outputs, TrainingOutputs)
    assert all(scores.shape == (4, 5) for scores in outputs.scores)
    assert outputs.embedding.shape == (4, model.embedding_dim)
    assert outputs.tokens is not None
    assert outputs.tokens.shape[0] == 4
    embedding = model.eval()(images)
    assert isinstance(embedding, torch.Tensor)
    assert embedding.shape == (4, model.embedding_dim)
    assert model.image_size == SIZE


@pytest.mark.parametrize("name", list(SPECS))
def test_an_embedding_does_not_depend_on_the_batch(name: str) -> None:
    model = build_model(SPECS[name], num_classes=5).eval()
    images = torch.randn(5, 3, *SIZE)
    with torch.no_grad():
        together = model.embed(images)
        alone = torch.cat([model.embed(image[None]) for image in images])
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", list(SPECS))
def test_every_trained_parameter_gets_a_gradient(name: str) -> None:
    model = build_model(SPECS[name], num_classes=5).train()
    outputs = model.training_outputs(torch.randn(4, 3, *SIZE))
    (sum(s.sum() for s in outputs.scores) + sum(f.pow(2).sum() for f in outputs.features)).backward()
    idle = [k for k, p in model.named_parameters() if p.requires_grad and p.grad is None]
    assert all(key.startswith(("text_encoder.", "prompt_learner.")) for key in idle)


def test_published_sizes() -> None:
    def millions(net: torch.nn.Module) -> float:
        return sum(parameter.numel() for parameter in net.parameters()) / 1e6

    # The papers count 2.2 and 0.2 million for OSNet x1.0 and x0.25 with the 512-wide head.
    assert millions(OSNet(1.0)) + 0.512**2 == pytest.approx(2.2, abs=0.1)
    assert millions(OSNet(0.25)) + 0.128 * 0.512 == pytest.approx(0.2, abs=0.02)
    with torch.device("meta"):
        resnet = build_model(ModelSpec("resnet50_ibn", embedding_dim=0), num_classes=0)
    assert isinstance(resnet, NeckModel)
    assert millions(resnet.backbone) == pytest.approx(23.508, abs=0.001)


def test_strides() -> None:
    images = torch.randn(1, 3, 128, 64)
    assert ResidualNet((8, 8, 8, 8), (1, 1, 1, 1)).eval()(images).shape == (1, 8, 8, 4)
    assert ResidualNet((8, 8, 8, 8), (1, 1, 1, 1), last_stride=2).eval()(images).shape == (1, 8, 4, 2)
    assert OSNet(0.25).eval()(images).shape == (1, 128, 8, 4)


def test_instance_norm_takes_off_contrast_and_brightness() -> None:
    net = build_model(SPECS["residual"], 2)
    assert isinstance(net, NeckModel)
    first_stage = torch.nn.Sequential(net.backbone.get_submodule("stem"), net.backbone.get_submodule("stages.0"))
    norm = net.backbone.get_submodule("stages.0.0.norm")
    seen: list[torch.Tensor] = []
    norm.register_forward_hook(lambda _module, _inputs, output: seen.append(output.clone()))
    first_stage.eval()(torch.randn(3, 3, *SIZE) * torch.tensor([1.0, 5.0, 0.2]).view(3, 1, 1, 1))
    assert seen[0].mean(dim=(2, 3)).abs().max() < 1e-4
    assert seen[0].std(dim=(2, 3), correction=0).sub(1).abs().max() < 0.02


def test_mixed_norm_treats_half_of_the_channels_per_picture() -> None:
    norm = MixedNorm(6).eval()
    x = torch.randn(2, 6, 5, 4) * 3 + 1
    y = norm(x)
    assert y[:, :3].mean(dim=(2, 3)).abs().max() < 1e-5
    torch.testing.assert_close(y[:, 3:], x[:, 3:] / (1 + 1e-5) ** 0.5)


def test_unknown_names_and_sizes_are_said_in_one_line() -> None:
    for spec, part in [
        (ModelSpec("resnet18"), "no 'resnet18'"),
        (ModelSpec("clip_vit", clip=ClipSpec(width=30, heads=4)), "do not divide"),
        (ModelSpec("clip_vit", clip=ClipSpec(width=8, heads=1, layers=2, intermediate=-3)), "intermediate"),
        (ModelSpec("clip_vit", clip=ClipSpec(camera_embedding=True)), "no camera labels"),
        (ModelSpec("clip_vit", clip=ClipSpec(camera_embedding=True, memory_slots=4)), "not both"),
        (ModelSpec("clip_vit", clip=ClipSpec(prompt="A person.")), "placeholders"),
    ]:
        with torch.device("meta"), pytest.raises(UsageError, match=part) as caught:
            build_model(spec, 3, num_cameras=0 if "no camera" in part else 2)
        assert "\n" not in str(caught.value)


def _camera_model(**options: object) -> ReidModel:
    fields = {**vars(TINY_CLIP), "camera_embedding": True, "view_embedding": True, **options}
    return build_model(ModelSpec("clip_vit", SIZE, neck_feature="before", clip=ClipSpec(**fields)), 4, 3, 2)


@given(
    cams=st.lists(st.integers(-1, 2), min_size=3, max_size=3),
    views=st.lists(st.integers(-1, 1), min_size=3, max_size=3),
)
@settings(max_examples=15, deadline=None)
def test_camera_and_view_vectors(cams: list[int], views: list[int]) -> None:
    model = _camera_model().eval()
    images = torch.zeros(3, 3, *SIZE)
    with torch.no_grad():
        plain = model.embed(images)
        found = model.embed(images, torch.tensor(cams), torch.tensor(views))
    for index, known in enumerate(cam >= 0 and view >= 0 for cam, view in zip(cams, views, strict=True)):
        assert torch.allclose(found[index], plain[index], atol=1e-6) != known


def test_camera_dropout_hides_labels_in_training_only() -> None:
    model = _camera_model(camera_dropout=1.0).train()
    images, cams, views = torch.randn(2, 3, *SIZE), torch.tensor([0, 1]), torch.tensor([0, 1])
    with torch.no_grad():
        hidden = model.training_outputs(images, cams, views).features[1]
        torch.testing.assert_close(hidden, model.training_outputs(images).features[1])
        model.eval()
        assert not torch.allclose(model.embed(images, cams, views), model.embed(images))


def test_memory_bank_starts_without_effect_and_learns_one() -> None:
    bank = MemoryBank(slots=5, width=16, heads=2)
    tokens = torch.randn(3, 7, 16)
    assert torch.equal(bank(tokens), tokens)
    weights = bank.attention(tokens[:, 0])
    assert weights.shape == (3, 2, 5)
    torch.testing.assert_close(weights.sum(dim=-1), torch.ones(3, 2))
    torch.nn.init.normal_(bank.answer.weight)
    changed = bank(tokens)
    assert torch.equal(changed[:, 1:], tokens[:, 1:])
    assert (changed[:, 0] - tokens[:, 0]).abs().min(dim=1).values.max() > 0
    assert (changed[0, 0] - tokens[0, 0]).sub(changed[1, 0] - tokens[1, 0]).abs().max() > 1e-3


def test_a_model_with_memory_bank_needs_no_labels() -> None:
    fields = {**vars(TINY_CLIP), "memory_slots": 6}
    model = build_model(ModelSpec("clip_vit", SIZE, neck_feature="before", clip=ClipSpec(**fields)), 4)
    plain = build_model(SPECS["clip_vit"], 4)
    missing = plain.load_state_dict(model.state_dict(), strict=False)
    assert missing.missing_keys == []
    assert all(key.startswith("memory_bank.") for key in missing.unexpected_keys)
    images = torch.randn(2, 3, *SIZE)
    torch.testing.assert_close(model.eval().embed(images), plain.eval().embed(images))


def test_intermediate_block_counts_from_the_end() -> None:
    images = torch.randn(2, 3, *SIZE)
    last = build_model(ModelSpec("clip_vit", SIZE, clip=ClipSpec(**{**vars(TINY_CLIP), "intermediate": -1})), 4).train()
    outputs = last.training_outputs(images)
    norm = last.get_submodule("image_encoder.ln_post")
    torch.testing.assert_close(norm(outputs.features[0]), outputs.features[1])


@pytest.mark.parametrize("pooling", ["average", "max", "gem"])
def test_pooling(pooling: str) -> None:
    spec = ModelSpec("residual", SIZE, embedding_dim=0, widths=(4, 4, 4, 4), depths=(1, 1, 1, 1), pooling=pooling)  # type: ignore[arg-type]
    model = build_model(spec, 3)
    assert isinstance(model, NeckModel)
    flat = torch.full((1, 4, 3, 2), 2.0)
    torch.testing.assert_close(model.pool(flat), torch.full((1, 4), 2.0))


def _needs_timm() -> None:
    try:
        import timm  # noqa: F401
    except (ImportError, OSError, RuntimeError) as error:
        pytest.skip(f"timm cannot be imported here ({error})")


def test_timm_backbones() -> None:
    _needs_timm()
    for name, dim in [("resnet10t", 512), ("vit_tiny_patch16_224", 192)]:
        model = build_model(ModelSpec(f"timm:{name}", SIZE, embedding_dim=0), 3)
        assert model.embedding_dim == dim
        with torch.no_grad():
            assert model.eval().embed(torch.randn(2, 3, *SIZE)).shape == (2, dim)
    with pytest.raises(UsageError, match="timm has no model 'resnet_none'"):
        build_model(ModelSpec("timm:resnet_none"), 3)
