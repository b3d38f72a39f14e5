from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import Tensor

from reseen.training.models import ClipSpec, ModelSpec, build_model
from reseen.training.models.clip_reid import ClipReid
from reseen.training.weights import load_weights, open_checkpoint
from reseen.training.weights.layouts import to_clip_reid_names, to_openai

if TYPE_CHECKING:
    from conftest import Reference

FULL_SIZES = {
    "ViT-B-16": ("clip_vit", ClipSpec()),
    "RN50": ("clip_resnet", ClipSpec(width=64, heads=32, embed_dim=1024)),
}


def _full_model(entry: dict[str, Any]) -> ClipReid:
    """Builds the full-size model on the meta device: shapes without memory."""
    backbone, clip = FULL_SIZES[entry["backbone"]]
    overrides = dict(entry["overrides"])
    fields = {
        **vars(clip),
        "stride": overrides.pop("MODEL__STRIDE_SIZE", [clip.stride])[0],
        "camera_embedding": bool(overrides.pop("MODEL__SIE_CAMERA", False)),
        "view_embedding": bool(overrides.pop("MODEL__SIE_VIEW", False)),
        "embedding_scale": overrides.pop("MODEL__SIE_COE", clip.embedding_scale),
    }
    size = tuple(overrides.pop("INPUT__SIZE_TRAIN", (256, 128)))
    overrides.pop("INPUT__SIZE_TEST", None)
    assert not overrides, f"settings that this test does not know: {overrides}"
    spec = ModelSpec(backbone=backbone, image_size=size, clip=ClipSpec(**fields))
    with torch.device("meta"):
        model = build_model(spec, entry["num_classes"], entry["camera_num"], entry["view_num"])
    assert isinstance(model, ClipReid)
    return model


def test_full_size_models_have_the_authors_keys(reference: Reference) -> None:
    for name, entry in reference.json("keys.json").items():
        model = _full_model(entry)
        parameters = dict(model.named_parameters())
        found = [
            [
                key,
                list(value.shape),
                str(value.dtype).removeprefix("torch."),
                "parameter" if key in parameters else "buffer",
            ]
            for key, value in model.state_dict().items()
        ]
        assert sorted(found) == sorted(entry["keys"]), name
        assert len(found) == entry["num_tensors"]
        assert sum(value.numel() for value in model.state_dict().values()) == entry["num_elements"]
        frozen = [key for key, parameter in parameters.items() if not parameter.requires_grad]
        assert frozen == entry["not_trainable_at_build"]


def test_every_openai_key_has_its_place(reference: Reference) -> None:
    keys, full = reference.json("keys_openai.json"), reference.json("keys.json")
    for name in FULL_SIZES:
        with torch.device("meta"):
            state = {key: torch.empty(shape) for key, shape in keys[name]}
            state |= {key: torch.empty(()) for key in keys["extra_scalar_keys_in_the_release"]}
        entry = next(e for e in full.values() if e["backbone"] == name and not e["overrides"])
        towers = {
            key: tuple(shape) for key, shape, *_ in entry["keys"] if key.startswith(("image_encoder.", "text_encoder."))
        }
        mapped = to_clip_reid_names(to_openai(state))
        kept = {k: tuple(v.shape) for k, v in mapped.items() if k not in ("token_embedding.weight", "logit_scale")}
        positions = [key for key in kept if kept[key] != towers[key]]
        assert len(positions) == 1
        assert positions[0].endswith("positional_embedding")
        assert set(kept) == set(towers)
        for old, new in keys["map_prefix"]:
            if not new.startswith("("):
                assert all(key in kept for key in towers if key.startswith(new)), old


def _random_state(entry: dict[str, Any], prefix: str = "") -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(0)
    state: dict[str, Tensor] = {}
    for key, shape, dtype, _ in entry["keys"]:
        if dtype == "int64":
            state[prefix + key] = torch.zeros(shape, dtype=torch.int64)
        else:
            state[prefix + key] = 0.02 * torch.randn(shape, generator=generator).half()
        if key.endswith("running_var"):
            state[prefix + key] = torch.ones(shape, dtype=torch.float16)
    return state


@pytest.mark.parametrize("plain", [True, False], ids=["plain", "with_settings"])
def test_full_size_checkpoint_of_random_values_loads(reference: Reference, tmp_path: Path, plain: bool) -> None:
    entries = reference.json("keys.json")
    names = [
        name for name, entry in entries.items() if entry["backbone"] == "ViT-B-16" and bool(entry["overrides"]) != plain
    ]
    if not names:
        pytest.skip("the set has no such model")
    name = names[0]
    size = tuple(entries[name]["overrides"].get("INPUT__SIZE_TRAIN", (256, 128)))
    path = tmp_path / "ViT-B-16_60.pth"
    state = _random_state(entries[name], prefix="module.")
    torch.save(state, path)
    checkpoint = open_checkpoint(path, size)
    assert checkpoint.num_classes == entries[name]["num_classes"]
    assert checkpoint.spec.clip.layers == 12
    assert checkpoint.spec.clip.heads == 12
    assert checkpoint.spec.clip.stride == entries[name]["overrides"].get("MODEL__STRIDE_SIZE", [16])[0]
    loaded = checkpoint.model.state_dict()
    for key in ("image_encoder.proj", "classifier.weight", "prompt_learner.token_suffix"):
        assert torch.equal(loaded[key], state[f"module.{key}"].float()), key
    with torch.no_grad():
        embedding = checkpoint.model.embed(torch.zeros(1, 3, *checkpoint.model.image_size))
    assert embedding.shape == (1, 768 + 512)
    assert torch.isfinite(embedding).all()


def test_tiny_checkpoint_loads_and_gives_the_same_features(reference: Reference, tower: str, tmp_path: Path) -> None:
    path = tmp_path / "tiny.pth"
    torch.save({"state_dict": reference.weights(tower), "epoch": 60}, path)
    sizes = reference.sizes(tower)
    checkpoint = open_checkpoint(path, tuple(sizes["image_size"]), (sizes["heads"], sizes["txt_heads"]))
    files = reference.npz(f"{tower}.forward.npz")
    images = reference.pixels(tower, files["images_u8"])[: len(files["eval_test_feat_before"])]
    with torch.no_grad():
        embedding = checkpoint.model.embed(images)
    bar = reference.bar("features", "rel_to_max")
    reference.close(f"{tower} imported checkpoint", embedding, files["eval_test_feat_before"], bar)


def test_openai_weights_give_the_towers(reference: Reference, tower: str, tmp_path: Path) -> None:
    files, source = reference.npz(f"{tower}.prompt.npz"), reference.npz("posembed.npz")
    weights = reference.weights(tower)
    backwards = {"image_encoder.": "visual.", "text_encoder.": ""}
    state = {
        new + key.removeprefix(old): value
        for old, new in backwards.items()
        for key, value in weights.items()
        if key.startswith(old)
    }
    kind = "visual.positional_embedding" if tower == "vit" else "visual.attnpool.positional_embedding"
    state[kind] = torch.from_numpy(source[f"{tower}_weights_src"])
    table = torch.zeros(reference.sizes(tower)["vocab_size"], files["token_embedding_rows"].shape[1])
    table[torch.from_numpy(files["token_ids"])] = torch.from_numpy(files["token_embedding_rows"])
    state |= {"token_embedding.weight": table, "logit_scale": torch.tensor(4.6)}
    path = tmp_path / "clip.pt"
    torch.save(state, path)
    sizes = reference.sizes(tower)
    ids = files["tokenized_prompts"][0].tolist()
    model = ClipReid(reference.spec(tower), sizes["classes"], token_ids=ids)
    loaded = load_weights(model, path)
    assert loaded.layout == "openai"
    assert "prompt_learner.cls_ctx" in loaded.fresh
    own = model.state_dict()
    bar = reference.bar("posembed", "rel_to_max")
    for key, value in weights.items():
        if key.startswith(("image_encoder.", "text_encoder.", "prompt_learner.token")):
            reference.close("weights from CLIP", own[key].float(), value.float(), bar)
