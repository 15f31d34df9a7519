"""Uploads a model, waits until it is ready, asks it, and takes it away again. Standard library only."""

import json
import os
import pickle
import platform
import time
import urllib.request
import uuid

API, PATIENCE = os.environ["LAKE"] + "/api/v1", 300


class Doubles:
    """Unpickles to something with a `predict`, anywhere."""

    def __reduce__(self):
        return eval, ("type('Doubles', (), {'predict': lambda self, rows: [2.0 * row[0] for row in rows]})()",)


def call(method, path, content=None, kind="application/json", token=None):
    request = urllib.request.Request(API + path, content, {"Content-Type": kind}, method=method)
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    with urllib.request.urlopen(request, timeout=120) as response:
        return json.loads(response.read() or b"null")


def form(parts):
    boundary = uuid.uuid4().hex
    body = b""
    for name, (file, kind, content) in parts.items():
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{file}"\r\n'
        body += f"{head}Content-Type: {kind}\r\n\r\n".encode() + content + b"\r\n"
    return body + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


deadline = time.monotonic() + PATIENCE
while True:
    try:
        login = {"name": os.environ["NAME"], "password": os.environ["PASSWORD"]}
        token = call("POST", "/tokens", json.dumps(login).encode())["token"]
        break
    except OSError as error:
        if time.monotonic() > deadline:
            raise
        print("the lake:", error)
        time.sleep(2)
name = f"helm-test-{uuid.uuid4().hex[:8]}"
about = {"name": name, "flavour": "python", "language_version": platform.python_version(), "target": "y"}
body, kind = form(
    {
        "metadata": ("metadata.json", "application/json", json.dumps(about).encode()),
        "model": ("model.pkl", "application/octet-stream", pickle.dumps(Doubles(), protocol=4)),
        "requirements": ("requirements.txt", "text/plain", b""),
        "data": ("data.csv", "text/csv", b"x,y\n1.5,3.0\n2.5,5.0\n"),
    }
)
job = call("POST", "/models", body, kind, token)["job"]
while (state := call("GET", f"/jobs/{job}", token=token))["state"] not in ("succeeded", "failed"):
    assert time.monotonic() < deadline, state
    time.sleep(1)
assert state["state"] == "succeeded", state
answer = call("POST", f"/models/{name}/predict", json.dumps([{"x": 21.0}]).encode(), token=token)
print(answer)
assert answer["predictions"] == [{"prediction": 42.0}], answer
call("DELETE", f"/models/{name}", token=token)
