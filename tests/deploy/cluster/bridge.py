"""bridge.py FROM TO: carries connections into the cluster's namespace, and out of it: unix:PATH or tcp:HOST:PORT."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await source.read(1 << 16):
            target.write(piece)
            await target.drain()
    with suppress(OSError, RuntimeError):
        target.write_eof()


def _connect(place: str) -> Awaitable[Streams]:
    kind, _, rest = place.partition(":")
    if kind == "unix":
        return asyncio.open_unix_connection(rest)
    host, _, port = rest.rpartition(":")
    return asyncio.open_connection(host, int(port))


def _serve(place: str, attend: Callable[..., Awaitable[None]]) -> Awaitable[asyncio.Server]:
    kind, _, rest = place.partition(":")
    if kind == "unix":
        return asyncio.start_unix_server(attend, rest)
    host, _, port = rest.rpartition(":")
    return asyncio.start_server(attend, host, int(port))


async def main(listen: str, to: str) -> None:
    async def attend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            there_reader, there_writer = await _connect(to)
            await asyncio.gather(_copy(reader, there_writer), _copy(there_reader, writer))
            there_writer.close()
        writer.close()

    server = await _serve(listen, attend)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
