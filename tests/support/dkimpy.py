"""Signs and verifies with dkimpy: one JSON object a line in, one a line out."""

import base64
import json
import subprocess
import sys

import dkim
import nacl.encoding
import nacl.signing


def rsa(bits):
    """A private key in PEM, and what stands in p= for it."""
    pem = subprocess.run(["openssl", "genrsa", "-traditional", str(bits)], check=True, capture_output=True).stdout
    der = subprocess.run(
        ["openssl", "rsa", "-pubout", "-outform", "DER"], input=pem, check=True, capture_output=True
    ).stdout
    return pem, base64.b64encode(der).decode()


def ed25519():
    """A seed in base64, and what stands in p= for it."""
    key = nacl.signing.SigningKey.generate()
    encoder = nacl.encoding.Base64Encoder
    return key.encode(encoder=encoder), key.verify_key.encode(encoder=encoder).decode()


KEYS = {"rsa": rsa(2048), "small": rsa(1024), "ed25519": ed25519()}


def sign(job):
    message = job["message"].encode()
    private = KEYS[job["key"]][0]
    algorithm = b"ed25519-sha256" if job["key"] == "ed25519" else b"rsa-sha256"
    selector, domain = job["selector"].encode(), job["domain"].encode()
    names = job.get("fields")
    names = [name.encode() for name in names] if names else None
    if job["do"] == "seal":
        return b"".join(dkim.arc_sign(message, selector, domain, private, job["server"].encode(), include_headers=names))
    return dkim.sign(
        message,
        selector,
        domain,
        private,
        identity=job["identity"].encode() if job.get("identity") else None,
        canonicalize=tuple(each.encode() for each in job["canonical"]),
        signature_algorithm=algorithm,
        include_headers=names,
        length=job.get("length", False),
    )


def verify(job):
    records = job["records"]

    def ask(name, timeout=5):
        text = records.get(name.decode().rstrip("."))
        return text.encode() if text is not None else None

    message = job["message"].encode()
    try:
        if job["do"] == "verify-chain":
            return dkim.arc_verify(message, dnsfunc=ask)[0].decode() == "pass"
        return dkim.verify(message, dnsfunc=ask)
    except dkim.DKIMException:
        return False


for line in sys.stdin:
    job = json.loads(line)
    if job["do"] == "keys":
        answer = {name: public for name, (_, public) in KEYS.items()}
    elif job["do"].startswith("verify"):
        answer = verify(job)
    else:
        answer = sign(job).decode()
    print(json.dumps(answer), flush=True)
