import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

/** What a vendor was asked. */
export interface Asked {
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Readonly<Record<string, unknown>>;
}

/** A vendor that answers "hello" in the dialect of the path that is called. */
export interface PlainVendor {
  readonly origin: string;
  readonly asked: readonly Asked[];
  close(): Promise<void>;
}

const usage = { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 };

/** The answers, by how the path ends. */
const answers: readonly (readonly [RegExp, unknown])[] = [
  [
    /\/chat\/completions$/,
    {
      id: "c1",
      object: "chat.completion",
      created: 1,
      model: "m",
      choices: [
        { index: 0, finish_reason: "stop", message: { role: "assistant", content: "hello" } },
      ],
      usage,
    },
  ],
  [
    /\/embeddings$/,
    {
      object: "list",
      model: "m",
      data: [{ object: "embedding", index: 0, embedding: [0.5] }],
      usage,
    },
  ],
  [
    /\/v1\/messages$/,
    {
      id: "m1",
      type: "message",
      role: "assistant",
      model: "m",
      content: [{ type: "text", text: "hello" }],
      stop_reason: "end_turn",
      usage: { input_tokens: 3, output_tokens: 1 },
    },
  ],
  [
    /:generateContent$/,
    {
      candidates: [
        { content: { role: "model", parts: [{ text: "hello" }] }, finishReason: "STOP", index: 0 },
      ],
      usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 1, totalTokenCount: 4 },
    },
  ],
  [
    /\/api\/chat$/,
    {
      model: "m",
      created_at: "2026-01-01T00:00:00Z",
      message: { role: "assistant", content: "hello" },
      done: true,
      done_reason: "stop",
      prompt_eval_count: 3,
      eval_count: 1,
    },
  ],
  [
    /\/converse$/,
    {
      output: { message: { role: "assistant", content: [{ text: "hello" }] } },
      stopReason: "end_turn",
      usage: { inputTokens: 3, outputTokens: 1, totalTokens: 4 },
    },
  ],
];

/** Starts the vendor on a free port. */
export async function startPlainVendor(): Promise<PlainVendor> {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const [path = ""] = (request.url ?? "").split("?");
    const text = Buffer.concat(chunks).toString();
    asked.push({ path, headers: request.headers, body: text === "" ? {} : JSON.parse(text) });
    const answer = answers.find(([end]) => end.test(path))?.[1];
    response.writeHead(answer === undefined ? 404 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(answer ?? { error: { message: `no ${path}` } }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address() as AddressInfo; // a server that listens on a port has one
  return {
    origin: `http://127.0.0.1:${address.port}`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
