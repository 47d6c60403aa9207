import { setTimeout as pause } from "node:timers/promises";
import { openConnection, printCall, type RawConnection } from "../aborts/raw-connection.ts";
import type { Report } from "../finding.ts";
import { frame, types } from "../frames/h2-frames.ts";
import { bounds, type GatewayKind, promptMark } from "../fuzz-config.ts";
import type { FuzzPart } from "../fuzz-part.ts";

/** What a client is slow at. */
const tasks = [
  "reads nothing",
  "sends no head",
  "sends its head by drops",
  "sends its body by drops",
  "sends no body",
] as const;

type Task = (typeof tasks)[number];

interface Way {
  readonly kind: GatewayKind;
  readonly h2: boolean;
  readonly task: Task;
}

const ways: readonly Way[] = (["plain", "tls"] as const).flatMap((kind) =>
  [false, true].flatMap((h2) => tasks.map((task) => ({ kind, h2, task }))),
);

/** Beyond the longest of the gateway's own bounds, on the wall. */
const limitMs =
  Math.max(bounds.requestMs, bounds.sendMs, bounds.headersMs + bounds.idleMs) + 15_000;

/**
 * Clients that take their time. Each must be let go by a bound of the gateway, and by nothing else.
 */
export const slowPart: FuzzPart = {
  name: "slow",
  title: "clients that read or send too slowly",
  count: ways.length * 8,
  short: ways.length,
  concurrency: 24,
  gateways: ["plain", "tls"],
  begin: (world) => ({
    async run(at, report) {
      const way = ways[at % ways.length];
      if (way === undefined) return;
      const { port } = await world.gateway(way.kind);
      const connection = await openConnection({ port, secure: way.kind === "tls", h2: way.h2 });
      await play(connection, way.task);
      await judge(connection, way, report);
    },
  }),
};

/** Begins what the client is slow at; drops fall until the connection is gone. */
async function play(connection: RawConnection, task: Task): Promise<void> {
  const messages = [{ role: "user", content: `${promptMark} ~content-for-ever:1~` }];
  const bytes = Buffer.from(
    JSON.stringify({ model: "hold_openai_compatible/m-text", stream: true, messages }),
  );
  const [head, body] = printCall(connection.h2, bytes);
  switch (task) {
    case "reads nothing":
      connection.pause();
      return connection.write(Buffer.concat([head, body]));
    case "sends no head":
      return connection.write(head.subarray(0, 20));
    case "sends its head by drops":
      return drip(connection, head);
    case "sends its body by drops":
      await connection.write(head);
      return drip(connection, body);
    case "sends no body":
      return connection.write(head);
  }
}

async function drip(connection: RawConnection, bytes: Buffer): Promise<void> {
  const stopMs = Date.now() + limitMs;
  for (let at = 0; at < bytes.length && Date.now() < stopMs; at += 1) {
    await connection.write(bytes.subarray(at, at + 1));
    const gone = await Promise.race([connection.closed.then(() => true), pause(200, false)]);
    if (gone) return;
  }
}

async function judge(
  connection: RawConnection,
  { kind, h2, task }: Way,
  report: Report,
): Promise<void> {
  // Who does not read is not told of the end either, but by what comes of another write.
  const poke = connection.h2 ? frame(types.ping, 0, 0, Buffer.alloc(8)) : Buffer.from("\r\n");
  const poking =
    task === "reads nothing" ? setInterval(() => void connection.write(poke), 500) : undefined;
  const late = await Promise.race([connection.closed.then(() => false), pause(limitMs, true)]);
  clearInterval(poking);
  if (late) report("a slow client was kept", `${kind} ${h2 ? "h2" : "h1"}, a client that ${task}`);
  connection.reset();
  await connection.closed;
}
