"""Talks to the gateway with boto3, as to Amazon Bedrock."""

import json
import os

import boto3
from botocore.config import Config

# The access key id is the name of a key of the gateway, the secret access key its value. The region
# may be any.
session = boto3.Session("matters-not", "matters-not", region_name="eu-west-1")
endpoint = "http://" + os.environ["PARLANCE_ADDRESS"]
config = Config(read_timeout=60, retries={"max_attempts": 1})
bedrock = session.client("bedrock-runtime", endpoint_url=endpoint, config=config)


def said(text):
    return [{"role": "user", "content": [{"text": text}]}]


answer = bedrock.converse(modelId="sim/echo", messages=said("Hello!"))
print(answer["output"]["message"]["content"][0]["text"])

answer = bedrock.converse_stream(modelId="sim/echo", messages=said("Hello as a stream"))
for event in answer["stream"]:
    print(event.get("contentBlockDelta", {}).get("delta", {}).get("text", ""), end="", flush=True)
print()

# A tool is called, and its result goes back.
schema = {"type": "object", "properties": {"city": {"const": "Wien"}}, "required": ["city"]}
tools = {"tools": [{"toolSpec": {"name": "weather", "inputSchema": {"json": schema}}}]}
messages = said("How is the weather?")
answer = bedrock.converse(modelId="sim/tools", messages=messages, toolConfig=tools)
message = answer["output"]["message"]
call = next(block["toolUse"] for block in message["content"] if "toolUse" in block)
print("called:", call["name"], json.dumps(call["input"]))
result = {"toolUseId": call["toolUseId"], "content": [{"text": "sunny"}]}
messages += [message, {"role": "user", "content": [{"toolResult": result}]}]
answer = bedrock.converse(modelId="sim/tools", messages=messages, toolConfig=tools)
print("answered from the result:", "sunny" in answer["output"]["message"]["content"][0]["text"])

# Claude's own bodies, for any model.
claude = {
    "anthropic_version": "bedrock-2023-05-31",
    "max_tokens": 100,
    "messages": [{"role": "user", "content": "Hello to Claude"}],
}
stream = bedrock.invoke_model_with_response_stream(modelId="sim/echo", body=json.dumps(claude))
for event in stream["body"]:
    chunk = json.loads(event["chunk"]["bytes"])
    print(chunk.get("delta", {}).get("text", ""), end="")
print()
print("measured:", chunk["amazon-bedrock-invocationMetrics"]["outputTokenCount"] > 0)

body = json.dumps({"inputText": "Hello!", "dimensions": 8})
vector = json.loads(bedrock.invoke_model(modelId="sim/embed", body=body)["body"].read())
print("dimensions:", len(vector["embedding"]))

tokens = bedrock.count_tokens(modelId="sim/echo", input={"converse": {"messages": said("Hello!")}})
print("counted:", tokens["inputTokens"] > 0)

models = session.client("bedrock", endpoint_url=endpoint).list_foundation_models()
print("listed:", "sim/echo" in [model["modelId"] for model in models["modelSummaries"]])

try:
    bedrock.converse(modelId="sim/error-429", messages=said("Hello!"))
except bedrock.exceptions.ThrottlingException as error:
    print("refused:", error.response["Error"]["Code"])
