import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { setImmediate as turn } from "node:timers/promises";

/** A request as it came. */
export interface EchoRequest {
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

/** What is answered next. */
export interface ScriptedReply {
  readonly contentType: string;
  /** Each is a write of its own. */
  readonly pieces: readonly Buffer[];
}

/** A vendor that judges nothing: it keeps what it gets and answers what it is told to. */
export interface Echo {
  readonly url: string;
  /** The last request. */
  last(): EchoRequest | undefined;
  answer(reply: ScriptedReply): void;
  close(): Promise<void>;
}

/** Starts it on a free port. */
export async function startEcho(): Promise<Echo> {
  let request: EchoRequest | undefined;
  let reply: ScriptedReply = { contentType: "application/json", pieces: [Buffer.from("{}")] };
  const server = createServer(async (message, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of message) chunks.push(chunk);
    request = {
      headers: message.headers,
      rawHeaders: message.rawHeaders,
      body: Buffer.concat(chunks),
    };
    response.writeHead(200, { "content-type": reply.contentType });
    for (const piece of reply.pieces) {
      await new Promise<void>((resolve) => void response.write(piece, () => resolve()));
      await turn();
    }
    response.end();
  });
  server.listen(0, "127.0.0.1");
  await new Promise<void>((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo; // a listening TCP server always has one
  return {
    url: `http://127.0.0.1:${port}`,
    last: () => request,
    answer: (next) => {
      reply = next;
    },
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}
