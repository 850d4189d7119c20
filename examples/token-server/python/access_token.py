"""AccessToken 001: the token with which a user joins a room. Times are Unix seconds."""

import base64
import hashlib
import hmac
import os
import re
import secrets
import struct
import sys
import time

PUBLISH = 0
SUBSCRIBE = 4


def make_token(app_id, app_key, room, user, expires_at, privileges=None, issued_at=None, nonce=None):
    """`room`: `*` is every room; `expires_at`: 0 is never; `privileges`: each with its own end, 0 is the token's end."""
    granted = dict({PUBLISH: 0, SUBSCRIBE: 0} if privileges is None else privileges)
    issued_at = int(time.time()) if issued_at is None else issued_at
    nonce = secrets.randbelow(2**32 - 1) + 1 if nonce is None else nonce
    if not re.fullmatch("[a-zA-Z0-9]{24}", app_id):
        raise ValueError("app_id: 24 letters and digits")
    if not app_key:
        raise ValueError("app_key: it is empty")
    if not re.fullmatch(r"\*|[a-zA-Z0-9@_.-]{0,128}", room):
        raise ValueError("room: at most 128 of a-z A-Z 0-9 @ _ - . or *")
    if not re.fullmatch("[a-zA-Z0-9@_.-]{1,128}", user):
        raise ValueError("user: 1 to 128 of a-z A-Z 0-9 @ _ - .")
    if expires_at != 0 and expires_at <= issued_at:
        raise ValueError("expires_at: a time to come, not a duration")
    if PUBLISH in granted:
        # Publishing as a whole, then its audio, video and data.
        for key in (1, 2, 3):
            granted.setdefault(key, granted[PUBLISH])

    # A number that is too large, such as milliseconds, raises struct.error.
    message = struct.pack("<III", nonce, issued_at, expires_at) + bytes16(room.encode()) + bytes16(user.encode())
    message += struct.pack("<H", len(granted))
    for key in sorted(granted):
        message += struct.pack("<HI", key, granted[key])
    signature = hmac.new(app_key.encode(), message, hashlib.sha256).digest()
    return "001" + app_id + base64.b64encode(bytes16(message) + bytes16(signature)).decode()


def bytes16(data):
    return struct.pack("<H", len(data)) + data


if __name__ == "__main__":
    app = os.environ["MINIAPP_RTC_APP_ID"], os.environ["MINIAPP_RTC_APP_KEY"]
    print(make_token(*app, room=sys.argv[1], user=sys.argv[2], expires_at=int(time.time()) + 24 * 3600))
