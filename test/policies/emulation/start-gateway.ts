import { onTestFinished } from "vitest";
import type { World } from "../../../src/composition/world.ts";
import type { CallRecord } from "../../../src/core/ledger/call-record.ts";
import { startGateway as serve } from "../../../src/serve.ts";

/** A gateway on a free port, with what it recorded. */
export interface TestGateway {
  readonly url: string;
  readonly records: readonly CallRecord[];
  /** What the gateway itself calls a bug; must stay empty. */
  readonly bugs: readonly unknown[];
  /** Resolves when so many calls are over. */
  recorded(count: number): Promise<readonly CallRecord[]>;
}

/** Starts a gateway that ends with the test. */
export async function startGateway(
  config: object,
  world: Partial<World> = {},
): Promise<TestGateway> {
  const records: CallRecord[] = [];
  const bugs: unknown[] = [];
  const waiting: (() => void)[] = [];
  const gateway = await serve({
    config: { text: JSON.stringify({ server: { port: 0 }, ...config }), filename: "test" },
    world: {
      record: (record) => {
        records.push(record);
        for (const wake of waiting.splice(0)) wake();
      },
      onBug: (error) => void bugs.push(error),
      ...world,
    },
  });
  onTestFinished(() => gateway.close());
  const recorded = async (count: number): Promise<readonly CallRecord[]> => {
    while (records.length < count) await new Promise<void>((resolve) => waiting.push(resolve));
    return records;
  };
  return { url: gateway.url, records, bugs, recorded };
}
