"""A server that is far away: every byte takes its time through a proxy."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

#: A round trip takes twice as long: a database in another region of the same continent.
ONE_WAY_S = 0.01


@contextmanager
def far(url: str) -> Iterator[str]:
    """The URL by which the server of a unix socket is reached over the proxy."""
    parts = urlsplit(url)
    socket = Path(parse_qs(parts.query)["host"][0]) / ".s.PGSQL.5432"
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(_listen(socket), loop).result()
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"postgresql://{parts.username}@127.0.0.1:{port}{parts.path}?sslmode=disable"
    finally:
        asyncio.run_coroutine_threadsafe(_end(server), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _listen(socket: Path) -> asyncio.Server:
    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, answers = await asyncio.open_unix_connection(socket)
        with suppress(asyncio.CancelledError):  # at the end
            await asyncio.gather(_carry(reader, answers), _carry(there, writer))

    return await asyncio.start_server(meet, "127.0.0.1", 0)


async def _end(server: asyncio.Server) -> None:
    server.close()
    rest = asyncio.all_tasks() - {asyncio.current_task()}
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """What comes goes on after a while, without holding up what comes behind it."""
    loop = asyncio.get_running_loop()
    while data := await reader.read(1 << 16):
        loop.call_later(ONE_WAY_S, writer.write, data)
    await asyncio.sleep(ONE_WAY_S)
    with suppress(OSError):
        writer.close()
