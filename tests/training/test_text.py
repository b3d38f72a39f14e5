from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch

from reseen.errors import InputError, UsageError
from reseen.training.models.cross_encoder import CrossEncoder, CrossEncoderSettings, masked_word_loss
from reseen.training.text import (
    MASK,
    NOT_ASKED,
    PAD,
    UNKNOWN,
    Vocabulary,
    describe,
    load_captions,
    mask_words,
)
from reseen.training.tokenizer import Tokenizer, find_vocabulary, placeholder_span, prompt_ids

RGB = {
    "red": (200, 20, 30),
    "blue": (30, 50, 200),
    "green": (20, 160, 40),
    "black": (15, 15, 18),
    "white": (245, 245, 240),
    "gray": (120, 122, 118),
    "yellow": (230, 210, 20),
    "brown": (110, 65, 25),
}


@pytest.mark.parametrize("upper", list(RGB))
@pytest.mark.parametrize("lower", ["black", "blue"])
def test_colours_are_named(upper: str, lower: str) -> None:
    crop = np.full((200, 100, 3), 128, np.uint8)
    crop[30:105, 20:80] = RGB[upper]
    crop[105:190, 25:75] = RGB[lower]
    assert describe(crop) == f"a person with a {upper} upper garment and {lower} trousers"


def test_bare_legs_and_patterns() -> None:
    crop = np.full((200, 100, 3), 128, np.uint8)
    stripes = [RGB["red"], RGB["white"], RGB["blue"]]
    for row in range(30, 105):
        crop[row, 20:80] = stripes[row // 4 % 3]
    crop[105:145, 25:75] = RGB["black"]
    crop[145:190, 25:75] = (205, 150, 120)
    sentence = describe(crop)
    assert "patterned" in sentence
    assert "black shorts or a skirt" in sentence
    assert describe(np.zeros((2, 1, 3), np.uint8)).startswith("a person")


def test_captions(tmp_path: Path) -> None:
    path = tmp_path / "captions.jsonl"
    path.write_text('{"file": "a.jpg", "caption": "a man"}\n\n{"file": "b.jpg", "caption": "a woman"}\n')
    assert load_captions(path) == {"a.jpg": "a man", "b.jpg": "a woman"}
    path.write_text('{"file": "a.jpg", "caption": "a man"}\n{"name": 1}\n')
    with pytest.raises(InputError, match=r"captions.jsonl:2: expected"):
        load_captions(path)
    with pytest.raises(InputError, match="cannot be read"):
        load_captions(tmp_path / "none.jsonl")


def test_vocabulary_and_hidden_words() -> None:
    words = Vocabulary.build(["red coat", "Red hat", "blue coat"], least=2)
    assert words.words[3:] == ("coat", "red")
    ids = words.encode(["a red coat", "coat"], 4)
    assert ids.tolist() == [[UNKNOWN, 4, 3, PAD], [3, PAD, PAD, PAD]]
    assert words.encode(["red red red red red"], 3).tolist() == [[4, 4, 4]]
    hidden, targets = mask_words(ids, 0.5, torch.Generator().manual_seed(1))
    for row in range(2):
        asked = targets[row] != NOT_ASKED
        assert asked.any()
        assert (hidden[row][asked] == MASK).all()
        assert torch.equal(hidden[row][~asked], ids[row][~asked])
        assert (targets[row][ids[row] == PAD] == NOT_ASKED).all()
    _, everything = mask_words(ids, 1.0)
    assert torch.equal(everything, torch.where(ids == PAD, NOT_ASKED, ids))


def test_cross_encoder_learns_a_word_from_the_picture() -> None:
    torch.manual_seed(0)
    torch.set_num_threads(1)
    head = CrossEncoder(8, 6, CrossEncoderSettings(width=16, layers=1, heads=2, max_words=3))
    pictures = torch.randn(2, 5, 8)
    words = torch.tensor([[3, MASK, PAD], [3, MASK, PAD]])
    targets = torch.tensor([[NOT_ASKED, 4, NOT_ASKED], [NOT_ASKED, 5, NOT_ASKED]])
    optimizer = torch.optim.Adam(head.parameters(), lr=0.01)
    for _ in range(60):
        optimizer.zero_grad()
        loss = masked_word_loss(head(pictures, words), targets)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    assert loss.item() < 0.05
    assert head(pictures, words)[:, 1].argmax(dim=-1).tolist() == [4, 5]
    assert head(pictures.flip(0), words)[:, 1].argmax(dim=-1).tolist() == [5, 4]
    whole = torch.tensor([[3, 4, PAD], [3, 5, PAD]])
    assert head.loss(pictures, whole, torch.Generator().manual_seed(0)).item() > 0.0
    assert masked_word_loss(head(pictures, words), torch.full((2, 3), NOT_ASKED)).item() == 0.0
    with pytest.raises(UsageError, match="do not divide"):
        CrossEncoder(8, 6, CrossEncoderSettings(width=15, heads=2))


def test_tokenizer_against_open_clip() -> None:
    vocabulary = find_vocabulary()
    if vocabulary is None:
        pytest.skip("open_clip is not installed")
    pytest.importorskip("ftfy")
    pytest.importorskip("regex")
    # Its tokeniser alone: the whole package needs a torchvision that fits torch.
    spec = importlib.util.spec_from_file_location("oracle", vocabulary.parent / "tokenizer.py")
    assert spec is not None
    assert spec.loader is not None
    oracle = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(oracle)
    tokenizer = Tokenizer.load()
    texts = [
        "A photo of a X X X X person.",
        "  two   spaces,\tA tab; 3rd of 2024!? it's they'll",
        "naïve “quotes” &amp;lt; ½ ² ① 漢字かな emoji 🙂 under_score a.b.c",
        "",
        "supercalifragilisticexpialidocious",
    ]
    expected = oracle.SimpleTokenizer()(texts)
    for text, row in zip(texts, expected.tolist(), strict=True):
        assert list(tokenizer.encode_padded(text)) == row, text


def test_prompts_that_cannot_be_used(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="placeholders"):
        placeholder_span([49406, 320, 49407])
    with pytest.raises(UsageError, match="placeholders"):
        placeholder_span([343, 320, 343])
    with pytest.raises(UsageError, match="12 tokens"):
        prompt_ids("A photo of a X X X X person.", 8)
    (tmp_path / "vocabulary.gz").write_bytes(b"no gzip")
    with pytest.raises(InputError, match="not a vocabulary"):
        Tokenizer.load(tmp_path / "vocabulary.gz")
