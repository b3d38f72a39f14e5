"""CLIP's byte-pair tokeniser, over a vocabulary file that is read, not shipped.

The file is ``bpe_simple_vocab_16e6.txt.gz``: CLIP publishes it, open_clip installs it. Ids of the sentences
that CLIP-ReID uses are known without it. Text is cleaned as CLIP does (entities, spaces, lower case), except
that wrongly decoded text is not repaired.
"""

from __future__ import annotations

import gzip
import html
import importlib.util
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from reseen.errors import InputError, UsageError

VOCABULARY_NAME = "bpe_simple_vocab_16e6.txt.gz"
MERGES = 49152 - 256 - 2
START, END = "<|startoftext|>", "<|endoftext|>"
WORD_END = "</w>"
CONTRACTIONS = ("'s", "'t", "'re", "'ve", "'m", "'ll", "'d")
CURLED_QUOTES = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"'})

START_ID, END_ID, PLACEHOLDER_ID = 49406, 49407, 343
KNOWN_PROMPTS = {
    "A photo of a X X X X person.": (320, 1125, 539, 320, 343, 343, 343, 343, 2533, 269),
    "A photo of a X X X X vehicle.": (320, 1125, 539, 320, 343, 343, 343, 343, 5299, 269),
}

_NO_PLACEHOLDERS = "model.clip.prompt: it needs one row of placeholders, such as 'X X X X'"


def prompt_ids(prompt: str, context_length: int, vocabulary: Path | None = None) -> tuple[int, ...]:
    """Gives the token ids of a prompt, padded with 0 to `context_length`.

    Raises:
        InputError: The prompt is not one of CLIP-ReID's and there is no vocabulary file.
        UsageError: It has more tokens than `context_length`.
    """
    known = KNOWN_PROMPTS.get(prompt)
    if known is None:
        if "X" not in prompt.split():  # said before the vocabulary is looked for
            raise UsageError(_NO_PLACEHOLDERS)
        return Tokenizer.load(vocabulary).encode_padded(prompt, context_length)
    return _padded((START_ID, *known, END_ID), context_length, prompt)


def placeholder_span(token_ids: Sequence[int]) -> tuple[int, int]:
    """Gives position and number of the placeholders ``X`` of a tokenised prompt.

    Raises:
        UsageError: There are none, or they are not in one row.
    """
    places = [index for index, token in enumerate(token_ids) if token == PLACEHOLDER_ID]
    if not places or places != list(range(places[0], places[-1] + 1)):
        raise UsageError(_NO_PLACEHOLDERS)
    return places[0], len(places)


def find_vocabulary() -> Path | None:
    """Finds the vocabulary file inside an installed open_clip, without importing it."""
    try:
        spec = importlib.util.find_spec("open_clip")
    except (ImportError, ValueError):
        return None
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder) / VOCABULARY_NAME
        if path.is_file():
            return path
    return None


class Tokenizer:
    """Byte-pair encoding by ranked merges.

    Args:
        merges: Pairs of pieces, the most frequent first; a piece that ends a word ends with ``</w>``.
    """

    def __init__(self, merges: Sequence[tuple[str, str]]) -> None:
        letters = _byte_letters()
        self._letters = letters
        # The order of the ids is by code point of the stand-in letters, printable bytes first.
        alphabet = sorted(letters.values(), key=lambda letter: (ord(letter) >= 256, ord(letter)))
        pieces = alphabet + [letter + WORD_END for letter in alphabet]
        pieces += ["".join(pair) for pair in merges] + [START, END]
        self._ids = {piece: index for index, piece in enumerate(pieces)}
        self._ranks = {pair: rank for rank, pair in enumerate(merges)}
        self._words: dict[str, tuple[int, ...]] = {}

    @classmethod
    def load(cls, path: Path | None = None) -> Tokenizer:
        """Reads a vocabulary file, by default open_clip's.

        Raises:
            InputError: There is none, or it is not one.
        """
        path = path or find_vocabulary()
        if path is None:
            raise InputError(
                f"CLIP's vocabulary {VOCABULARY_NAME} was not found: name the file, "
                "or pip install open_clip_torch, which brings it"
            )
        try:
            text = gzip.decompress(path.read_bytes()).decode("utf-8")
        except (OSError, EOFError, UnicodeDecodeError) as error:
            raise InputError(f"{path}: not a vocabulary of CLIP ({error})") from None
        pairs = [tuple(line.split()) for line in text.split("\n")[1 : MERGES + 1]]
        merges = [(pair[0], pair[1]) for pair in pairs if len(pair) == 2]
        if len(merges) != len(pairs):
            raise InputError(f"{path}: not a vocabulary of CLIP (a line without two pieces)")
        return cls(merges)

    def encode(self, text: str) -> tuple[int, ...]:
        """Gives the ids of a text, without start and end."""
        clean = html.unescape(html.unescape(unicodedata.normalize("NFC", text.translate(CURLED_QUOTES))))
        clean = " ".join(clean.split()).lower()
        ids: list[int] = []
        for word in _words(clean):
            if word not in self._words:
                self._words[word] = self._encode_word(word)
            ids.extend(self._words[word])
        return tuple(ids)

    def encode_padded(self, text: str, context_length: int = 77) -> tuple[int, ...]:
        """Gives start, ids and end, padded with 0 to `context_length`.

        Raises:
            UsageError: The text is too long.
        """
        return _padded((self._ids[START], *self.encode(text), self._ids[END]), context_length, text)

    def _encode_word(self, word: str) -> tuple[int, ...]:
        pieces = [self._letters[byte] for byte in word.encode("utf-8")]
        pieces[-1] += WORD_END
        unranked = len(self._ranks)
        while len(pieces) > 1:
            best = min(pairwise(pieces), key=lambda pair: self._ranks.get(pair, unranked))
            if best not in self._ranks:
                break
            pieces = _merge(pieces, best)
        return tuple(self._ids[piece] for piece in pieces)


def _padded(ids: tuple[int, ...], context_length: int, text: str) -> tuple[int, ...]:
    if len(ids) > context_length:
        raise UsageError(f"'{text[:40]}' has {len(ids)} tokens; the text tower takes {context_length}")
    return ids + (0,) * (context_length - len(ids))


def _merge(pieces: list[str], pair: tuple[str, str]) -> list[str]:
    merged: list[str] = []
    index = 0
    while index < len(pieces):
        if tuple(pieces[index : index + 2]) == pair:
            merged.append("".join(pair))
            index += 2
        else:
            merged.append(pieces[index])
            index += 1
    return merged


def _byte_letters() -> dict[int, str]:
    """Gives every byte a visible letter: itself where it is visible, else one from 256 on."""
    visible = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAC + 1), *range(0xAE, 0xFF + 1)]
    letters = {byte: chr(byte) for byte in visible}
    hidden = (byte for byte in range(256) if byte not in letters)
    letters.update({byte: chr(256 + index) for index, byte in enumerate(hidden)})
    return letters


def _words(text: str) -> Iterator[str]:
    """Splits into contractions, runs of letters, single digits and runs of anything else but spaces."""
    index = 0
    while index < len(text):
        special = next((word for word in (START, END, *CONTRACTIONS) if text.startswith(word, index)), None)
        if special:
            index += len(special)
            yield special
            continue
        kind = _kind(text[index])
        end = index + 1
        if kind in "Lo":
            while end < len(text) and _kind(text[end]) == kind:
                end += 1
        if kind != " ":
            yield text[index:end]
        index = end


def _kind(letter: str) -> str:
    if letter.isspace():
        return " "
    category = unicodedata.category(letter)[0]
    return category if category in "LN" else "o"
