"""Asks a model with the client `open-inference-openapi`, which holds every answer to the standard's types.

Runs in a virtual environment of its own, without this repository.
"""

import json
import sys
import warnings
from typing import Any

warnings.simplefilter("ignore")

import httpx  # noqa: E402
from open_inference.openapi.client import InferenceRequest, OpenInferenceClient  # noqa: E402
from open_inference.openapi.errors import BadRequestError, NotFoundError  # noqa: E402

question: dict[str, Any] = json.load(sys.stdin)
session = httpx.Client(headers={"Authorization": f"Bearer {question['token']}"}, timeout=60)
client = OpenInferenceClient(base_url=question["url"], httpx_client=session)
model = question["model"]

client.check_server_liveness()
client.check_server_readiness()
client.check_model_readiness(model)
client.check_model_version_readiness(model, "1")
answer: dict[str, Any] = {
    "server": json.loads(client.read_server_metadata().json()),
    "metadata": json.loads(client.read_model_metadata(model).json()),
    "version_metadata": json.loads(client.read_model_version_metadata(model, "1").json()),
}
request = InferenceRequest(**question["request"])
answer["inference"] = json.loads(client.model_infer(model, request=request).json())
answer["version_inference"] = json.loads(client.model_version_infer(model, "1", request=request).json())
try:
    client.model_infer(model, request=InferenceRequest(**question["wrong"]))
except BadRequestError as error:
    answer["bad_request"] = error.body
try:
    client.check_model_readiness("no-such-model")
except NotFoundError as error:
    answer["not_found"] = error.body
json.dump(answer, sys.stdout)
