/**
 * A thread that plays every vendor on one port. What a request's text names in `~name:seed~` is how
 * it is answered.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { parentPort } from "node:worker_threads";
import { parseJson } from "../../vendors/json-value.ts";
import type { RecordedRequest } from "../../vendors/start-vendor-server.ts";
import { sendReply } from "../../vendors/vendor-reply.ts";
import { createRandom } from "../random.ts";
import { createGoodReplies, type GoodReply } from "./good-replies.ts";
import { misbehaviourByName } from "./misbehaviours.ts";
import { plantedHeader, type Subject, subjects } from "./subjects.ts";
import { createWire } from "./wire.ts";

/** What the thread is asked, and what it answers under the same id. */
export interface VendorQuestion {
  readonly id: number;
  /** `counts` asks alone; `close_idle` also closes the connections on which nothing runs. */
  readonly ask: "counts" | "close_idle";
}

/** What a vendor knows of its connections. */
export interface VendorCounts {
  /** Requests whose reply is not complete and whose connection is open. */
  readonly active: number;
  readonly connections: number;
  /** Requests so far. */
  readonly served: number;
  /** Requests that a redirect would have brought here. */
  readonly strayed: number;
}

/** What the thread sends. */
export type VendorMessage =
  | { readonly origin: string }
  | { readonly id: number; readonly counts: VendorCounts }
  | { readonly problem: string };

const sockets = new Map<Socket, number>();
let origin = "";
let active = 0;
let served = 0;
let strayed = 0;

const good = await createGoodReplies();
const server = createServer((message, response) => {
  serve(good, message, response).catch((error: Error) => {
    send({ problem: error.stack ?? error.message });
    message.socket.destroy();
  });
});
server.keepAliveTimeout = 0;
server.requestTimeout = 0;
server.headersTimeout = 0;
server.on("connection", (socket: Socket) => {
  sockets.set(socket, 0);
  socket.on("error", () => undefined);
  socket.once("close", () => sockets.delete(socket));
});
server.listen(0, "127.0.0.1", 4096, () => {
  const { port } = server.address() as AddressInfo; // a listening TCP server always has one
  origin = `http://127.0.0.1:${port}`;
  send({ origin });
});

parentPort?.on("message", ({ id, ask }: VendorQuestion) => {
  if (ask === "close_idle")
    for (const [socket, running] of sockets) if (running === 0) socket.destroy();
  send({ id, counts: { active, connections: sockets.size, served, strayed } });
});

function send(message: VendorMessage): void {
  parentPort?.postMessage(message);
}

async function serve(
  answer: GoodReply,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { socket } = message;
  served += 1;
  active += 1;
  sockets.set(socket, (sockets.get(socket) ?? 0) + 1);
  // Comes when the reply is complete, and when the connection is gone.
  response.once("close", () => {
    active -= 1;
    if (sockets.has(socket)) sockets.set(socket, (sockets.get(socket) ?? 1) - 1);
  });
  const rawBody = await bodyOf(message);
  if (rawBody === undefined) return;
  const { url = "", method = "", headers, rawHeaders } = message;
  if (url.startsWith("/elsewhere")) strayed += 1;
  if (url.startsWith("/identity/token")) return exchange(rawBody, response);
  const subject = subjectOf(message);
  if (subject === undefined) return void response.writeHead(404).end("nobody was asked");
  const asked: RecordedRequest = {
    method,
    path: url,
    headers,
    rawHeaders,
    rawBody,
    json: parseJson(rawBody),
    aborted: new Promise(() => undefined),
  };
  const reply = await answer(subject, asked);
  const [, name = "", seed = "0"] =
    /~([a-z0-9-]+)(?::(\d+))?~/.exec(rawBody.toString("latin1")) ?? [];
  const bad = misbehaviourByName.get(name);
  if (bad === undefined) return sendReply(reply, response, undefined);
  const facts = {
    stream: isStream(asked),
    credentials: credentialsOf(message),
    origin,
    random: createRandom(name, seed),
  };
  await bad.play(createWire(socket, facts), reply);
}

/** Undefined where the gateway left before it had said all. */
async function bodyOf(message: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of message) chunks.push(chunk);
  } catch {
    return undefined;
  }
  return Buffer.concat(chunks);
}

/** Gives the token of an API key, as IBM's IAM does. */
function exchange(rawBody: Buffer, response: ServerResponse): void {
  const key = new URLSearchParams(rawBody.toString()).get("apikey");
  const token = { access_token: `token-for-${key}`, token_type: "Bearer", expires_in: 3600 };
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(token));
}

const bySize = subjects.toSorted((one, other) => other.credential.length - one.credential.length);

function subjectOf({ rawHeaders, url }: IncomingMessage): Subject | undefined {
  const shown = `${rawHeaders.join("\n")}\n${url}`;
  return bySize.find(({ credential }) => shown.includes(credential));
}

const credentialNames: ReadonlySet<string> = new Set([
  "x-api-key",
  "api-key",
  "x-goog-api-key",
  "authorization",
]);

function credentialsOf({ headers }: IncomingMessage): string[] {
  const shown = Object.entries(headers).flatMap(([name, value]) =>
    credentialNames.has(name) ? [String(value).replace(/^Bearer /, "")] : [],
  );
  return [...shown, plantedHeader];
}

function isStream({ path, json }: RecordedRequest): boolean {
  const says =
    typeof json === "object" && json !== null && "stream" in json && json.stream === true;
  return says || /stream/i.test(path);
}
