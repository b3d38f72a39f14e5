from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from reseen.training.stages import class_text_features
from reseen.training.tokenizer import Tokenizer, find_vocabulary, placeholder_span, prompt_ids

if TYPE_CHECKING:
    from conftest import Reference


@torch.no_grad()
def test_prompts_are_exact(reference: Reference, tower: str) -> None:
    files = reference.npz(f"{tower}.prompt.npz")
    learner = reference.model(tower).prompt_learner
    prompts = learner(torch.from_numpy(files["labels"])).numpy()
    assert prompts.shape == tuple(files["prompts_shape"])
    first = files["prompts_first12"]
    reference.check(
        "prompts",
        float(np.abs(prompts[:, : first.shape[1]] - first).max()),
        reference.bar("prompts", "max_abs"),
    )
    rows = dict(zip(files["token_ids"].tolist(), files["token_embedding_rows"], strict=True))
    assert bool(files["prompts_tail_is_token0_row"])
    assert (prompts[:, first.shape[1] :] == rows[0]).all()
    assert learner.end == int(files["eot_position"])
    places = files["ctx_positions"].tolist()
    assert placeholder_span(files["tokenized_prompts"][0].tolist()) == (places[0], len(places))


def test_fixed_words_come_from_the_token_table(reference: Reference, tower: str) -> None:
    files = reference.npz(f"{tower}.prompt.npz")
    model = reference.model(tower)
    wanted = {k: v.clone() for k, v in model.prompt_learner.state_dict().items()}
    table = torch.zeros(reference.sizes(tower)["vocab_size"], files["token_embedding_rows"].shape[1])
    table[torch.from_numpy(files["token_ids"])] = torch.from_numpy(files["token_embedding_rows"])
    model.prompt_learner.token_prefix.zero_()
    model.prompt_learner.token_suffix.zero_()
    model.prompt_learner.fill_from_table(table)
    for key, value in model.prompt_learner.state_dict().items():
        assert torch.equal(value, wanted[key]), key


@torch.no_grad()
def test_text_features(reference: Reference, tower: str) -> None:
    files = reference.npz(f"{tower}.prompt.npz")
    bar = reference.bar("features", "rel_to_max")
    model = reference.model(tower)
    some = model.text_features(torch.from_numpy(files["labels"]))
    reference.close(f"{tower} text features", some, files["text_features"], bar)
    reference.close(f"{tower} all text features", class_text_features(model, 4), files["all_text_features"], bar)


def test_ids_of_the_prompts_need_no_vocabulary(reference: Reference, tower: str) -> None:
    files, sizes = reference.npz(f"{tower}.prompt.npz"), reference.sizes(tower)
    length = sizes["context_length"]
    assert prompt_ids(sizes["prompt"], length) == tuple(files["tokenized_prompts"][0])
    vehicle = sizes["prompt"].replace("person", "vehicle")
    assert prompt_ids(vehicle, length) == tuple(files["tokenized_prompts_vehicle"][0])


def test_tokens(reference: Reference) -> None:
    if find_vocabulary() is None:
        pytest.skip("open_clip, which brings CLIP's vocabulary, is not installed")
    tokens = reference.json("tokens.json")
    tokenizer = Tokenizer.load()
    for text, ids in zip(tokens["texts"], tokens["tokens"], strict=True):
        assert list(tokenizer.encode_padded(text, len(ids))) == ids
