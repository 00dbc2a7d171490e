"""A server of libgsasl for one login: base64 lines in, `334 …`, `235` or `535` out.

Arguments: mechanism, password, and what TLS gives both sides to bind to, in base64.
"""

import ctypes
import sys

MORE, DONE = 1, 0
PASSWORD, BINDING = 3, 25

gsasl = ctypes.CDLL("libgsasl.so.18")
mechanism, password, binding = (argument.encode() for argument in sys.argv[1:])
context, session, out = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_char_p()
assert gsasl.gsasl_init(ctypes.byref(context)) == 0
assert gsasl.gsasl_server_start(context, mechanism, ctypes.byref(session)) == 0
gsasl.gsasl_property_set(session, PASSWORD, password)
gsasl.gsasl_property_set(session, BINDING, binding)
for line in sys.stdin.buffer:
    state = gsasl.gsasl_step64(session, line.strip(), ctypes.byref(out))
    if state == MORE or (state == DONE and out.value):
        print("334", out.value.decode(), flush=True)
    if state == DONE and out.value:
        # What the server says last is answered with nothing.
        state = DONE if sys.stdin.buffer.readline().strip() == b"" else 1000
    if state != MORE:
        print("235 in" if state == DONE else f"535 {state}", flush=True)
        break
