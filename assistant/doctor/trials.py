"""Really embed, rank, judge and write: what no look at files can tell."""

from __future__ import annotations

import threading
import time

from assistant.doctor.findings import Finding, failure, warning
from assistant.errors import WeightsMissingError
from assistant.settings import Settings

_RELATED = ("Who decides what is valuable to customers?", "Customers judge the value of a product.")
_RANKS_NOT = "Delete the folder of prepared models; it is made again at the next start."
_UNRELATED = "The glacier melted slowly in the spring."


def embedding(settings: Settings) -> Finding:
    """Really embed: unit length, and kin closer than strangers."""
    from assistant.models.wiring import open_embedder

    embedder = open_embedder(settings)
    question = embedder.embed_question(_RELATED[0])
    near, far = embedder.embed_passages([_RELATED[1], _UNRELATED]) @ question  # (2, d) @ (d,)
    norm = float((question @ question) ** 0.5)
    words = f"{embedder.fingerprint}: length {norm:.3f}, kin {near:.2f}, strangers {far:.2f}"
    if abs(norm - 1) > 1e-3 or near <= far:
        remedy = "Delete the folder of prepared models; it is made again at the next start."
        return failure(f"does not embed as it should. {words}", remedy)
    return Finding(words)


def judging(settings: Settings) -> Finding:
    """Really rank and judge: the kin answers best, and says what it says."""
    from assistant.models.wiring import open_trained

    trained = open_trained(settings)
    if trained.warning:
        return warning(trained.warning, "Get the files of assistant/models/adapters again.")
    words = []
    if trained.scorer:
        near, far = trained.scorer.score(_RELATED[0], [_RELATED[1], _UNRELATED]).tolist()
        words.append(f"{trained.scorer.fingerprint}: answers {near:.2f}, strangers {far:.2f}")
        if near <= far:
            return failure(f"does not rank as it should. {words[0]}", _RANKS_NOT)
    if trained.entailer:
        rows = trained.entailer.judge(_RELATED[1], [_RELATED[1], _UNRELATED])
        same, other = rows[:, 0].tolist()
        words.append(f"{trained.entailer.fingerprint}: supports {same:.2f}, strangers {other:.2f}")
        if same <= other:
            return failure(f"does not judge as it should. {words[-1]}", _RANKS_NOT)
    return Finding("; ".join(words) or "skipped: scorer and entailer are none")


def writing(settings: Settings) -> Finding:
    """Really write a few words."""
    if settings.model == "none":
        return Finding("skipped: the model is none, answers are quotations")
    from assistant.models.wiring import open_language_model

    try:
        model = open_language_model(settings)
    except WeightsMissingError as error:
        words = f"skipped: {error.args[0]} Answers are quotations only."
        return warning(words, error.remedy)
    if model is None:
        return Finding("skipped: there is no language model, answers are quotations")
    model.load()
    loaded = time.perf_counter()
    stop = threading.Event()
    said = "".join(model.write("Answer briefly.", "Say hello.", max_tokens=16, stop=stop)).strip()
    seconds = time.perf_counter() - loaded
    if not said:
        remedy = "Try another model with --model, or quotations only with --model none."
        return failure(f"{model.name} wrote nothing", remedy)
    return Finding(f"{model.name} wrote “{said[:60]}” in {seconds:.1f} s")
