"""The least that a FastAPI route can be, to compare with: ``python -m interfaces.bench.bare`` gives each ``Claim/{id}``
the bytes that stood on its standard input."""

import asyncio
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
import uvloop
from fastapi import FastAPI
from starlette.responses import Response


def application(body: bytes) -> FastAPI:
    app = FastAPI(openapi_url=None)

    @app.get("/fhir/Claim/{id}")
    async def read(id: str) -> Response:  # noqa: ARG001 - all are the same
        return Response(body, media_type="application/fhir+json")

    return app


@contextmanager
def bare(body: bytes) -> Iterator[str]:
    """The FHIR base URL of one in a process of its own."""
    command = [sys.executable, "-m", "interfaces.bench.bare"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:  # noqa: S603 our own
        try:
            yield begun(process, body)
        finally:
            process.terminate()
            process.wait()


def begun(process: "subprocess.Popen[bytes]", body: bytes) -> str:
    assert process.stdin  # noqa: S101 - both are pipes
    assert process.stdout  # noqa: S101
    process.stdin.write(body)
    process.stdin.close()
    return process.stdout.readline().decode().strip()


def main() -> None:
    app = application(sys.stdin.buffer.read())
    listening = socket.create_server(("127.0.0.1", 0), backlog=1024)
    print(f"http://127.0.0.1:{listening.getsockname()[1]}/fhir", flush=True)  # noqa: T201
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off"))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(server.serve([listening]))


if __name__ == "__main__":
    main()
