"""Asks a model with NVIDIA's tritonclient: a question on standard input, what the client understood on standard output.

Runs in a virtual environment of its own, without this repository.
"""

import json
import sys
from typing import Any

import numpy as np
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException, triton_to_np_dtype

question: dict[str, Any] = json.load(sys.stdin)
headers = {"Authorization": f"Bearer {question['token']}"}
client = triton.InferenceServerClient(url=question["url"])
model, version = question["model"], question.get("version", "")


def sent(each: dict[str, Any]) -> Any:
    kind = object if each["datatype"] == "BYTES" else triton_to_np_dtype(each["datatype"])
    values = np.array(each["values"], dtype=kind)
    tensor = triton.InferInput(each["name"], list(values.shape), each["datatype"])
    tensor.set_data_from_numpy(values, binary_data=each.get("binary", True))
    tensor._parameters.update(each.get("parameters", {}))
    return tensor


def got(result: Any) -> dict[str, Any]:
    response = result.get_response()
    outputs = {}
    for output in response["outputs"]:
        values = result.as_numpy(output["name"])
        plain = [each.decode() if isinstance(each, bytes) else each for each in values.reshape(-1).tolist()]
        outputs[output["name"]] = {
            "values": plain,
            "shape": list(values.shape),
            "datatype": output["datatype"],
            "parameters": output.get("parameters", {}),
        }
    return {"id": response.get("id"), "version": response["model_version"], "outputs": outputs}


answer: dict[str, Any] = {
    "live": client.is_server_live(),
    "ready": client.is_server_ready(),
    "server": client.get_server_metadata(),
    "model_ready": client.is_model_ready(model, version, headers=headers),
    "metadata": client.get_model_metadata(model, version, headers=headers),
}
outputs = question.get("outputs")
try:
    result = client.infer(
        model,
        [sent(each) for each in question["inputs"]],
        model_version=version,
        request_id=question.get("id", ""),
        outputs=outputs
        and [triton.InferRequestedOutput(each["name"], binary_data=each.get("binary", True)) for each in outputs],
        headers=headers,
    )
    answer.update(got(result))
except InferenceServerException as error:
    answer["error"] = {"status": error.status(), "message": error.message()}
json.dump(answer, sys.stdout)
