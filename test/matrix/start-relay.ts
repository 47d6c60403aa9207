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
 * `cut`: half of the reply, then a destroyed socket; `hang`: half of the reply, then silence; `hang-before`: silence.
 * Half of a stream is half of its frames, half of a body half of its bytes under the length of the whole.
 */
export type RelayWay = "cut" | "hang" | "hang-before";

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
    if (way !== "hang-before") await sendHalf(`${vendorUrl}/${path.join("/")}`, message, body, response);
    for (const each of watched) each.stall();
    if (way === "cut") response.destroy();
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

async function sendHalf(url: string, message: IncomingMessage, body: Buffer, response: ServerResponse): Promise<void> {
  const { host: _host, "content-length": _length, connection: _connection, ...headers } = message.headers;
  const reply = await fetch(url, {
    method: "POST",
    headers: Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]),
    body,
  });
  const whole = Buffer.from(await reply.arrayBuffer());
  const {
    connection,
    "keep-alive": _keepAlive,
    "transfer-encoding": _coding,
    ...passed
  } = Object.fromEntries(reply.headers);
  void connection;
  const frames = whole.toString("latin1").split(/(?<=\n\n)/);
  const isStream = (reply.headers.get("content-type") ?? "").includes("event-stream");
  const half = isStream
    ? frames.slice(0, Math.ceil(frames.length / 2))
    : [whole.toString("latin1", 0, whole.length >> 1)];
  response.writeHead(reply.status, isStream ? passed : { ...passed, "content-length": whole.length });
  for (const piece of half) {
    await new Promise<void>((resolve) => void response.write(piece, "latin1", () => resolve()));
    // A turn of the event loop keeps writes apart on the wire.
    await turn();
  }
}
