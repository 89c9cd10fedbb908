"""The Macs of the organization's people: one each, but for one person with two and one with none."""

from __future__ import annotations

import hashlib
import time
import uuid
from datetime import UTC, datetime

from sandbox.jamf.store import Database, Json, Kind
from sandbox.okta.directory import people

# Neither is in the pilot: where everybody must have one Mac, these two are what a rollout meets later.
TWO_MACS = "owen.murphy@acme.example"
NO_MAC = "priya.raman@acme.example"

MAC_NAMESPACE = uuid.UUID("6f1d4c1e-6a0b-4f0e-9b57-0d4a2f0f6c11")
LETTERS = "CDFGHJKLMNPQRTVWXY0123456789"


def seed(database: Database) -> None:
    """Adds the Macs to a state that has none."""
    if not database.things(Kind.COMPUTER):
        for person in people():
            count = 2 if person["email"] == TWO_MACS else 0 if person["email"] == NO_MAC else 1
            for number in range(1, count + 1):
                database.add(Kind.COMPUTER, mac(person, number), state="online")


def mac(person: dict[str, str], number: int) -> Json:
    """The same person's Mac has the same serial number, UDID and management id in every sandbox."""
    email = person["email"]
    key = f"{email}/{number}"
    login = email.partition("@")[0]
    return {
        "serial": serial(key),
        "udid": str(uuid.uuid5(MAC_NAMESPACE, f"udid/{key}")).upper(),
        "managementId": str(uuid.uuid5(MAC_NAMESPACE, f"management/{key}")),
        "name": f"{login.replace('.', '-')}-mac{'' if number == 1 else f'-{number}'}",
        "email": email,
        "username": login,
        "realname": person["name"],
        "position": person["role"],
        "department": person["team"],
        "managed": True,
        "answers": "ACKNOWLEDGED",
        "deployed": {},  # profile id -> identifier: what Jamf has told it to have
        "installed": {},  # identifier -> the profile as it is on the Mac
        "reported": {},  # what of that its last inventory said
        "reportDate": moment(time.time()),
        "report_due": None,
        "check_in": None,
    }


def serial(key: str) -> str:
    """As Apple shapes them: ten letters and digits, no vowels."""
    number = int.from_bytes(hashlib.sha256(key.encode()).digest())
    text = ""
    for _ in range(8):
        number, digit = divmod(number, len(LETTERS))
        text += LETTERS[digit]
    return f"C0{text}"


def moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
