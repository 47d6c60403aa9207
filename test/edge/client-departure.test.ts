import { once } from "node:events";
import { connect as connectH2 } from "node:http2";
import { connect as connectTcp } from "node:net";
import { resolve } from "node:path";
import { connect as connectTls } from "node:tls";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { CallRecord } from "../../src/core/ledger/call-record.ts";
import { type RunningGateway, startGateway } from "../../src/serve.ts";
import { folderWith, spawnProgram } from "../cli/spawn-parlance.ts";
import { selfSigned } from "../upstream/self-signed.ts";
import { startOpenAiVendor } from "../vendors/openai/start-openai-vendor.ts";
import type { Vendor } from "../vendors/start-vendor-server.ts";
import { type Departure, openCall, type Transport } from "./departing-client.ts";

/** A gateway in front of a simulated vendor. */
interface Setup {
  readonly gateway: RunningGateway;
  readonly vendor: Vendor;
  readonly records: readonly CallRecord[];
  readonly bugs: readonly unknown[];
}

async function setUp(tls: boolean): Promise<Setup> {
  const vendor = await startOpenAiVendor();
  onTestFinished(() => vendor.close());
  const records: CallRecord[] = [];
  const bugs: unknown[] = [];
  const folder = folderWith({ "server.crt": selfSigned.cert, "server.key": selfSigned.key });
  const files = `cert_file: ${folder}/server.crt, key_file: ${folder}/server.key`;
  const config = `
server: { port: 0${tls ? `, tls: { ${files} }` : ""} }
providers: { o: { kind: openai, base_url: "${vendor.url}/v1", api_key: { value: k } } }
`;
  const world = {
    record: (record: CallRecord) => void records.push(record),
    onBug: (bug: unknown) => void bugs.push(bug),
  };
  const gateway = await startGateway({ config, world });
  onTestFinished(gateway.close);
  return { gateway, vendor, records, bugs };
}

/**
 * What a test waits for must come, but a busy machine may take its time: the test's own time is the
 * bound.
 */
const untilEnd = { timeout: 50_000, interval: 5 };

const states = [
  ["the head", "m-hang-before"],
  ["more of a stream", "m-hang"],
] as const;

const transports: readonly Transport[] = [false, true].flatMap((tls) => [
  { protocol: "h1", tls, api: "REST" } as const,
  { protocol: "h2", tls, api: "REST" } as const,
  { protocol: "h2", tls, api: "gRPC" } as const,
]);

const departures = {
  h1: ["FIN", "RST"],
  h2: ["FIN", "half-close", "RST", "GOAWAY and FIN", "RST_STREAM"],
} as const satisfies Record<string, readonly Departure[]>;

function nameOf({ protocol, tls, api }: Transport): string {
  return `${api} over ${protocol}${tls ? " and TLS" : ""}`;
}

/** Opens an HTTP/2 connection without a call, and gives the ways to close it. */
async function openIdle(port: number, tls: boolean) {
  const tcp = connectTcp({ port, host: "127.0.0.1", allowHalfOpen: true });
  const socket = tls
    ? connectTls({ socket: tcp, rejectUnauthorized: false, ALPNProtocols: ["h2"] })
    : tcp;
  const session = connectH2("http://localhost", { createConnection: () => socket });
  session.on("error", () => undefined);
  await once(session, "remoteSettings");
  return {
    FIN: () => socket.destroy(),
    "half-close": () => socket.end(),
    RST: () => tcp.resetAndDestroy(),
    GOAWAY: () => session.close(),
  };
}

/** Waits until the vendor's call is closed and nothing of the client is left. */
async function expectGone(
  { gateway, vendor, records, bugs }: Setup,
  connections: number,
): Promise<void> {
  await vendor.requests[0]?.aborted;
  await vi.waitUntil(() => records.length === 1, untilEnd);
  expect(records[0]).toMatchObject({ callerGone: true });
  await vi.waitUntil(
    () => gateway.active() === 0 && gateway.connections() === connections,
    untilEnd,
  );
  expect(bugs).toEqual([]);
}

describe("a client that goes away closes the call to its vendor", () => {
  for (const transport of transports) {
    for (const [state, scenario] of states) {
      for (const how of departures[transport.protocol]) {
        test(`${nameOf(transport)}, waiting for ${state}, by ${how}`, async () => {
          const setup = await setUp(transport.tls);
          const client = openCall(transport, setup.gateway.port, `o/${scenario}`);
          await setup.vendor.waitForRequests(1);
          if (scenario === "m-hang") await client.answered;
          client.leave(how);
          await expectGone(setup, how === "RST_STREAM" ? 1 : 0);
        });
      }

      test(`${nameOf(transport)}, waiting for ${state}, by SIGKILL`, async () => {
        const setup = await setUp(transport.tls);
        const { protocol, tls, api } = transport;
        const program = resolve("test/edge/departing-process.ts");
        const args = [
          program,
          protocol,
          tls ? "tls" : "plain",
          api,
          String(setup.gateway.port),
          `o/${scenario}`,
        ];
        const process = spawnProgram(globalThis.process.execPath, args);
        if (scenario === "m-hang") await process.printed(/answered/);
        await setup.vendor.waitForRequests(1);
        process.child.kill("SIGKILL");
        await expectGone(setup, 0);
      });
    }
  }
});

describe("an idle connection that its client closes is freed", () => {
  for (const tls of [false, true]) {
    for (const how of ["FIN", "half-close", "RST", "GOAWAY"] as const) {
      test(`by ${how}, over h2${tls ? " and TLS" : ""}`, async () => {
        const { gateway } = await setUp(tls);
        const leave = await openIdle(gateway.port, tls);
        expect(gateway.connections()).toBe(1);
        leave[how]();
        await vi.waitUntil(() => gateway.connections() === 0, untilEnd);
      });
    }
  }
});
