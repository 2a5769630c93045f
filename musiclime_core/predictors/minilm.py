"""all-MiniLM-L6-v2: texts to sentence embeddings, from the weights its package carries."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
import torch
from numpy.typing import NDArray

from musiclime_core.predictors.recent import Recent
from musiclime_core.weights import WEIGHTS, verified

__all__ = ["WIDTH", "MiniLmEncoder"]

WIDTH = 384
MAX_TOKENS = 254  # a part; with its two marks what the model was trained to read
MAX_PARTS = 16  # about 3,000 words, enough for any song
BATCH = 8
WIDTH_STEP = 32
REMEMBERED_TEXTS = 65_536


class MiniLmEncoder:
    """Sentence embeddings of length 1.

    A long text is embedded in parts of 254 tokens, weighted by their length. A text
    without words is all zeros. Texts already read are remembered.

    References
    ----------
    Wang et al.: MiniLM, NeurIPS 2020, arXiv 2002.10957. Reimers, Gurevych:
    Sentence-BERT, EMNLP 2019, arXiv 1908.10084.

    Examples
    --------
    >>> rain, drizzle, taxes = MiniLmEncoder().embed(["rain", "drizzle", "tax return"])
    >>> bool(rain @ drizzle > rain @ taxes)
    True
    """

    words_read = int(MAX_TOKENS * MAX_PARTS * 0.7)

    def __init__(self) -> None:
        from transformers import AutoModel, AutoTokenizer
        from transformers.utils import logging

        logging.disable_progress_bar()
        folder = verified("minilm").parent
        self._tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        self._tokenizer.model_max_length = MAX_TOKENS * MAX_PARTS
        self._model = AutoModel.from_pretrained(folder, local_files_only=True).eval()
        self.version = WEIGHTS["minilm"].sha256[:8] + "-1"
        self._read: Recent[NDArray[np.float32]] = Recent(REMEMBERED_TEXTS)

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed `texts`.

        Parameters
        ----------
        texts : sequence of str

        Returns
        -------
        ndarray of float32, shape (n_texts, 384)
            Rows of length 1; zeros where there is no word.
        """
        keys = [blake2b(text.encode("utf-8", "replace"), digest_size=16).digest() for text in texts]
        fresh = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._read}
        found = {key: self._read[key] for key in keys if key not in fresh}
        rows = self._embed(list(fresh.values()))
        for key, row in zip(fresh, rows, strict=True):
            self._read[key] = found[key] = row
        return np.stack([found[key] for key in keys]) if keys else np.zeros((0, WIDTH), np.float32)

    def _embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embeddings of texts, each cut into parts the model can read."""
        parts: list[list[int]] = []
        owners: list[int] = []
        for i, text in enumerate(texts):
            tokens = self._tokens(text)
            for start in range(0, len(tokens), MAX_TOKENS):
                parts.append(tokens[start : start + MAX_TOKENS])
                owners.append(i)
        sums = np.zeros((len(texts), WIDTH), np.float64)
        by_width: dict[int, list[int]] = {}
        for i, part in enumerate(parts):
            by_width.setdefault(-(-(len(part) + 2) // WIDTH_STEP) * WIDTH_STEP, []).append(i)
        for width, members in by_width.items():
            for start in range(0, len(members), BATCH):
                batch = members[start : start + BATCH]
                vectors = self._forward([parts[i] for i in batch], width)
                for i, vector in zip(batch, vectors, strict=False):
                    sums[owners[i]] += len(parts[i]) * vector
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        unit: NDArray[np.float32] = (sums / np.where(lengths > 0, lengths, 1)).astype(np.float32)
        return unit

    def _tokens(self, text: str) -> list[int]:
        if not any(character.isalnum() for character in text):
            return []
        tokens: list[int] = self._tokenizer(
            text.encode("utf-8", "replace").decode(),
            add_special_tokens=False,
            truncation=True,
            max_length=MAX_TOKENS * MAX_PARTS,
        )["input_ids"]
        return tokens

    @torch.inference_mode()
    def _forward(self, parts: Sequence[Sequence[int]], width: int) -> NDArray[np.float32]:
        """Mean-pooled vectors of length 1, float32 (8, 384), of up to 8 token lists.

        The shape depends on a text alone, never on its neighbours, so that its
        embedding does not either.
        """
        first, last = self._tokenizer.cls_token_id, self._tokenizer.sep_token_id
        tokens = torch.full((BATCH, width), self._tokenizer.pad_token_id)
        attended = torch.zeros((BATCH, width), dtype=torch.long)
        attended[:, 0] = 1  # rows that hold no text attend to something
        for row, part in enumerate(parts):
            tokens[row, : len(part) + 2] = torch.tensor([first, *part, last])
            attended[row, : len(part) + 2] = 1
        states = self._model(input_ids=tokens, attention_mask=attended).last_hidden_state
        mask = attended[..., None].float()
        pooled = (states * mask).sum(dim=1) / mask.sum(dim=1)
        vectors: NDArray[np.float32] = torch.nn.functional.normalize(pooled, dim=1).numpy()
        return vectors
