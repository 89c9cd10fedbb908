"""Stands in for `pulumi-language-python` where the official bundle cannot be had.

The engine starts it, reads the port it prints, and asks it to run the program and whatever else is written in Python
(policy packs, provider plug-ins). Everything runs under the interpreter this file runs under.
"""

from __future__ import annotations

import json
import os
import runpy
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import grpc
from pulumi import log
from pulumi.automation._server import LanguageServer
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2

VERSION = "3.258.0"
# What a company's `__main__.py` imports of ours, wherever that is installed.
OURS = {"program", "components", "functions", "mac", "providers", "rollout"}


def required_plugins() -> Iterator[plugin_pb2.PluginDependency]:
    """What the installed SDKs say they need, from the `pulumi-plugin.json` each of them ships."""
    for distribution in distributions():
        name = distribution.metadata["Name"] or ""
        if not name.lower().replace("-", "_").startswith("pulumi_"):
            continue
        manifest = Path(str(distribution.locate_file(name.replace("-", "_")))) / "pulumi-plugin.json"
        if not manifest.is_file():
            continue
        plugin = json.loads(manifest.read_text())
        if plugin.get("resource"):
            version = "v" + str(plugin.get("version") or distribution.version).removeprefix("v")
            yield plugin_pb2.PluginDependency(
                name=plugin["name"], kind="resource", version=version, server=plugin.get("server", "")
            )


def forget_modules_under(folder: Path) -> None:
    """A preview and the update after it may share this process: the second run must not see the first one's modules."""
    installed = Path(sys.prefix)
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        theirs = file and folder in Path(file).parents and installed not in Path(file).parents
        if (theirs and name != __name__) or name.partition(".")[0] in OURS:
            del sys.modules[name]


def look_first_in(folders: list[str]) -> None:
    """As Python does with a program's own folder and PYTHONPATH: a process that waited for its work knows neither."""
    first = [folder for folder in dict.fromkeys(folders) if folder]
    sys.path[:] = [*first, *(folder for folder in sys.path if folder not in first)]


class Program:
    """The person's program, as the engine names it: a folder with a `__main__.py`, or the file itself."""

    def __init__(self, request: language_pb2.RunRequest) -> None:
        self.root = Path(request.info.root_directory)
        folder = Path(request.info.program_directory)
        entry = folder / (request.info.entry_point or ".")
        self.main = entry / "__main__.py" if entry.is_dir() else entry

    def __call__(self) -> None:
        os.chdir(self.root)
        sys.argv = [str(self.main)]
        look_first_in([str(self.main.parent), *os.environ.get("PYTHONPATH", "").split(os.pathsep)])
        forget_modules_under(self.main.parent)
        runpy.run_path(str(self.main), run_name="__main__")


class Host(LanguageServer, language_pb2_grpc.LanguageRuntimeServicer):
    """The engine's view of Python. Inherits `Run` from the SDK's automation server; the program is known only there."""

    def __init__(self, engine_address: str) -> None:
        super().__init__(lambda: None)
        self.engine_address = engine_address
        self.children: set[subprocess.Popen[bytes]] = set()

    def Handshake(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002
        self.engine_address = request.engine_address or self.engine_address
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002
        return plugin_pb2.PluginInfo(version=VERSION)

    def GetRequiredPackages(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002
        return language_pb2.GetRequiredPackagesResponse(
            packages=[
                plugin_pb2.PackageDependency(name=p.name, kind=p.kind, version=p.version, server=p.server)
                for p in required_plugins()
            ]
        )

    def GetProgramDependencies(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002
        return language_pb2.GetProgramDependenciesResponse(
            dependencies=[
                language_pb2.DependencyInfo(name=d.metadata["Name"], version=d.version) for d in distributions()
            ]
        )

    def InstallDependencies(self, request: Any, context: grpc.ServicerContext) -> Iterator[Any]:  # noqa: ARG002
        """The project's Makefile installs from hashed requirements; there is nothing to add."""
        yield from ()

    def RuntimeOptionsPrompts(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002
        return language_pb2.RuntimeOptionsResponse()

    def Run(self, request: Any, context: Any) -> Any:
        self.program = Program(request)
        if not request.args:
            request.args.append(self.engine_address)
        elif self.engine_address:
            request.args[0] = self.engine_address
        response = super().Run(request, context)
        if response.error:  # `Run` has logged it already
            return language_pb2.RunResponse(bail=True)
        return response

    def RunPlugin(self, request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
        folder = request.info.program_directory or request.program
        environment = dict(variable.split("=", 1) for variable in request.env) or dict(os.environ)
        if request.kind == "policy":
            command = [*policy_pack(environment), self.engine_address, folder]
        else:
            command = [sys.executable, "-u", folder, *request.args]
        child = subprocess.Popen(
            command, cwd=request.pwd or folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        self.children.add(child)
        context.add_callback(child.terminate)
        yield from relay(child)
        self.children.discard(child)
        yield language_pb2.RunPluginResponse(exitcode=child.wait())

    def Cancel(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002
        self.close()
        return language_pb2.google_dot_protobuf_dot_empty__pb2.Empty()

    def close(self) -> None:
        for child in list(self.children):
            child.terminate()


def policy_pack(environment: Mapping[str, str]) -> list[str]:
    """What runs a pack: by way of `launch.py`, as the engine starts this host and the plug-ins."""
    here = Path(__file__).resolve().parent
    launch = [sys.executable, "-I", "-S", str(here / "launch.py"), environment.get("SANDBOX_HOME", "/nowhere")]
    return [*launch, str(here.parent), sys.executable, "sandbox.policy_pack"]


def relay(child: subprocess.Popen[bytes]) -> Iterator[language_pb2.RunPluginResponse]:
    """A child's output as it comes. Its errors are read beside it, or a full pipe would stop the child."""
    errors: list[bytes] = []

    def read_errors() -> None:
        assert child.stderr is not None  # noqa: S101
        for line in child.stderr:
            errors.append(line)  # noqa: PERF402

    reader = threading.Thread(target=read_errors, daemon=True)
    reader.start()
    assert child.stdout is not None  # noqa: S101
    for line in child.stdout:
        yield language_pb2.RunPluginResponse(stdout=line)
    reader.join()
    if errors:
        yield language_pb2.RunPluginResponse(stderr=b"".join(errors))


def say_little() -> None:
    """What the SDK says of each step for `--debug` alone costs it a call of the engine that it waits for: half of all
    that a program does."""
    if not os.environ.get("SANDBOX_DEBUG"):
        log.debug = lambda *_, **__: None


def main() -> None:
    say_little()
    addresses = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    server = grpc.server(ThreadPoolExecutor(max_workers=16), options=[("grpc.max_receive_message_length", 400 << 20)])
    host = Host(addresses[0] if addresses else "")
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(host, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    parent = os.getppid()
    print(port, flush=True)
    while not stopped.wait(1.0) and os.getppid() == parent:
        pass  # an engine that was killed tells nobody
    host.close()
    server.stop(grace=0.2).wait()
    sys.stdout.flush()
    os._exit(0)  # worker threads of a program that was cut off must not keep the process


if __name__ == "__main__":
    main()
