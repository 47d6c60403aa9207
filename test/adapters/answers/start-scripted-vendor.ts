import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { printEventStream } from "../../../src/core/dispatch/print-event-stream.ts";
import type { Json } from "../../vendors/json-value.ts";

/** What a vendor answers: a body, or the frames of a stream. */
export interface Script {
  readonly status?: number;
  readonly contentType: string;
  readonly body: string | Uint8Array;
}

/** A vendor that answers each request with the script of the moment, right or wrong. */
export interface ScriptedVendor {
  /** Its origin. */
  readonly url: string;
  /** What it was sent last, as JSON. */
  readonly sent: () => Json;
  answer(script: Script): void;
  close(): Promise<void>;
}

/** Starts one on a free port. */
export async function startScriptedVendor(): Promise<ScriptedVendor> {
  let script: Script = { status: 500, contentType: "application/json", body: "{}" };
  let last = "null";
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      last = Buffer.concat(chunks).toString();
      response.writeHead(script.status ?? 200, { "content-type": script.contentType });
      response.end(script.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    sent: () => JSON.parse(last),
    answer: (next) => {
      script = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A whole answer. */
export function whole(json: Json): Script {
  return { contentType: "application/json", body: JSON.stringify(json) };
}

/** A stream of server-sent events; texts are data as they are. */
export function events(frames: readonly Json[], named = false): Script {
  const body = frames.map((frame) => {
    const data = typeof frame === "string" ? frame : JSON.stringify(frame);
    const type = named && typeof frame === "object" && frame !== null && "type" in frame;
    return `${type ? `event: ${String(frame.type)}\n` : ""}data: ${data}\n\n`;
  });
  return { contentType: "text/event-stream", body: body.join("") };
}

/** A stream of lines. */
export function lines(frames: readonly Json[]): Script {
  const body = frames.map((frame) => `${JSON.stringify(frame)}\n`).join("");
  return { contentType: "application/x-ndjson", body };
}

/** A stream of AWS's binary frames, each with the name of its event. */
export function awsEvents(frames: readonly (readonly [event: string, json: Json])[]): Script {
  const texts = frames.map(([event, json]) => `event: ${event}\ndata: ${JSON.stringify(json)}\n\n`);
  return {
    contentType: "application/vnd.amazon.eventstream",
    body: printEventStream(texts.join("")),
  };
}
