"""A causal language model through transformers, streamed, stoppable, loaded when first used."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.errors import ModelError
from assistant.models.machine import physical_cores, quiet_libraries
from assistant.models.repetition import without_repetition
from assistant.models.streaming import Emit, stream_from_thread

log = logging.getLogger(__name__)

_LOOKUP_TOKENS = 5  # answers copy from the prompt: guessed ahead, twice as fast, same words
_POLL_S = 0.1
_MEMORY_REMEDY = "Close other programs, choose a smaller --model, or --model none."


@dataclass(frozen=True, slots=True)
class _Loaded:
    """A model in memory with its tokenizer."""

    tokenizer: Any
    model: Any


class CausalModel:
    """Writes with a model of this machine's own; satisfies ``ports.LanguageModel``.

    ``context_tokens`` is exact once the model is loaded, as after ``count_tokens``.
    """

    def __init__(
        self,
        name: str,
        locate: Callable[[], Path],
        *,
        device: str = "auto",
        dtype: str = "auto",
        context_tokens: int = 4096,
    ) -> None:
        self.name = name
        self.context_tokens = context_tokens
        self._locate = locate
        self._device = device
        self._dtype = dtype
        self._loaded: _Loaded | None = None
        self._loading = threading.Lock()
        self._writing = threading.Lock()  # two at once would both be slower

    def load(self) -> None:
        """Bring the model into memory, once; other threads wait.

        Raises ModelError when it cannot be found, prepared or loaded.
        """
        self._ready()

    def count_tokens(self, text: str) -> int:
        """Return the length of ``text`` in the model's own tokens."""
        return len(self._ready().tokenizer(text, add_special_tokens=False)["input_ids"])

    def write(
        self, system: str, user: str, *, max_tokens: int, stop: threading.Event
    ) -> Iterator[str]:
        """Yield the answer in pieces; end soon after ``stop`` is set or the iterator is closed.

        Raises ModelError when the prompt is too long or the model fails.
        """
        loaded = self._ready()
        prompt = _prompt(loaded.tokenizer, system, user)
        length = len(prompt["input_ids"][0])
        if length + max_tokens > self.context_tokens:
            raise ModelError(
                f"The prompt has {length} tokens; with an answer of {max_tokens} it does not fit "
                f"into the {self.context_tokens} of {self.name}.",
                remedy="Ask a shorter question, lower --top-k or --max-answer-tokens.",
            )

        def produce(emit: Emit, halt: threading.Event) -> None:
            while not self._writing.acquire(timeout=_POLL_S):
                if halt.is_set():
                    return
            try:
                with _errors():
                    _generate(loaded, prompt, max_tokens, emit, halt)
            finally:
                self._writing.release()

        # not a daemon: the interpreter must not end while torch is at work
        pieces = stream_from_thread(produce, stop, daemon=False)
        with closing(pieces):
            yield from without_repetition(pieces)

    def _ready(self) -> _Loaded:
        with self._loading:
            if self._loaded is None:
                folder = self._locate()
                started = time.monotonic()
                self._loaded = _load(folder, self._device, self._dtype)
                limit = getattr(self._loaded.model.config, "max_position_embeddings", None)
                self.context_tokens = min(self.context_tokens, limit or self.context_tokens)
                log.info("loaded %s in %.1f s", self.name, time.monotonic() - started)
            return self._loaded


def _generate(
    loaded: _Loaded,
    prompt: Any,  # noqa: ANN401
    max_tokens: int,
    emit: Emit,
    halt: threading.Event,
) -> None:
    """Write greedily, looking ahead in the prompt, until the end, the limit or ``halt``."""
    import torch
    from transformers import GenerationConfig, StoppingCriteriaList, TextStreamer

    class Streamer(TextStreamer):  # type: ignore[misc]
        def on_finalized_text(self, text: str, stream_end: bool = False) -> None:
            emit(text)

    def halted(ids: torch.Tensor, _: object, **__: object) -> torch.Tensor:
        return torch.full((len(ids),), halt.is_set(), device=ids.device)

    own = loaded.model.generation_config
    end = own.eos_token_id if own.eos_token_id is not None else loaded.tokenizer.eos_token_id
    padding = own.pad_token_id if own.pad_token_id is not None else end
    config = GenerationConfig(
        max_new_tokens=max_tokens,
        do_sample=False,
        prompt_lookup_num_tokens=_LOOKUP_TOKENS,
        eos_token_id=end,
        pad_token_id=padding[0] if isinstance(padding, list) else padding,
    )
    loaded.model.generate(
        **prompt.to(loaded.model.device),
        generation_config=config,
        stopping_criteria=StoppingCriteriaList([halted]),
        streamer=Streamer(loaded.tokenizer, skip_prompt=True, skip_special_tokens=True),
    )


def _prompt(tokenizer: Any, system: str, user: str) -> Any:  # noqa: ANN401
    """Return the token ids of the prompt, in the model's own form where it has one."""
    if not tokenizer.chat_template:
        return tokenizer(
            f"{system}\n\n{user}\n\n", return_tensors="pt", return_token_type_ids=False
        )
    from jinja2 import TemplateError

    messages = [{"role": "system", "content": system}, {"role": "user", "content": user}]
    form = {"tokenize": False, "add_generation_prompt": True, "enable_thinking": False}
    try:
        text = tokenizer.apply_chat_template(messages, **form)
    except TemplateError:  # some templates know no system role
        merged = [{"role": "user", "content": f"{system}\n\n{user}"}]
        text = tokenizer.apply_chat_template(merged, **form)
    return tokenizer(
        text, return_tensors="pt", add_special_tokens=False, return_token_type_ids=False
    )


def _load(folder: Path, device: str, dtype: str) -> _Loaded:
    """Load the model in ``folder``; ``device`` and ``dtype`` may be "auto"."""
    with quiet_libraries(), _errors():
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer

        torch.set_num_threads(physical_cores())
        place = _device(device)
        try:
            if not (folder / "config.json").exists():
                raise FileNotFoundError("no config.json")
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
            model = AutoModelForCausalLM.from_pretrained(
                folder,
                dtype=_dtype(dtype, place),
                local_files_only=True,
                use_safetensors=True,
            )
            return _Loaded(tokenizer, model.to(place).eval())
        except (OSError, ValueError, KeyError, TypeError, AttributeError, ImportError) as cause:
            raise ModelError(
                f"{folder} is not a causal language model that can be loaded: {_line(cause)}.",
                remedy="Give a folder with config.json, a tokenizer and safetensors weights.",
            ) from cause


def _device(wanted: str) -> str:
    import torch

    if wanted == "auto":
        if torch.cuda.is_available():
            return "cuda"
        return "mps" if torch.backends.mps.is_available() else "cpu"
    available = {
        "cpu": True,
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
    }
    if not available.get(wanted.partition(":")[0], False):
        raise ModelError(
            f"The device {wanted!r} is not available on this machine.", remedy="Use --device auto."
        )
    return wanted


def _dtype(wanted: str, device: str) -> Any:  # noqa: ANN401
    """Return the number format: the chosen one, else the smallest that is fast on ``device``."""
    import torch

    if wanted != "auto":
        return {
            "float32": torch.float32,
            "bfloat16": torch.bfloat16,
            "float16": torch.float16,
        }[wanted]
    if device == "cpu":
        fast = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
        return torch.bfloat16 if fast else torch.float32
    if device.startswith("cuda") and torch.cuda.is_bf16_supported():
        return torch.bfloat16
    return torch.float16


@contextmanager
def _errors() -> Iterator[None]:
    """Translate what torch and transformers say."""
    try:
        yield
    except ModelError:
        raise
    except Exception as failure:
        if isinstance(failure, MemoryError) or "out of memory" in str(failure).lower():
            raise ModelError(
                "The language model ran out of memory.", remedy=_MEMORY_REMEDY
            ) from failure
        raise ModelError(
            f"The language model failed: {type(failure).__name__}: {_line(failure)}.",
            remedy="Ask again, or choose another --model.",
        ) from failure


def _line(failure: Exception) -> str:
    """Return the first line of what an error says."""
    return str(failure).strip().partition("\n")[0].rstrip(" .:")
