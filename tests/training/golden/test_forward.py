from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch

from reseen.training.models.clip_resnet import ClipResnet
from reseen.training.models.clip_vision import ClipVision

if TYPE_CHECKING:
    from conftest import Reference

RUNNING = "train_after_"


@torch.no_grad()
def test_features_at_test_time(reference: Reference, tower: str) -> None:
    files = reference.npz(f"{tower}.forward.npz")
    bar = reference.bar("features", "rel_to_max")
    model = reference.model(tower)
    images = reference.pixels(tower, files["images_u8"])[: len(files["eval_img_feature"])]
    features = model.image_features(images)
    last = files["eval_img_feature_last"]
    reference.close(f"{tower} feature before the end", features.intermediate, last, bar)
    reference.close(f"{tower} feature", features.feature, files["eval_img_feature"], bar)
    reference.close(f"{tower} projected", features.projected, files["eval_img_feature_proj"], bar)
    first_stage = model.stage1_image_features(images)
    reference.close(f"{tower} image for stage 1", first_stage, files["get_image"], bar)
    before_neck = files["eval_test_feat_before"]
    reference.close(f"{tower} embedding before neck", model.embed(images), before_neck, bar)
    model.after_neck = True
    reference.close(f"{tower} embedding after neck", model.embed(images), files["eval_test_feat_after"], bar)
    assert model.embed(images).shape[1] == model.embedding_dim


@torch.no_grad()
def test_whole_token_sequences_and_maps(reference: Reference, tower: str) -> None:
    files = reference.npz(f"{tower}.forward.npz")
    bar = reference.bar("features", "rel_to_max")
    encoder = reference.model(tower).image_encoder
    image = reference.pixels(tower, files["images_u8"])[:1]
    if isinstance(encoder, ClipVision):
        last_but_one, last, projected = encoder.token_sequences(image)
        expected = files["eval_tokens_last_img0"]
        reference.close(f"{tower} tokens before the end", last_but_one[0], expected, bar)
        reference.close(f"{tower} tokens", last[0], files["eval_tokens_feat_img0"], bar)
        reference.close(f"{tower} tokens projected", projected[0], files["eval_tokens_proj_img0"], bar)
    else:
        assert isinstance(encoder, ClipResnet)
        third, fourth = encoder.maps(image)
        reference.close(f"{tower} map before the end", third[0], files["eval_map_last_img0"], bar)
        reference.close(f"{tower} map", fourth[0], files["eval_map_feat_img0"], bar)
        pooled = encoder.attnpool(fourth, every=True)
        reference.close(f"{tower} attention pool", pooled[0], files["eval_attnpool_img0"], bar)


@torch.no_grad()
def test_outputs_and_running_statistics_in_training(reference: Reference, tower: str) -> None:
    files = reference.npz(f"{tower}.forward.npz")
    bar = reference.bar("features", "rel_to_max")
    model = reference.model(tower).train()
    outputs = model.training_outputs(reference.pixels(tower, files["images_u8"]))
    names = ("img_feature_last", "img_feature", "img_feature_proj")
    for name, feature in zip(names, outputs.features, strict=True):
        reference.close(f"{tower} training {name}", feature, files[f"train_{name}"], bar)
    for name, scores in zip(("cls_score", "cls_score_proj"), outputs.scores, strict=True):
        reference.close(f"{tower} training {name}", scores, files[f"train_{name}"], bar)
    state = model.state_dict()
    running = [key for key in files if key.startswith(RUNNING)]
    assert running
    for key in running:
        value = state[key.removeprefix(RUNNING)]
        reference.close(f"{tower} running statistics", value, files[key], reference.bar("running_stats", "rel_to_max"))


CASES = ("camera", "view", "camera_view")


def test_no_case_of_an_embedding_is_left_out(reference: Reference) -> None:
    ending = "_cv_embed"
    found = {key.removesuffix(ending) for key in reference.npz("vit.sie.npz") if key.endswith(ending)}
    assert found == set(CASES)


@pytest.mark.parametrize("case", CASES)
@torch.no_grad()
def test_camera_and_view_embeddings(reference: Reference, case: str) -> None:
    files, sie = reference.npz("vit.forward.npz"), reference.npz("vit.sie.npz")
    bar = reference.bar("features", "rel_to_max")
    switches: dict[str, Any] = {"camera_embedding": "camera" in case, "view_embedding": "view" in case}
    model = reference.model("vit", sie[f"{case}_cv_embed"], **switches)
    images = reference.pixels("vit", files["images_u8"])
    cams, views = torch.from_numpy(files["cams"]), torch.from_numpy(files["views"])
    count = len(sie[f"{case}_eval_img_feature_last"])
    some = (images[:count], cams[:count], views[:count])
    last = model.image_features(*some).intermediate
    reference.close(f"vit {case} intermediate", last, sie[f"{case}_eval_img_feature_last"], bar)
    reference.close(f"vit {case} before neck", model.embed(*some), sie[f"{case}_eval_test_feat_before"], bar)
    model.after_neck = True
    reference.close(f"vit {case} after neck", model.embed(*some), sie[f"{case}_eval_test_feat_after"], bar)
    outputs = model.train().training_outputs(images, cams, views)
    reference.close(f"vit {case} scores", outputs.scores[0], sie[f"{case}_train_cls_score"], bar)
    reference.close(f"vit {case} training", outputs.features[0], sie[f"{case}_train_img_feature_last"], bar)


@torch.no_grad()
def test_an_unknown_camera_adds_nothing(reference: Reference) -> None:
    files, sie = reference.npz("vit.forward.npz"), reference.npz("vit.sie.npz")
    model = reference.model("vit", sie["camera_cv_embed"], camera_embedding=True)
    images = reference.pixels("vit", files["images_u8"])[:2]
    plain = reference.model("vit").embed(images)
    torch.testing.assert_close(model.embed(images, torch.tensor([-1, -1])), plain)
    torch.testing.assert_close(model.embed(images), plain)
    assert not torch.allclose(model.embed(images, torch.tensor([0, -1]))[0], plain[0])
