import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** A request as the server got it. */
export interface SeenRequest {
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
  /** Resolves when the connection closes before the answer has ended. */
  readonly aborted: Promise<void>;
}

/** A server on loopback that a test answers for. */
export interface ShapedVendor {
  readonly url: string;
  readonly port: number;
  readonly seen: readonly SeenRequest[];
  /** The most requests that were open at once. */
  readonly mostOpen: () => number;
}

/** Starts a server on a free port that answers each request as told; it ends with the test. */
export async function startShapedVendor(
  answer: (request: SeenRequest, response: ServerResponse, ordinal: number) => void,
): Promise<ShapedVendor> {
  const seen: SeenRequest[] = [];
  let open = 0;
  let most = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    open += 1;
    most = Math.max(most, open);
    let onAbort: () => void = () => undefined;
    const aborted = new Promise<void>((resolve) => {
      onAbort = resolve;
    });
    response.on("close", () => {
      open -= 1;
      if (!response.writableFinished) onAbort();
    });
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString("utf8");
      const one = { path: request.url ?? "", headers: request.headers, body, aborted };
      seen.push(one);
      answer(one, response, seen.length);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  // A listening TCP server has an address of this form.
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, port, seen, mostOpen: () => most };
}

/** Answers with JSON. */
export function sendJson(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}
