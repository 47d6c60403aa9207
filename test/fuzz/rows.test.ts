import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createH2Client } from "./client/h2-client.ts";
import { sendH1 } from "./client/send-h1.ts";
import { callerKeys } from "./fuzz-config.ts";
import { createWorld, type FuzzWorld } from "./fuzz-world.ts";
import { judgeOutcome } from "./parts/requests.ts";
import { judgeCall, playCall } from "./parts/vendors.ts";
import type { RequestCase } from "./requests/make-request.ts";
import { type RequestRow, requestRows, vendorRows } from "./rows.ts";
import { callVendor } from "./vendor/call-vendor.ts";
import { misbehaviourByName } from "./vendor/misbehaviours.ts";
import { subjects } from "./vendor/subjects.ts";

/** How long a start and a call may take on a busy machine. */
const timeoutMs = { start: 120_000, call: 60_000 } as const;

describe("what was once found stays away", () => {
  let world: FuzzWorld;
  const h2 = createH2Client();

  beforeAll(async () => {
    world = await createWorld({ seed: 1, short: true });
    await world.gateway("plain");
    world.takeEvents();
  }, timeoutMs.start);
  afterAll(async () => {
    h2.close();
    await world.close();
  }, timeoutMs.start);

  /** What the gateway did meanwhile, once it has printed what it had to print. */
  async function events(): Promise<readonly string[]> {
    const { process } = await world.gateway("plain");
    await process.ask("usage");
    return world.takeEvents().map(({ what, detail }) => `${what}: ${detail}`);
  }

  for (const row of requestRows) {
    it(
      row.title,
      async () => {
        const { port } = await world.gateway("plain");
        const made = caseOf(row);
        const sent =
          row.protocol === "h2"
            ? h2.send(port, made.request, timeoutMs.call)
            : sendH1(port, made.request, timeoutMs.call);
        expect(judgeOutcome(made, await sent)).toEqual([]);
        expect(await events()).toEqual([]);
      },
      timeoutMs.call,
    );
  }

  for (const row of vendorRows) {
    it(
      `${row.subject}: ${row.title}`,
      async () => {
        const subject = subjects.find(({ name }) => name === row.subject);
        const bad = misbehaviourByName.get(row.misbehaviour);
        if (subject === undefined || bad === undefined) throw new Error("nobody plays this");
        const { port } = await world.gateway("plain");
        const call = callVendor({ ...row, subject });
        expect(judgeCall(call, bad, await playCall(port, call, h2))).toEqual([]);
        expect(await events()).toEqual([]);
      },
      timeoutMs.call,
    );
  }
});

function caseOf({ protocol, method, target, headers, body, rpc }: RequestRow): RequestCase {
  const all = [
    ["host", "127.0.0.1"],
    ["authorization", `Bearer ${callerKeys.caller}`],
    ...headers,
  ] as const;
  const bytes = Buffer.from(body, "latin1");
  return {
    protocol: rpc,
    ends: true,
    request: { protocol, method, target, headers: all, body: bytes, framing: "length" },
  };
}
