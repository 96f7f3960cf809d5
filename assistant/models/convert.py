"""Turns the packaged GGUF file into a folder that loads in a second; preparing process only."""

from __future__ import annotations

import contextlib
import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.models.cache import Report

if TYPE_CHECKING:
    from assistant.models.prepare import Task

CONVERTER_VERSION = "1"  # raise it whenever the converted files change


def convert_language_model(task: Task, folder: Path, report: Report) -> None:
    """Write the model in the GGUF file ``task.source`` as bfloat16 safetensors with tokenizer."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    source = Path(task.source)
    report(f"unpacking {task.name}")
    with (
        open(os.devnull, "w", encoding="utf-8") as nowhere,  # noqa: PTH123
        contextlib.redirect_stderr(nowhere),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        tokenizer = AutoTokenizer.from_pretrained(source.parent, gguf_file=source.name)
        unpacked = AutoModelForCausalLM.from_pretrained(
            source.parent, gguf_file=source.name, dtype=torch.float32
        )
        report(f"saving {task.name}")
        # what was loaded from GGUF refuses to be saved; a twin without that history does not
        config = unpacked.config
        del config.quantization_config
        model = AutoModelForCausalLM.from_config(config)
        model.load_state_dict(unpacked.state_dict())
        model.generation_config = unpacked.generation_config
        model.to(torch.bfloat16).save_pretrained(folder)
        tokenizer.save_pretrained(folder)
