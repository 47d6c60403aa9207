"""Talks to the gateway with grpcio."""

import json
import os

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_status import rpc_status

from parlance.chat.v1 import chat_service_pb2 as pb
from parlance.chat.v1.chat_service_pb2_grpc import ChatServiceStub
from parlance.error.v1 import error_reason_pb2, fault_pb2

# Calls go round the addresses that the name resolves to, and only to those that say they serve.
config = {
    "loadBalancingConfig": [{"round_robin": {}}],
    "healthCheckConfig": {"serviceName": "parlance.chat.v1.ChatService"},
}
channel = grpc.insecure_channel(  # grpc.secure_channel(..., grpc.ssl_channel_credentials()) for TLS
    "dns:///" + os.environ["PARLANCE_ADDRESS"],
    options=[
        # Answers may be larger than the 4 MB that grpcio takes by default.
        ("grpc.max_receive_message_length", 64 << 20),
        ("grpc.service_config", json.dumps(config)),
    ],
)
stub = ChatServiceStub(channel)

# The deadline goes to the gateway and to the vendor. For a key:
# metadata=[("authorization", f"Bearer {key}")]
request = pb.CompleteRequest(model="sim/echo", text="Hello!")
print(stub.Complete(request, timeout=60).text)

chat = {"model": "sim/echo", "messages": [{"role": "ROLE_USER", "text": "Hello as a stream"}]}
for step in stub.StreamComplete(pb.StreamCompleteRequest(chat=chat), timeout=60):
    print(step.event.text_delta.text, end="", flush=True)
print()

try:
    stub.Complete(pb.CompleteRequest(model="sim/error-429", text="Hello!"), timeout=60)
except grpc.RpcError as error:
    for detail in rpc_status.from_call(error).details:
        fault = fault_pb2.Fault()
        if detail.Unpack(fault):
            reason = error_reason_pb2.ErrorReason.Name(fault.reason)
            print(f"refused: {reason} retryable: {str(fault.retryable).lower()}")

health = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=60)
print("health:", health_pb2.HealthCheckResponse.ServingStatus.Name(health.status))
