"""onnxruntime sessions: a graph is optimised once, when prepared, and mapped at every start."""

from __future__ import annotations

from pathlib import Path

import onnxruntime

_PROVIDERS = ["CPUExecutionProvider"]


def save_optimised(graph: Path, target: Path) -> None:
    """Write ``graph`` as onnxruntime would run it to ``target``, a file that ends in .ort.

    The vectors stay the same to the last bit. Only what holds on every machine is done ahead:
    the folder of prepared models may be shared.
    """
    options = _options()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(target)
    options.add_session_config_entry("session.save_model_format", "ORT")
    onnxruntime.InferenceSession(str(graph), options, providers=_PROVIDERS)


def open_session(path: Path) -> onnxruntime.InferenceSession:
    """Return a session for one core; several texts run side by side on several cores."""
    options = _options()
    if path.suffix == ".ort":
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        # The weights are used where they lie in the file, not copied: a third of the time.
        # An onnxruntime that does not know these words (before 1.26) reads the file instead.
        options.add_session_config_entry("session.use_memory_mapped_ort_model", "1")
        options.add_session_config_entry("session.use_ort_model_bytes_for_initializers", "1")
    return onnxruntime.InferenceSession(str(path), options, providers=_PROVIDERS)


def _options() -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # a text on each core beats all cores on one text
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return options
