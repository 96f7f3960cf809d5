"""What all exports to ONNX share: quietness, and int8 weights that every machine reads alike."""

from __future__ import annotations

import contextlib
import logging
import os
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path


def quantise(source: Path, target: Path, *, kept: Sequence[str] = ()) -> None:
    """Write the graph with int8 weights, but for the nodes named in ``kept``."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(
        source,
        target,
        weight_type=QuantType.QInt8,
        per_channel=True,
        # 7 bits: without VNNI, 8-bit products overflow; and so all machines agree
        reduce_range=True,
        nodes_to_exclude=list(kept),
    )


@contextlib.contextmanager
def quiet_export() -> Iterator[None]:
    """Keep the exporter's chatter off the terminal and its warnings from being errors."""
    loggers = [logging.getLogger(name) for name in ("", "torch.onnx", "onnxscript", "onnx_ir")]
    levels = [logger.level for logger in loggers]
    with (
        open(os.devnull, "w", encoding="utf-8") as nowhere,  # noqa: PTH123
        contextlib.redirect_stdout(nowhere),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)
