import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What the tiny vendor answers. */
export interface TinyVendorOptions {
  /** The API it speaks. Default openai. */
  readonly dialect?: "openai" | "anthropic";
  /** Text chunks of a streamed reply. Default 20. */
  readonly chunks?: number;
  /** Characters of text in each chunk; a unary reply has chunks x chunkSize of them. Default 20. */
  readonly chunkSize?: number;
  /**
   * Send all frames of a stream in one write instead of one write in each turn of the event loop.
   * Default false.
   */
  readonly burst?: boolean;
}

/** A running tiny vendor. */
export interface TinyVendor {
  /** Origin, without a path. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * The cheapest upstream there is: one fixed reply, built once, to any request, at once. It reads
 * the request's body only to see whether it asks for a stream; nothing is validated or recorded.
 * Frames are separate writes, so a gateway reads them one by one unless `burst` is set.
 */
export async function startTinyVendor(options: TinyVendorOptions = {}): Promise<TinyVendor> {
  const { dialect = "openai", chunks = 20, chunkSize = 20, burst = false } = options;
  const texts = Array.from({ length: chunks }, () => "x".repeat(chunkSize));
  const written = dialect === "openai" ? openAiFrames(texts) : anthropicFrames(texts);
  const frames = (burst ? [written.join("")] : written).map((frame) => Buffer.from(frame));
  const unary = Buffer.from(
    dialect === "openai" ? openAiUnary(texts.join("")) : anthropicUnary(texts.join("")),
  );
  const unaryHead = { "content-type": "application/json", "content-length": unary.length };
  const streamHead = { "content-type": "text/event-stream; charset=utf-8" };

  const server = createServer((request, response) => {
    let stream = false;
    let seam: Buffer = Buffer.alloc(0);
    request.on("data", (chunk: Buffer) => {
      stream ||=
        asksForStream(chunk) || asksForStream(Buffer.concat([seam, chunk.subarray(0, seamBytes)]));
      seam = chunk.subarray(-seamBytes);
    });
    request.on("end", () => {
      if (stream) {
        response.writeHead(200, streamHead);
        sendFrames(response, frames, 0);
      } else {
        response.writeHead(200, unaryHead);
        response.end(unary);
      }
    });
  });
  server.keepAliveTimeout = 120_000;
  server.listen(0, "127.0.0.1");
  await new Promise<void>((resolve) => server.once("listening", resolve));
  const address = server.address() as AddressInfo; // a listening TCP server always has one
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Enough of two neighbouring chunks to see a member that is cut between them. */
const seamBytes = 16;

function asksForStream(bytes: Buffer): boolean {
  return bytes.includes('"stream":true') || bytes.includes('"stream": true');
}

function sendFrames(response: ServerResponse, frames: readonly Buffer[], position: number): void {
  const frame = frames[position];
  if (response.destroyed) return;
  if (frame === undefined) {
    response.end();
    return;
  }
  response.write(frame);
  setImmediate(sendFrames, response, frames, position + 1);
}

const openAiUsage = { prompt_tokens: 10, completion_tokens: 20, total_tokens: 30 };

function openAiFrames(texts: readonly string[]): readonly string[] {
  const chunk = (choices: readonly unknown[], rest: object = {}) =>
    `data: ${JSON.stringify({ id: "chatcmpl-tiny", object: "chat.completion.chunk", created: 1767225600, model: "tiny", choices, ...rest })}\n\n`;
  const choice = (delta: object, finish: string | null = null) => [
    { index: 0, delta, finish_reason: finish },
  ];
  return [
    chunk(choice({ role: "assistant", content: "" })),
    ...texts.map((content) => chunk(choice({ content }))),
    chunk(choice({}, "stop")),
    chunk([], { usage: openAiUsage }),
    "data: [DONE]\n\n",
  ];
}

function openAiUnary(content: string): string {
  const choices = [
    {
      index: 0,
      message: { role: "assistant", content, refusal: null },
      logprobs: null,
      finish_reason: "stop",
    },
  ];
  return JSON.stringify({
    id: "chatcmpl-tiny",
    object: "chat.completion",
    created: 1767225600,
    model: "tiny",
    choices,
    usage: openAiUsage,
  });
}

const anthropicUsage = { input_tokens: 10, output_tokens: 20 };

function anthropicFrames(texts: readonly string[]): readonly string[] {
  const message = {
    id: "msg_tiny",
    type: "message",
    role: "assistant",
    model: "tiny",
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: anthropicUsage,
  };
  const events = [
    { type: "message_start", message },
    { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
    ...texts.map((text) => ({
      type: "content_block_delta",
      index: 0,
      delta: { type: "text_delta", text },
    })),
    { type: "content_block_stop", index: 0 },
    {
      type: "message_delta",
      delta: { stop_reason: "end_turn", stop_sequence: null },
      usage: { output_tokens: 20 },
    },
    { type: "message_stop" },
  ];
  return events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
}

function anthropicUnary(text: string): string {
  const content = [{ type: "text", text }];
  return JSON.stringify({
    id: "msg_tiny",
    type: "message",
    role: "assistant",
    model: "tiny",
    content,
    stop_reason: "end_turn",
    stop_sequence: null,
    usage: anthropicUsage,
  });
}
