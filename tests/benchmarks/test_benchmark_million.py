"""The made vectors are unit vectors behind the real ones, and the truth is the truth."""

import numpy as np


def unit(random, count, dimension=16):
    vectors = random.normal(size=(count, dimension)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_exact_search_over_chunks_equals_sorting_everything(monkeypatch):
    import million

    monkeypatch.setattr(million, "_CHUNK", 37)
    random = np.random.default_rng(1)
    vectors, queries = unit(random, 200), unit(random, 5)
    expected = np.argsort(-(queries @ vectors.T), axis=1)[:, :10]
    np.testing.assert_array_equal(million.exact(vectors, queries), expected)


def test_enlarged_vectors_begin_with_the_real_ones_and_have_length_one(tmp_path):
    import million

    real = unit(np.random.default_rng(2), 900)
    target = tmp_path / "grown.npy"
    figures = million.enlarge(real, 2_000, target)
    grown = np.load(target)
    assert grown.shape == (2_000, 16)
    np.testing.assert_array_equal(grown[:900], real)
    np.testing.assert_allclose(np.linalg.norm(grown, axis=1), 1.0, atol=1e-5)
    assert figures["real"] == 900
    assert 0 < figures["nearest_cosine_made"] < 1
