"""sentence-transformers and FAISS behind FastAPI and uvicorn, requests embedded in batches.

``python -m systems.raw_server JOB`` answers GET /search?question=… with the ten nearest
passages as JSON, from the index that ``systems.raw`` built.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI

from measuring import TOP_K, Job
from systems.raw import Raw

MOST = 32  # requests in one batch

Waiting = tuple[str, asyncio.Future[list[dict[str, object]]]]


class BatchedSearch(Raw):
    """Dense search for several questions at once, as one batch."""

    def search_all(self, questions: Sequence[str]) -> list[list[dict[str, object]]]:
        """Return the ten nearest passages of each question with their scores."""
        scores, rows = self._index.search(self._model.encode(list(questions)), TOP_K)
        return [
            [
                {"id": self._rows[row][0], "text": self._rows[row][2], "score": score}
                for row, score in zip(found, near, strict=True)
            ]
            for found, near in zip(rows.tolist(), scores.tolist(), strict=True)
        ]


async def answer_in_batches(system: BatchedSearch, queue: asyncio.Queue[Waiting]) -> None:
    """Take whatever waits while the last batch was worked on as the next one."""
    while True:
        batch = [await queue.get()]
        while len(batch) < MOST and not queue.empty():
            batch.append(queue.get_nowait())
        found = await asyncio.to_thread(system.search_all, [question for question, _ in batch])
        for (_, future), hits in zip(batch, found, strict=True):
            future.set_result(hits)


def application(system: BatchedSearch) -> FastAPI:
    """Return the server's application."""
    queue: asyncio.Queue[Waiting] = asyncio.Queue()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        task = asyncio.create_task(answer_in_batches(system, queue))
        yield
        task.cancel()

    app = FastAPI(lifespan=lifespan)

    @app.get("/search")
    async def search(question: str) -> list[dict[str, object]]:
        future = asyncio.get_running_loop().create_future()
        await queue.put((question, future))
        return await future

    return app


if __name__ == "__main__":
    job = Job(**json.loads(sys.argv[1]))
    searcher = BatchedSearch(job)
    searcher.open()
    uvicorn.run(application(searcher), host="127.0.0.1", port=job.port, log_level="warning")
