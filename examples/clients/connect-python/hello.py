"""Talks to the gateway with connect-python: over HTTP/1.1 or 2, through any proxy."""

import os

from connectrpc.errors import ConnectError

from parlance.chat.v1 import chat_service_pb2 as pb
from parlance.chat.v1.chat_service_connect import ChatServiceClientSync
from parlance.error.v1 import error_reason_pb2, fault_pb2

client = ChatServiceClientSync("http://" + os.environ["PARLANCE_ADDRESS"], timeout_ms=60_000)
print(client.complete(pb.CompleteRequest(model="sim/echo", text="Hello!")).text)

request = pb.StreamCompleteRequest(model="sim/echo", text="Hello as a stream")
for step in client.stream_complete(request):
    print(step.event.text_delta.text, end="", flush=True)
print()

try:
    client.complete(pb.CompleteRequest(model="sim/error-429", text="Hello!"))
except ConnectError as error:
    for detail in error.details:
        fault = fault_pb2.Fault()
        if detail.Unpack(fault):
            reason = error_reason_pb2.ErrorReason.Name(fault.reason)
            print(f"refused: {reason} retryable: {str(fault.retryable).lower()}")
