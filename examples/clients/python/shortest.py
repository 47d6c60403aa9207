import os, grpc
from parlance.chat.v1 import chat_service_pb2 as pb, chat_service_pb2_grpc as rpc

stub = rpc.ChatServiceStub(grpc.insecure_channel(os.environ["PARLANCE_ADDRESS"]))
print(stub.Complete(pb.CompleteRequest(model="sim/echo", text="Hello!")).text)
