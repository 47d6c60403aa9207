import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setImmediate as turn } from "node:timers/promises";

/** One request that is to come, found by a text within its body. */
export interface Watched {
  /** Resolves when nothing more is sent for this request. */
  readonly stalled: Promise<void>;
  /** The time on performance.now() when its connection was closed by the other side. */
  readonly gone: Promise<number>;
}

/** A network between the gateway and a vendor that fails in a chosen way. */
export interface Relay {
  /** Base URL of the vendor behind it, with the way it fails. */
  url(way: RelayWay): string;
  /** Waits for a request that holds `text`; to be called before it is sent. */
  watch(text: string): Watched;
  close(): Promise<void>;
}

/**
 * `cut`: half of the reply, then a destroyed socket; `short`: half of the reply, ended as if it were whole; `hang`: half of
 * the reply, then silence; `hang-before`: silence. Half of a stream is half of its frames, half of a body half of its bytes,
 * under the length of the whole unless it is `short`.
 */
export type RelayWay = "cut" | "short" | "hang" | "hang-before";

interface Waiting {
  readonly text: string;
  readonly stall: () => void;
  readonly leave: (atMs: number) => void;
}

/** Starts a relay in front of the vendor at `vendorUrl`. */
export async function startRelay(vendorUrl: string): Promise<Relay> {
  const waiting = new Set<Waiting>();

  async function serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(message);
    const [, way = "", ...path] = (message.url ?? "").split("/");
    const watched = [...waiting].filter(({ text }) => body.includes(text));
    for (const each of watched) waiting.delete(each);
    response.once("close", () => {
      for (const each of watched) each.leave(performance.now());
    });
    if (way !== "hang-before")
      await sendHalf(`${vendorUrl}/${path.join("/")}`, message, body, response, way !== "short");
    for (const each of watched) each.stall();
    if (way === "cut") response.destroy();
    if (way === "short") response.end();
  }

  const server = createServer((message, response) => {
    serve(message, response).catch((cause: Error) => response.destroy(cause));
  });
  server.listen(0, "127.0.0.1");
  await new Promise<void>((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo; // a listening TCP server always has one

  return {
    url: (way) => `http://127.0.0.1:${port}/${way}`,
    watch: (text) => {
      const stalled = Promise.withResolvers<void>();
      const gone = Promise.withResolvers<number>();
      waiting.add({ text, stall: stalled.resolve, leave: gone.resolve });
      return { stalled: stalled.promise, gone: gone.promise };
    },
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Headers of one connection, or of a body that is sent anew. */
const ownHeaders = new Set(["host", "connection", "keep-alive", "transfer-encoding", "content-length"]);

/** Sends half of what the vendor answers; `announced`: under the length of the whole, where it is no stream. */
async function sendHalf(
  url: string,
  message: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
  announced: boolean,
): Promise<void> {
  const reply = await fetch(url, { method: "POST", headers: handedOn(Object.entries(message.headers)), body });
  const whole = Buffer.from(await reply.arrayBuffer()).toString("latin1");
  const isStream = (reply.headers.get("content-type") ?? "").includes("event-stream");
  const frames = isStream ? whole.split(/(?<=\n\n)/) : [];
  const half = isStream ? frames.slice(0, Math.ceil(frames.length / 2)) : [whole.slice(0, whole.length >> 1)];
  const length: [string, string][] = announced && !isStream ? [["content-length", String(whole.length)]] : [];
  response.writeHead(reply.status, Object.fromEntries([...handedOn([...reply.headers]), ...length]));
  for (const piece of half) {
    await new Promise<void>((resolve) => void response.write(piece, "latin1", () => resolve()));
    // A turn of the event loop keeps writes apart on the wire.
    await turn();
  }
}

function handedOn(headers: readonly (readonly [name: string, value: unknown])[]): [string, string][] {
  return headers
    .filter(([name]) => !ownHeaders.has(name))
    .map(([name, value]): [string, string] => [name, String(value)]);
}
