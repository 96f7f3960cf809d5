"""Starting the web chat: environment, port, server, and the one line that says where it is."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable

from assistant.errors import PortInUseError
from assistant.settings import Settings

_PORTS_TO_TRY = 21
_LOCAL_MODELS = ("embedded", "embedded-fp32", "none")


def launch(settings: Settings, *, port_required: bool = False) -> None:
    """Serve the web chat until it is interrupted.

    Takes one of the next ports when the port is in use and not ``port_required``. Raises
    PortInUseError when it cannot listen.
    """
    listener = listening_socket(settings.host, settings.port, only_this=port_required)
    port: int = listener.getsockname()[1]
    if settings.port not in (0, port):
        _say(f"Port {settings.port} is in use; taking {port}.")
    keep_to_this_machine(settings)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as in cli: the cores search
    _serve(settings, listener, url_of(settings.host, port))


def keep_to_this_machine(settings: Settings) -> None:
    """Switch off, before they are imported, what Gradio and the hub would send or ask."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["GRADIO_MCP_SERVER"] = "False"
    os.environ["GRADIO_SHARE"] = "False"
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    os.environ["DO_NOT_TRACK"] = "1"
    own = (settings.model, settings.embedder, settings.scorer, settings.entailer)
    if all(name in _LOCAL_MODELS or name.startswith(("http://", "https://")) for name in own):
        os.environ["HF_HUB_OFFLINE"] = "1"


def listening_socket(host: str, port: int, *, only_this: bool) -> socket.socket:
    """Return a socket bound to the port, or to one of the next twenty; see ``launch``."""
    ports = [port] if only_this or port == 0 else range(port, min(port + _PORTS_TO_TRY, 65536))
    cause: OSError | None = None
    for candidate in ports:
        try:
            return _bound(host, candidate)
        except OSError as error:
            cause = error
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                break
    raise PortInUseError(_why(host, port, cause), remedy=_what_then(cause)) from cause


def _bound(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listener = socket.socket(family, kind, protocol)
    if sys.platform != "win32":  # there it would let two servers share a port
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener


def _why(host: str, port: int, cause: OSError | None) -> str:
    if cause is not None and cause.errno == errno.EADDRINUSE:
        return f"Port {port} is in use by another program."
    return f"Cannot listen on {host}, port {port}: {cause}."


def _what_then(cause: OSError | None) -> str:
    if cause is not None and cause.errno in (errno.EADDRINUSE, errno.EACCES):
        return "Give another one, for instance: --port 7900."
    return "Give an address of this machine, for instance: --host 127.0.0.1."


def url_of(host: str, port: int) -> str:
    """Return the address to open in a browser."""
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)
    return (
        f"http://[{shown}]:{port}"
        if ":" in shown and "[" not in shown
        else f"http://{shown}:{port}"
    )


def _serve(settings: Settings, listener: socket.socket, url: str) -> None:
    import uvicorn

    from assistant.web.backstage import Backstage
    from assistant.web.page import mount_page
    from assistant.web.routes import build_routes

    backstage = Backstage(settings)
    app = build_routes(backstage)
    mount_page(app, backstage)

    def ready() -> None:
        _say(f"Open {url}")
        backstage.start()
        if settings.open_browser:
            threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                ready()

    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=2, lifespan="on")
    # Open pages hold a connection; that they are cut off at the end is no error.
    logging.getLogger("uvicorn.error").addFilter(lambda r: "graceful" not in str(r.msg))
    with contextlib.suppress(KeyboardInterrupt):
        Server(config).run(sockets=[listener])


def _say(line: str, write: Callable[[str], object] | None = None) -> None:
    (write or sys.stdout.write)(line + "\n")
    sys.stdout.flush()
