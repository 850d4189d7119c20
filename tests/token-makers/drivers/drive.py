"""Reads claims, one line each, and writes a token or why there is none."""

import base64
import struct
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "examples" / "token-server" / "python"))

from access_token import make_token  # noqa: E402

for line in sys.stdin:
    fields = line.rstrip("\n").split(" ")
    app_id, app_key, room, user = (base64.b64decode(field).decode() for field in fields[:4])
    expires_at, privileges, issued_at, nonce = fields[4:]
    granted = dict(map(int, pair.split(":")) for pair in privileges.split(","))
    try:
        print(make_token(app_id, app_key, room, user, int(expires_at), granted, int(issued_at), int(nonce)))
    except (ValueError, struct.error) as error:
        print(f"refused: {error}")
