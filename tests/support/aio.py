"""aiosmtpd behind the doors of servers.sh: aio.py CERTIFICATES DOOR=PORT..."""

import asyncio
import os
import ssl
import sys

from aiosmtpd.handlers import Sink
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

CERTIFICATES = sys.argv[1]
ACCOUNT = LoginPassword(os.environ["USER_NAME"].encode(), os.environ["PASSWORD"].encode())
VERSIONS = {
    "tls1": ssl.TLSVersion.TLSv1,
    "tls1_1": ssl.TLSVersion.TLSv1_1,
    "tls1_2": ssl.TLSVersion.TLSv1_2,
    "tls1_3": ssl.TLSVersion.TLSv1_3,
}


def context(words):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate = "good"
    for word in words:
        if word in VERSIONS:
            made.set_ciphers("DEFAULT@SECLEVEL=0")
            made.minimum_version = made.maximum_version = VERSIONS[word]
        elif word == "ask":
            made.load_verify_locations(f"{CERTIFICATES}/ca.pem")
            made.verify_mode = ssl.CERT_OPTIONAL
        elif word != "clear":
            certificate = word
    made.load_cert_chain(f"{CERTIFICATES}/{certificate}.pem")
    return made


def login(server, session, envelope, mechanism, said):
    # Not handled: aiosmtpd then says 535 by itself.
    return AuthResult(success=said == ACCOUNT, handled=False)


async def listen(door, port):
    mode, *words = door.split("+")
    tls = None if mode == "plain" else context(words)

    def server():
        speaks = LMTP if mode == "lmtp" else SMTP
        return speaks(
            Sink(),
            hostname=os.environ["NAME"],
            enable_SMTPUTF8=True,
            tls_context=None if mode == "implicit" else tls,
            authenticator=login,
            auth_require_tls=mode != "implicit" and "clear" not in words,
        )

    implicit = tls if mode == "implicit" else None
    await asyncio.get_running_loop().create_server(server, "127.0.0.1", port, ssl=implicit)


async def main():
    for argument in sys.argv[2:]:
        door, port = argument.split("=")
        await listen(door, int(port))
    await asyncio.Event().wait()


asyncio.run(main())
