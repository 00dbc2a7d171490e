"""A small SMTP server whose TLS is done by `openssl s_server`, one for each connection, behind the
doors of servers.sh: scripted.py CERTIFICATES DOOR=PORT...

It takes every message and keeps none.
"""

import base64
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time

CERTIFICATES = sys.argv[1]
NAME = os.environ["NAME"]
LOGIN = ["", os.environ["USER_NAME"], os.environ["PASSWORD"]]
REPLIES = {
    "HELO": f"250 {NAME}",
    "MAIL": "250 2.1.0 sender ok",
    "RCPT": "250 2.1.5 recipient ok",
    "RSET": "250 2.0.0 forgotten",
    "NOOP": "250 2.0.0 ok",
    "VRFY": "252 2.0.0 send it and see",
}


class Tls:
    """`openssl s_server` between a connection and us."""

    def __init__(self, connection, words):
        certificate = "good"
        options = []
        for word in words:
            if word.startswith("tls1"):
                options += [f"-{word}", "-cipher", "DEFAULT@SECLEVEL=0"]
            elif word == "ask":
                options += ["-verify", "3", "-CAfile", f"{CERTIFICATES}/ca.pem"]
            elif word != "clear":
                certificate = word
        if certificate not in ("incomplete", "self-signed"):
            options += ["-cert_chain", f"{CERTIFICATES}/issuer.crt"]
        pem = f"{CERTIFICATES}/{certificate}.pem"
        with tempfile.TemporaryDirectory() as folder:
            at = f"{folder}/socket"
            listen = ["-unix", at, "-naccept", "1", "-quiet", "-cert", pem, "-key", pem]
            self.process = subprocess.Popen(
                ["openssl", "s_server", *listen, *options],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                bufsize=0,
            )
            inner = reach(at)
        for one, other in (connection, inner), (inner, connection):
            threading.Thread(target=carry, args=(one, other), daemon=True).start()
        self.readline = self.process.stdout.readline
        self.write = self.process.stdin.write

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def reach(path):
    inner = socket.socket(socket.AF_UNIX)
    for _ in range(500):
        try:
            inner.connect(path)
            return inner
        except OSError:
            time.sleep(0.01)
    raise TimeoutError(path)


def carry(one, other):
    try:
        while octets := one.recv(65536):
            other.sendall(octets)
        other.shutdown(socket.SHUT_WR)
    except OSError:
        pass


class Talk:
    def __init__(self, connection, door):
        self.connection = connection
        self.mode, *self.words = door.split("+")
        # Unbuffered: what stands behind STARTTLS is the handshake.
        self.wire = connection.makefile("rwb", buffering=0)
        self.secured = False

    def play(self):
        if self.mode == "implicit":
            self.secure()
        self.say(f"220 {NAME} ESMTP")
        while line := self.wire.readline():
            words = line.decode(errors="replace").split()
            verb = words[0].upper() if words else ""
            if verb == "QUIT":
                self.say("221 2.0.0 bye")
                break
            self.answer(verb, words[1:])
        if self.secured:
            self.wire.close()

    def answer(self, verb, words):
        if verb == "EHLO":
            keywords = [NAME, "PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES"]
            if self.offers_tls():
                keywords.append("STARTTLS")
            if self.offers_login():
                keywords.append("AUTH PLAIN")
            *first, last = keywords
            self.say(*(f"250-{keyword}" for keyword in first), f"250 {last}")
        elif verb == "STARTTLS" and self.offers_tls():
            self.say("220 2.0.0 go ahead")
            self.secure()
        elif verb == "AUTH" and self.offers_login() and words[:1] == ["PLAIN"]:
            self.login(words[1:])
        elif verb == "DATA":
            self.say("354 end with a dot")
            while self.wire.readline() not in (b".\r\n", b""):
                pass
            self.say("250 2.0.0 taken")
        else:
            self.say(REPLIES.get(verb, "502 5.5.1 not here"))

    def offers_tls(self):
        return self.mode == "starttls" and not self.secured

    def offers_login(self):
        return self.secured or "clear" in self.words

    def login(self, initial):
        if not initial:
            self.say("334 ")
            initial = [self.wire.readline().decode().strip()]
        try:
            said = base64.b64decode(initial[0], validate=True).decode().split("\0")
        except ValueError:
            self.say("501 5.5.2 that is no base64")
            return
        # The name to act for may be given, when it is the same.
        ok = said == LOGIN or said == [LOGIN[1], *LOGIN[1:]]
        self.say("235 2.7.0 welcome" if ok else "535 5.7.8 no such name or password")

    def secure(self):
        self.wire = Tls(self.connection, self.words)
        self.secured = True

    def say(self, *lines):
        self.wire.write("".join(f"{line}\r\n" for line in lines).encode())


def play(connection, door):
    try:
        with connection:
            Talk(connection, door).play()
    except OSError as gone:
        print(f"{door}: {gone}", file=sys.stderr)


def listen(door, port):
    with socket.create_server(("127.0.0.1", port)) as listener:
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=play, args=(connection, door), daemon=True).start()


doors = [argument.split("=") for argument in sys.argv[2:]]
threads = [threading.Thread(target=listen, args=(door, int(port))) for door, port in doors]
for thread in threads:
    thread.start()
