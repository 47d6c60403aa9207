import type { CallRecord } from "../../src/core/ledger/call-record.ts";
import { startGateway } from "../../src/serve.ts";
import type { Vendor } from "../vendors/start-vendor-server.ts";
import { type Relay, startRelay } from "./start-relay.ts";
import type { UpstreamRow } from "./upstream-row.ts";
import { upstreams } from "./upstreams.ts";

/** The key that callers show the gateway; no vendor may ever see it. */
export const gatewayKey = "matrix-caller-key-0123456789";

/** A simulated vendor, directly and behind a network that fails. */
export interface Upstream {
  readonly vendor: Vendor;
  readonly relay: Relay;
}

/** A running gateway with every vendor behind it. */
export interface Matrix {
  readonly url: string;
  /** The vendor of a row. */
  readonly upstream: (row: UpstreamRow) => Upstream;
  /** Calls that are over, as the gateway recorded them. */
  readonly records: readonly CallRecord[];
  /** What the gateway itself calls a bug; empty in a healthy run. */
  readonly bugs: readonly unknown[];
  close(): Promise<void>;
}

/**
 * Starts vendors, failing networks and a gateway on free ports. Providers are named as
 * upstream-row.ts says. `rows`: the vendors, by default those of the matrix.
 */
export async function startMatrix(rows: readonly UpstreamRow[] = upstreams): Promise<Matrix> {
  const running = new Map(
    await Promise.all(rows.map(async (row) => [row.name, await startUpstream(row)] as const)),
  );
  const upstream = ({ name }: UpstreamRow): Upstream => {
    const found = running.get(name);
    if (found === undefined) throw new Error(`no upstream ${name} was started`);
    return found;
  };
  const records: CallRecord[] = [];
  const bugs: unknown[] = [];
  const gateway = await startGateway({
    config: configText(rows, upstream),
    world: {
      record: (record) => void records.push(record),
      onBug: (error) => void bugs.push(error),
    },
  });
  return {
    url: gateway.url,
    upstream,
    records,
    bugs,
    close: async () => {
      await gateway.close();
      for (const { relay, vendor } of running.values()) {
        await relay.close();
        await vendor.close();
      }
    },
  };
}

async function startUpstream(row: UpstreamRow): Promise<Upstream> {
  const vendor = await row.start();
  return { vendor, relay: await startRelay(vendor.url) };
}

function configText(rows: readonly UpstreamRow[], upstream: Matrix["upstream"]): string {
  const providers = rows.flatMap((row) => {
    const { vendor, relay } = upstream(row);
    const origins = [
      ["", vendor.url],
      ["_cut", relay.url("cut")],
      ["_short", relay.url("short")],
      ["_hang", relay.url("hang")],
      ["_silent", relay.url("hang-before")],
    ] as const;
    return origins.map(
      ([suffix, origin]) => `  ${row.name}${suffix}: { ${row.provider(origin)} }\n`,
    );
  });
  return `
server: { host: 127.0.0.1, port: 0 }
keys: [{ name: matrix, value: { value: ${gatewayKey} } }]
providers:
${providers.join("")}`;
}
