import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** What a vendor of OpenAI's dialect does with a request; the head is not sent yet. */
export type SlowAnswer = (response: ServerResponse) => void;

/** Starts a vendor that ends with the test; gives its base URL. */
export async function startSlowVendor(answer: SlowAnswer): Promise<string> {
  const server = createServer((request, response) => {
    response.on("error", () => undefined);
    request.resume().once("end", () => answer(response));
  });
  server.listen(0, "127.0.0.1");
  await new Promise<void>((resolve) => server.once("listening", resolve));
  onTestFinished(async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  });
  const { port } = server.address() as AddressInfo; // a listening TCP server always has one
  return `http://127.0.0.1:${port}/v1`;
}

/** A frame of a stream with some of the answer's text. */
export function textFrame(content: string, finish: "stop" | null = null): string {
  const choice = { index: 0, delta: { role: "assistant", content }, finish_reason: finish };
  const chunk = { id: "c1", object: "chat.completion.chunk", created: 1, model: "m" };
  return `data: ${JSON.stringify({ ...chunk, choices: [choice] })}\n\n`;
}

/** Sends the head of a stream and some of it. */
export function stream(response: ServerResponse, ...frames: readonly string[]): void {
  if (!response.headersSent) response.writeHead(200, { "content-type": "text/event-stream" });
  for (const frame of frames) response.write(frame);
}

/** The end of a stream. */
export const done = "data: [DONE]\n\n";
