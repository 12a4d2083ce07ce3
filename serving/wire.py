"""What goes over the wire: JSON objects, one a line, between processes of one user on one machine.

JSON, since nothing but options and text is sent (songs and maps stay in files), since reading it runs nothing, and
since every language has it. Both sides prove that they know the session's secret without saying it: whoever takes the
port of a server that has gone learns nothing from those who still call there.

    server  {"challenge": A}
    client  {"proof": hmac(secret, "client" A), "challenge": B}
    server  {"proof": hmac(secret, "server" B)}
    client  {"do": "generate", "options": {...}}  or  {"do": "status"}  or  {"do": "stop"}
    server  {"progress": [stage, done, total]}, again and again, then {"status": 0, "said": "...", "error": ""}

A client that hangs up calls its request off.
"""

from __future__ import annotations

import hmac
import json
import secrets

MAX_LINE_BYTES = 1 << 20
SECRET_BYTES = 32

Message = dict[str, object]


class WireError(ValueError):
    """What the other side sent cannot be used; the message is one sentence."""


def to_line(message: Message) -> bytes:
    return json.dumps(message, separators=(",", ":")).encode("ascii") + b"\n"


def from_line(line: bytes) -> Message:
    """Raises WireError for what is no whole line with a JSON object."""
    if not line.endswith(b"\n"):
        raise WireError(f"A message must be one line of {MAX_LINE_BYTES} bytes at most.")
    try:
        message = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise WireError("A message must be a line of JSON.") from error
    if not isinstance(message, dict):
        raise WireError("A message must be a JSON object.")
    return message


def new_challenge() -> str:
    return secrets.token_hex(SECRET_BYTES)


def proof(secret: str, side: str, challenge: object) -> str:
    """That `side` ("client" or "server") knows the secret."""
    return hmac.new(secret.encode(), f"{side} {challenge}".encode(), "sha256").hexdigest()


def check_proof(secret: str, side: str, challenge: str, given: object) -> None:
    """Raises WireError where the other side does not know the secret."""
    if not hmac.compare_digest(proof(secret, side, challenge).encode(), str(given).encode()):
        raise WireError(f"The {side} does not know the secret of this session.")
