"""The plug-in's process: what the engine calls, each failure as one line, and warnings back to the engine."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import traceback
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import grpc
from pulumi.provider.experimental.server import ProviderServicer
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, provider_pb2_grpc

from providers.jamf.errors import JamfError
from providers.jamf.provider import JamfProvider

# As the engine's own.
OPTIONS = [("grpc.max_receive_message_length", 400 << 20), ("grpc.max_send_message_length", 400 << 20)]


class Servicer(ProviderServicer):
    """Pulumi's own turns an error into a traceback on the person's screen; what we refuse is said in a line."""

    async def CheckConfig(self, request: Any, context: Any) -> Any:
        return await _said(super().CheckConfig(request, context), context)

    async def Configure(self, request: Any, context: Any) -> Any:
        return await _said(super().Configure(request, context), context)

    async def Check(self, request: Any, context: Any) -> Any:
        return await _said(super().Check(request, context), context)

    async def Diff(self, request: Any, context: Any) -> Any:
        return await _said(super().Diff(request, context), context)

    async def Create(self, request: Any, context: Any) -> Any:
        return await _said(super().Create(request, context), context)

    async def Read(self, request: Any, context: Any) -> Any:
        return await _said(super().Read(request, context), context)

    async def Update(self, request: Any, context: Any) -> Any:
        return await _said(super().Update(request, context), context)

    async def Delete(self, request: Any, context: Any) -> Any:
        return await _said(super().Delete(request, context), context)


async def _said(answer: Awaitable[Any], context: Any) -> Any:
    try:
        return await answer
    except JamfError as error:
        told = str(error)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        told = f"Jamf Pro's answer has another form than is known here: {type(error).__name__}: {error} "
        told += f"({Path(place.filename).name}:{place.lineno})"
    await context.abort(grpc.StatusCode.UNKNOWN, told)
    return None


class Engine:
    """What can be told to the person at the engine."""

    def __init__(self, address: str) -> None:
        self._stub = engine_pb2_grpc.EngineStub(grpc.insecure_channel(address))

    def warn(self, urn: str, text: str) -> None:
        """It is no reason to fail that nobody hears of it."""
        try:
            self._stub.Log(engine_pb2.LogRequest(severity=engine_pb2.WARNING, message=text, urn=urn), timeout=10)
        except grpc.RpcError:
            print(text, file=sys.stderr, flush=True)


def main(args: list[str], version: str) -> None:
    """Serve until the engine ends this process, or has ended itself."""
    parser = argparse.ArgumentParser(description="Pulumi provider plug-in for Jamf Pro")
    parser.add_argument("engine", help="the engine's address")
    address: str = parser.parse_known_args(args)[0].engine
    asyncio.run(_serve(args, version, address))


async def _serve(args: list[str], version: str, address: str) -> None:
    server = grpc.aio.server(options=OPTIONS)
    servicer = Servicer(args, version, JamfProvider(Engine(address).warn), engine_address=address)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(port, flush=True)
    parent = os.getppid()
    while os.getppid() == parent and await server.wait_for_termination(timeout=1.0):  # true: it still runs
        pass  # an engine that was killed tells nobody
    await server.stop(grace=None)
