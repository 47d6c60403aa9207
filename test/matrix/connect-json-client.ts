import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";
import { fromBinary, fromJson, type JsonValue, toJson } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { codeFromString } from "@connectrpc/connect/protocol-connect";
import type { Chat } from "../../gen/parlance/chat/v1/chat_pb.js";
import { ChatSchema } from "../../gen/parlance/chat/v1/chat_pb.js";
import {
  CompleteResponseSchema,
  type StreamCompleteResponse,
  StreamCompleteResponseSchema,
} from "../../gen/parlance/chat/v1/chat_service_pb.js";
import { FaultSchema } from "../../gen/parlance/error/v1/fault_pb.js";
import { asObject, asObjects, asString, type Json, parseJson } from "../vendors/json-value.ts";
import type { Client } from "./client.ts";
import { openRpc } from "./rpc-client.ts";

/**
 * The Connect protocol in JSON, header by header as curl sends it (`curl --json`, `curl
 * --data-binary @envelope`).
 */
export function createConnectJsonClient(url: string, key: string): Client {
  const agent = new Agent({ keepAlive: true });
  const post = (method: string, type: string, body: Buffer, signal: AbortSignal | undefined) =>
    send(agent, `${url}/parlance.chat.v1.ChatService/${method}`, key, type, body, signal);
  return {
    name: "Connect JSON",
    family: "rpc",
    open: (question) =>
      openRpc(
        {
          async complete(chat, signal) {
            const reply = await post(
              "Complete",
              "application/json",
              Buffer.from(printChat(chat)),
              signal,
            );
            const json = parseJson(await readAll(reply, signal));
            if (reply.statusCode !== 200) throw errorOf(json, reply.headers);
            // The two Json types are the same but for readonly.
            return fromJson(CompleteResponseSchema, json as JsonValue);
          },
          async *streamComplete(chat, signal) {
            const reply = await post(
              "StreamComplete",
              "application/connect+json",
              envelope(printChat(chat)),
              signal,
            );
            if (reply.statusCode !== 200)
              throw errorOf(parseJson(await readAll(reply, signal)), reply.headers);
            yield* messagesOf(reply, signal);
          },
        },
        question,
      ),
    close: () => agent.destroy(),
  };
}

/** The JSON of `{"chat": ...}`, as printed to a file for curl. */
export function printChat(chat: Chat): string {
  return JSON.stringify({ chat: toJson(ChatSchema, chat) });
}

function send(
  agent: Agent,
  url: string,
  key: string,
  type: string,
  body: Buffer,
  signal: AbortSignal | undefined,
): Promise<IncomingMessage> {
  const headers = {
    "user-agent": "curl/8.5.0",
    accept: "*/*",
    authorization: `Bearer ${key}`,
    "content-type": type,
    "connect-protocol-version": "1",
    "content-length": body.length,
  };
  return new Promise((resolve, reject) => {
    const outgoing = request(url, {
      method: "POST",
      agent,
      headers,
      ...(signal === undefined ? {} : { signal }),
    });
    outgoing.once("response", resolve);
    outgoing.on("error", (error) => reject(orGone(error, signal)));
    outgoing.end(body);
  });
}

function orGone(error: unknown, signal: AbortSignal | undefined): unknown {
  return signal?.aborted === true ? new ConnectError("this client left", Code.Canceled) : error;
}

async function readAll(reply: IncomingMessage, signal: AbortSignal | undefined): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of chunksOf(reply, signal)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function* chunksOf(
  reply: IncomingMessage,
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of reply) yield chunk;
  } catch (error) {
    throw orGone(error, signal);
  }
}

function envelope(text: string): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(Buffer.byteLength(text), 1);
  return Buffer.concat([head, Buffer.from(text)]);
}

/**
 * Reads envelopes: a flag byte, four bytes of length, JSON. The one with flag 2 ends the stream and
 * tells of an error.
 */
async function* messagesOf(
  reply: IncomingMessage,
  signal: AbortSignal | undefined,
): AsyncGenerator<StreamCompleteResponse> {
  let buffer = Buffer.alloc(0);
  for await (const chunk of chunksOf(reply, signal)) {
    buffer = Buffer.concat([buffer, chunk]);
    while (buffer.length >= 5 && buffer.length >= 5 + buffer.readUInt32BE(1)) {
      const end = 5 + buffer.readUInt32BE(1);
      const json = parseJson(buffer.subarray(5, end));
      if (buffer[0] === 2) {
        const { error, metadata } = asObject(json) ?? {};
        if (error !== undefined)
          throw errorOf(error, { ...reply.headers, ...trailersOf(metadata) });
        return;
      }
      yield fromJson(StreamCompleteResponseSchema, json as JsonValue);
      buffer = buffer.subarray(end);
    }
  }
  throw new ConnectError("the stream had no end", Code.DataLoss);
}

function trailersOf(metadata: Json | undefined): IncomingHttpHeaders {
  const entries = Object.entries(asObject(metadata) ?? {});
  return Object.fromEntries(
    entries.map(([name, values]) => [name, Array.isArray(values) ? String(values[0]) : ""]),
  );
}

function errorOf(json: Json | undefined, headers: IncomingHttpHeaders): ConnectError {
  const { code, message, details } = asObject(json) ?? {};
  const metadata = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value === "string") metadata.set(name, value);
  }
  const faults = asObjects(details)
    .filter((detail) => detail.type === FaultSchema.typeName)
    .map((detail) => fromBinary(FaultSchema, Buffer.from(asString(detail.value) ?? "", "base64")));
  const outgoing = faults.map((value) => ({ desc: FaultSchema, value }));
  return new ConnectError(
    asString(message) ?? "",
    codeFromString(asString(code) ?? "") ?? Code.DataLoss,
    metadata,
    outgoing,
  );
}
