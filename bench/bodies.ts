import type { MessageInitShape } from "@bufbuild/protobuf";
import { create, toBinary, toJsonString } from "@bufbuild/protobuf";
import {
  type CompleteRequest,
  CompleteRequestSchema,
  type StreamCompleteRequest,
  StreamCompleteRequestSchema,
} from "../gen/parlance/chat/v1/chat_service_pb.js";
import { Role } from "../gen/parlance/chat/v1/message_pb.js";

/** Bytes of prompt text that make a body of about 1 KB, and of about 100 KB. */
export const promptBytes = { "1k": 800, "100k": 95_000 } as const;

/** A chat request as a client sends it, in one of the vendors' dialects. */
export function chatBody(
  dialect: "openai" | "anthropic",
  model: string,
  size: number,
  stream: boolean,
): Uint8Array {
  const system = "You are a helpful assistant. Answer in one short paragraph.";
  const user = { role: "user", content: prompt(size) };
  const body =
    dialect === "openai"
      ? {
          model,
          messages: [{ role: "system", content: system }, user],
          temperature: 0.2,
          max_tokens: 256,
          stream,
        }
      : { model, system, messages: [user], temperature: 0.2, max_tokens: 256, stream };
  return Buffer.from(JSON.stringify(body));
}

/** An embeddings request for one text of about 800 bytes. */
export function embeddingsBody(model: string): Uint8Array {
  return Buffer.from(
    JSON.stringify({ model, input: prompt(promptBytes["1k"]), encoding_format: "float" }),
  );
}

/** The same chat as a message of the contract, for a unary call. */
export function completeRequest(
  model: string,
  size: number,
): { binary: Uint8Array; json: Uint8Array } {
  const message: CompleteRequest = create(CompleteRequestSchema, { chat: chat(model, size) });
  return {
    binary: toBinary(CompleteRequestSchema, message),
    json: Buffer.from(toJsonString(CompleteRequestSchema, message)),
  };
}

/** The same chat as a message of the contract, for a streamed call. */
export function streamCompleteRequest(model: string, size: number): Uint8Array {
  const message: StreamCompleteRequest = create(StreamCompleteRequestSchema, {
    chat: chat(model, size),
  });
  return toBinary(StreamCompleteRequestSchema, message);
}

/** A message in the five-byte envelope of gRPC, gRPC-Web and Connect streams, not compressed. */
export function envelope(message: Uint8Array): Uint8Array {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

function chat(
  model: string,
  size: number,
): NonNullable<MessageInitShape<typeof CompleteRequestSchema>["chat"]> {
  const text = (value: string) => [{ content: { case: "text" as const, value: { text: value } } }];
  return {
    model,
    messages: [
      {
        role: Role.SYSTEM,
        parts: text("You are a helpful assistant. Answer in one short paragraph."),
      },
      { role: Role.USER, parts: text(prompt(size)) },
    ],
    sampling: { temperature: 0.2 },
    maxOutputTokens: 256,
  };
}

function prompt(size: number): string {
  const sentence = 'The quick brown fox asked: "What does a gateway cost?"\n';
  return sentence.repeat(Math.ceil(size / sentence.length)).slice(0, size);
}
