"""What a measured process says and costs, and how a server is asked."""

import asyncio
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

_USES = """
import json, os
full = bytearray(80_000_000)
full[::4096] = b"x" * len(full[::4096])
print("a library that prints")
print(json.dumps({"figures": {"cores": len(os.sched_getaffinity(0))}, "versions": {}}))
"""


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="cores cannot be chosen here")
def test_a_pinned_process_has_one_core_and_its_memory_is_counted():
    from processes import measured

    before = os.sched_getaffinity(0)
    record = measured([sys.executable, "-c", _USES], os.environ, pinned=True)
    assert os.sched_getaffinity(0) == before
    assert record["figures"] == {"cores": 1}
    assert record["process"]["peak_mb"] > 80
    assert record["process"]["cpu_s"] > 0


def test_a_process_that_fails_is_told_with_its_last_words():
    from processes import MeasurementError, measured

    with pytest.raises(MeasurementError, match=r"ended with 3: .*no index here"):
        command = "import sys; print('no index here', file=sys.stderr); sys.exit(3)"
        measured([sys.executable, "-c", command], os.environ, pinned=False)


def test_each_question_is_asked_once_and_every_answer_counted():
    from serving import Load, _ask

    asked = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"  # connections are kept

        def do_GET(self):
            asked.append(self.path)
            time.sleep(0.005)
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"[]")

        def log_message(self, *words):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        load = Load((), server.server_port, "/search?question=", "", (3,), 0.3)
        figures = asyncio.run(_ask(load, iter(map(str, range(10_000))), 3, 0.3))
        server.shutdown()
    assert len(asked) == len(set(asked)) > 3
    assert figures["per_second"] == pytest.approx(len(asked) / 0.3, rel=0.4)
    assert 5 <= figures["p50_ms"] <= figures["p95_ms"]
