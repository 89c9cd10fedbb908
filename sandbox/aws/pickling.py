"""How moto's objects are written down and read back: what may be copied, what is named, what is made anew."""

from __future__ import annotations

import io
import marshal
import pickle
import threading
import time
import weakref
from collections import defaultdict
from collections.abc import Callable
from types import FunctionType
from typing import Any

from cryptography.hazmat.primitives import serialization
from moto import backends
from moto.core.base_backend import AccountSpecificBackend, BackendDict, BaseBackend
from moto.iam.models import AWSManagedPolicy

# (account, region) -> the attributes of that backend.
State = dict[tuple[str, str], dict[str, Any]]

_TORN_RETRIES = 20
# Modules of ours that older snapshots name -> where they are.
MOVED = {
    **{f"sandbox.aws.{name}": f"sandbox.aws.account.{name}" for name in ("budgets", "data_exports", "service_quotas")},
    **{f"sandbox.aws.{name}": f"sandbox.aws.messages.{name}" for name in ("chatbot", "ses", "sns")},
    **{f"sandbox.aws.{name}": f"sandbox.aws.keys.{name}" for name in ("kms", "secrets")},
    "sandbox.aws.bedrock": "sandbox.aws.models.profiles",
}


def package(backend: type) -> str:
    """`moto.<package>.models` is where a backend's class lives; snapshots are named by it."""
    return backend.__module__.split(".")[1]


def _function(module: str, code: bytes, name: str, defaults: tuple[Any, ...] | None) -> FunctionType:
    namespace = vars(__import__(MOVED.get(module, module), fromlist=["_"]))
    return FunctionType(marshal.loads(code), namespace, name, defaults)  # noqa: S302 - our own snapshot


def _weak_values(items: dict[Any, Any]) -> weakref.WeakValueDictionary[Any, Any]:
    return weakref.WeakValueDictionary(items)


def _bare(kind: type[defaultdict[Any, Any]], factory: Callable[[], Any] | None) -> defaultdict[Any, Any]:
    found = kind.__new__(kind)
    defaultdict.__init__(found, factory)
    return found


def _private_key(der: bytes) -> Any:
    return serialization.load_der_private_key(der, password=None)


def _written_key(key: Any) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    form = (serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return _private_key, (key.private_bytes(*form),)


# Type -> (what rebuilds it, with which arguments).
REDUCERS: dict[type, Callable[[Any], tuple[Callable[..., Any], tuple[Any, ...]]]] = {
    type(threading.Lock()): lambda _: (threading.Lock, ()),
    type(threading.RLock()): lambda _: (threading.RLock, ()),
    threading.Condition: lambda _: (threading.Condition, ()),
    threading.Event: lambda _: (threading.Event, ()),
    weakref.WeakValueDictionary: lambda found: (_weak_values, (dict(found),)),
}


class _Pickler(pickle.Pickler):
    """Backends, wherever they are referred to, are named and not copied."""

    def persistent_id(self, obj: Any) -> Any:
        if isinstance(obj, BaseBackend):
            return ("backend", package(type(obj)), obj.account_id, obj.region_name)
        if isinstance(obj, BackendDict):
            return ("service", package(obj.backend))
        if isinstance(obj, AccountSpecificBackend):
            return ("account", package(obj.backend), obj.account_id)
        if isinstance(obj, AWSManagedPolicy):  # rebuilt on start, but for what counts our attachments
            return ("policy", obj.account_id, obj.partition, obj.arn, obj.attachment_count)
        return None

    def reducer_override(self, obj: Any) -> Any:
        reducer = REDUCERS.get(type(obj))
        if reducer is not None:
            return reducer(obj)
        if isinstance(obj, FunctionType) and "<" in obj.__qualname__ and not obj.__closure__:
            return _function, (obj.__module__, marshal.dumps(obj.__code__), obj.__name__, obj.__defaults__)
        if isinstance(obj, defaultdict) and type(obj) is not defaultdict:  # its own __init__ wants other arguments
            return _bare, (type(obj), obj.default_factory), vars(obj), None, iter(obj.items())
        if hasattr(obj, "private_bytes"):
            return _written_key(obj)
        return NotImplemented


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        return super().find_class(MOVED.get(module, module), name)

    def persistent_load(self, pid: Any) -> Any:
        match pid:
            case ("backend", service, account, region):
                return backends.get_backend(service)[account][region]
            case ("service", service):
                return backends.get_backend(service)
            case ("account", service, account):
                return backends.get_backend(service)[account]
            case ("policy", account, partition, arn, count):
                policy = backends.get_backend("iam")[account][partition].managed_policies[arn]
                policy.attachment_count = count
                return policy
            case _:
                raise pickle.UnpicklingError(f"unknown reference {pid}")


def _state(backend: BaseBackend) -> dict[str, Any]:
    """What a new backend would not have by itself."""
    state = dict(vars(backend))
    if state.pop("aws_managed_policies", None) is not None:
        policies = state["managed_policies"].items()
        state["managed_policies"] = {
            arn: policy for arn, policy in policies if not isinstance(policy, AWSManagedPolicy)
        }
    return state


def dumped(service: BackendDict[Any]) -> bytes:
    """The service's state. Another request may change it meanwhile, which pickle notices: then it is read again."""
    for _ in range(_TORN_RETRIES):
        buffer = io.BytesIO()
        try:
            state: State = {
                (account, region): _state(one)
                for account, regions in list(service.items())
                for region, one in list(regions.items())
            }
            _Pickler(buffer, protocol=pickle.HIGHEST_PROTOCOL).dump(state)
        except RuntimeError:
            time.sleep(0.001)
            continue
        return buffer.getvalue()
    raise RuntimeError("changes too fast to be read")


def load(service: BackendDict[Any], body: bytes) -> None:
    """Puts a dumped state into `service`, in place: others may already refer to its backends."""
    state: State = _Unpickler(io.BytesIO(body)).load()
    for (account, region), values in state.items():
        attributes = vars(service[account][region])
        policies = dict(attributes.get("managed_policies", {})) if "aws_managed_policies" in attributes else None
        attributes.update(values)
        if policies is not None:
            attributes["managed_policies"] = policies | values["managed_policies"]
