"""A wire between a machine and servers, as a program of its own: stopped, it holds every packet and closes nothing.

`python -m benchmarks.cluster.network 6001:5432 6002:5433` carries what comes at each first port to the second one.
"""

import asyncio
import contextlib
import sys

_AT_ONCE = 65_536


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Carry what comes from one end to the other until it has no more."""
    with contextlib.suppress(OSError):
        while content := await reader.read(_AT_ONCE):
            writer.write(content)
            await writer.drain()
    writer.close()


async def _wire(port: int, target: int) -> None:
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            answers, asks = await asyncio.open_connection("127.0.0.1", target)
        except OSError:
            writer.close()
            return
        await asyncio.gather(_carry(reader, asks), _carry(answers, writer))

    server = await asyncio.start_server(connected, "127.0.0.1", port)
    await server.serve_forever()


async def main(pairs: list[str]) -> None:
    """Lay the wires, for good."""
    await asyncio.gather(*(_wire(*map(int, pair.split(":"))) for pair in pairs))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
