import { connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import type { AttackOutcome } from "../client/attack-request.ts";
import { exchangeBytes } from "../client/send-h1.ts";
import type { Report } from "../finding.ts";
import { h1Attacks, type RawAttack } from "../frames/h1-attacks.ts";
import { type FrameAttack, h2Attacks } from "../frames/h2-attacks.ts";
import type { FuzzPart } from "../fuzz-part.ts";

/**
 * How long an attack waits for what its bytes lead to, and how long a client that behaves waits
 * meanwhile.
 */
const waitMs = { frames: 400, raw: 30_000, probe: 30_000 } as const;

/** Frames of HTTP/2 and bytes of HTTP/1.1 that no client should send. */
export const framesPart: FuzzPart = {
  name: "frames",
  title: "connections with frames and heads that no client should send",
  count: h2Attacks.length + h1Attacks.length,
  short: h2Attacks.length + h1Attacks.length,
  concurrency: 8,
  gateways: ["plain"],
  begin: (world) => ({
    async run(at, report) {
      const { port } = await world.gateway("plain");
      const h2 = h2Attacks[at];
      const h1 = h1Attacks[at - h2Attacks.length];
      if (h2 !== undefined) await playFrames(port, h2);
      else if (h1 !== undefined) await playRaw(port, h1, report);
      await probe(port, h2?.name ?? h1?.name ?? "", report);
    },
  }),
};

/** Writes the frames, reads and forgets what comes, and leaves without a word. */
async function playFrames(port: number, { pieces }: FrameAttack): Promise<void> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  socket.on("error", () => undefined);
  socket.resume();
  const closed = new Promise<void>((resolve) => void socket.once("close", () => resolve()));
  for (const piece of pieces()) {
    const written = new Promise<void>((resolve) => void socket.write(piece, () => resolve()));
    // A gateway that has had enough may stop to read.
    await Promise.race([written, closed, pause(5000)]);
  }
  await Promise.race([closed, pause(waitMs.frames)]);
  socket.destroy();
}

async function playRaw(
  port: number,
  { name, bytes, expected }: RawAttack,
  report: Report,
): Promise<void> {
  let outcome: AttackOutcome;
  try {
    outcome = await exchangeBytes(port, "POST", [bytes], {
      waitMs: waitMs.raw,
      replies: expected === "refused" ? 0 : expected,
    });
  } catch (error) {
    return report("a reply that is no HTTP", `${name}: ${String(error)}`);
  }
  const { replies, ending } = outcome;
  const told = `${name}: ${replies.map(({ status, body }) => `${status} ${body.toString("latin1", 0, 120)}`).join(" | ")}, ${ending}`;
  if (expected !== "refused") {
    if (replies.length !== expected)
      report(`not the replies that were due`, `${expected} of ${told}`);
    return;
  }
  if (replies.length > 1) report("a smuggled request was answered", told);
  if (
    replies.some(
      ({ status }) => (status < 400 || status >= 500) && status !== 501 && status !== 505,
    )
  )
    report("a request that is none was answered", told);
  if (ending === "late") report("a connection was kept that cannot be told apart any more", told);
}

/** Others must be served as before. */
async function probe(port: number, name: string, report: Report): Promise<void> {
  const bytes = Buffer.from(
    "GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n",
  );
  const { replies } = await exchangeBytes(port, "GET", [bytes], {
    waitMs: waitMs.probe,
    replies: 1,
  });
  if (replies[0]?.status !== 200) report("another client was not served", `after ${name}`);
}
