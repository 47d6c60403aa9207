import {
  Agent,
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from "node:http";
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
  /** Origin that stands for the vendor's, by the way it fails; paths are the vendor's own. */
  url(way: RelayWay): string;
  /** Waits for a request that holds `text`; to be called before it is sent. */
  watch(text: string): Watched;
  close(): Promise<void>;
}

/**
 * `cut`: half of the reply, then a destroyed socket; `short`: half of the reply, ended as if it
 * were whole; `hang`: half of the reply, then silence; `hang-before`: silence. Half of a stream is
 * half of its frames, half of a body half of its bytes, under the length of the whole unless it is
 * `short`.
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
  const agent = new Agent({ keepAlive: true });

  async function serve(
    way: RelayWay,
    message: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const body = await bodyOf(message);
    const watched = [...waiting].filter(({ text }) => body.includes(text));
    for (const each of watched) waiting.delete(each);
    response.once("close", () => {
      for (const each of watched) each.leave(performance.now());
    });
    if (way !== "hang-before") {
      await sendHalf(await ask(agent, vendorUrl, message, body), response, way !== "short");
    }
    for (const each of watched) each.stall();
    if (way === "cut") response.destroy();
    if (way === "short") response.end();
  }

  const listening = new Map<RelayWay, RelayServer>();
  for (const way of relayWays) {
    const server = createServer((message, response) => {
      serve(way, message, response).catch((cause: Error) => response.destroy(cause));
    });
    listening.set(way, { server, url: await listen(server) });
  }

  return {
    url: (way) => listening.get(way)?.url ?? "",
    watch: (text) => {
      const stalled = Promise.withResolvers<void>();
      const gone = Promise.withResolvers<number>();
      waiting.add({ text, stall: stalled.resolve, leave: gone.resolve });
      return { stalled: stalled.promise, gone: gone.promise };
    },
    close: async () => {
      agent.destroy();
      await Promise.all([...listening.values()].map(({ server }) => closeServer(server)));
    },
  };
}

interface RelayServer {
  readonly server: Server;
  readonly url: string;
}

const relayWays = ["cut", "short", "hang", "hang-before"] as const satisfies readonly RelayWay[];

async function listen(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await new Promise<void>((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo; // a listening TCP server always has one
  return `http://127.0.0.1:${port}`;
}

async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/**
 * Asks the vendor as the relay was asked: the same path and the same headers, `host` among them.
 */
async function ask(
  agent: Agent,
  vendorUrl: string,
  message: IncomingMessage,
  body: Buffer,
): Promise<IncomingMessage> {
  const { method, headers } = message;
  const outgoing = request(`${vendorUrl}${message.url ?? ""}`, { agent, method, headers });
  const reply = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once("response", resolve);
    outgoing.once("error", reject);
  });
  outgoing.end(body);
  return reply;
}

/** Headers of one connection, or of a body that is sent anew. */
const ownHeaders = new Set(["connection", "keep-alive", "transfer-encoding", "content-length"]);

/**
 * Sends half of what the vendor answers; `announced`: under the length of the whole, where it is no
 * stream.
 */
async function sendHalf(
  reply: IncomingMessage,
  response: ServerResponse,
  announced: boolean,
): Promise<void> {
  const whole = await bodyOf(reply);
  const frames = framesOf(whole, reply.headers["content-type"] ?? "");
  const half = frames?.slice(0, Math.ceil(frames.length / 2)) ?? [
    whole.subarray(0, whole.length >> 1),
  ];
  const length = announced && frames === undefined ? { "content-length": whole.length } : {};
  const handedOn = Object.entries(reply.headers).filter(([name]) => !ownHeaders.has(name));
  response.writeHead(reply.statusCode ?? 0, { ...Object.fromEntries(handedOn), ...length });
  for (const piece of half) {
    await new Promise<void>((resolve) => void response.write(piece, () => resolve()));
    // A turn of the event loop keeps writes apart on the wire.
    await turn();
  }
}

/** The frames of a stream; undefined where the body is none. */
function framesOf(whole: Buffer, contentType: string): readonly Buffer[] | undefined {
  if (contentType.includes("text/event-stream")) return framesOfText(whole, /(?<=\n\r?\n)/);
  if (contentType.includes("application/x-ndjson")) return framesOfText(whole, /(?<=\n)/);
  return contentType.includes("application/vnd.amazon.eventstream")
    ? framesOfLengths(whole)
    : undefined;
}

function framesOfText(whole: Buffer, end: RegExp): readonly Buffer[] {
  const texts = whole.toString("latin1").split(end);
  return texts.map((text) => Buffer.from(text, "latin1"));
}

/** Each message of an AWS event stream begins with its whole length, in four bytes. */
function framesOfLengths(whole: Buffer): readonly Buffer[] {
  const frames: Buffer[] = [];
  for (let at = 0; at < whole.length; ) {
    const length = whole.readUInt32BE(at);
    frames.push(whole.subarray(at, at + length));
    at += length;
  }
  return frames;
}
