"""What Python's `email` (policy `default`) makes of messages, one JSON object a line.

Reads one path a line; a path may be followed by a tab and the number of bytes to leave out.
"""

import email
import email.policy
from email import headerregistry
import hashlib
import json
import sys

ADDRESSES = ("From", "Sender", "Reply-To", "To", "Cc", "Bcc")


def guarded(read):
    """What was read, or that Python itself cannot."""
    try:
        return read()
    except Exception as error:  # its own tests list what it fails at
        return {"error": f"{type(error).__name__}: {error}"}


def text_of(part):
    body = part.get_payload(decode=True)
    if body is None:
        return None
    charset = part.get_content_charset("utf-8")
    try:
        return body.decode(charset, "replace")
    except LookupError:
        return {"error": f"LookupError: {charset}"}


def leaf(part):
    body = part.get_payload(decode=True)
    return None if body is None else hashlib.sha256(body).hexdigest()


def tree(part, depth, out):
    kind = part.get_content_type()
    node = {"depth": depth, "kind": kind, "text": None, "digest": None}
    node["name"] = guarded(part.get_filename)
    out.append(node)
    if part.is_multipart():
        for inner in part.get_payload():
            tree(inner, depth + 1, out)
    elif part.get_content_maintype() == "text":
        node["text"] = guarded(lambda: text_of(part))
    else:
        node["digest"] = guarded(lambda: leaf(part))


def addresses(message, name):
    fields = message.get_all(name, [])
    return [address.addr_spec for field in fields for address in field.addresses]


def values(message, name):
    """The values of an unstructured field; of others Python makes values of its own."""
    fields = message.get_all(name)
    plain = all(isinstance(f, headerregistry.UnstructuredHeader) for f in fields)
    return [str(field) for field in fields] if plain else None


def facts(raw):
    message = email.message_from_bytes(raw, policy=email.policy.default)
    out = []
    tree(message, 0, out)
    return {
        "names": message.keys(),
        "values": [guarded(lambda n=n: values(message, n)) for n in message.keys()],
        "parts": out,
        "addresses": {n: guarded(lambda n=n: addresses(message, n)) for n in ADDRESSES},
    }


for line in sys.stdin:
    path, _, skip = line.rstrip("\n").partition("\t")
    with open(path, "rb") as file:
        raw = file.read()[int(skip or 0):]
    print(json.dumps(guarded(lambda: facts(raw))), flush=True)
