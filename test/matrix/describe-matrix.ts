import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import type { Client, Conversation, CreateClient, Outcome } from "./client.ts";
import { type Breakage, expectedFailure, expectedStatus } from "./expected-failures.ts";
import { readUsage } from "./rpc-client.ts";
import { type Scenario, scenarios, usageNumbers } from "./scenarios.ts";
import {
  gatewayKey,
  type Matrix,
  startMatrix,
  type UpstreamName,
  upstreamKeys,
  upstreamNames,
} from "./start-matrix.ts";
import { startStarvationMeter } from "./starvation-meter.ts";

/** How long after its client a request to a vendor may live on. */
const goneWithinMs = 100;

const breakages = ["e400", "e429", "e500", "cut", "short"] as const satisfies readonly Breakage[];

const modelNames: Readonly<Record<UpstreamName, string>> = { openai: "gpt-5-mini", anthropic: "claude-sonnet-4-5" };

/** One cell, but for what happens to the upstream. */
interface Cell {
  readonly upstream: UpstreamName;
  readonly scenario: Scenario;
  readonly stream: boolean;
}

/** Every combination, by nested loops. */
function cells(): readonly Cell[] {
  return upstreamNames.flatMap((upstream) =>
    scenarios.flatMap((scenario) => [false, true].map((stream) => ({ upstream, scenario, stream }))),
  );
}

/** Runs every cell of the matrix for one client: each upstream, scenario, way of answering and fate of the upstream. */
export function describeMatrix(name: string, createClient: CreateClient): void {
  describe(name, () => {
    let matrix: Matrix;
    let client: Client;
    let marks = 0;
    const delaysMs: number[] = [];
    let asked = 0;
    let left = 0;

    beforeAll(async () => {
      matrix = await startMatrix();
      client = createClient(matrix.url, gatewayKey);
    });
    afterAll(async () => {
      client.close();
      await matrix.close();
    });

    const nextMark = (): string => {
      marks += 1;
      return `mark-${marks}-`;
    };
    const open = (cell: Cell, provider: string, vendorName: string, mark: string): Conversation => {
      const model = `${provider}/${modelNames[cell.upstream]}-${vendorName}`;
      const conversation = client.open({ ...cell.scenario.settings, model, system: "Be brief.", text: mark });
      return {
        ...conversation,
        ask: (options) => {
          asked += 1;
          return conversation.ask(options);
        },
      };
    };

    describe.concurrent("answers", () => {
      for (const cell of cells()) {
        it(title(cell, "ok"), async () => {
          const mark = nextMark();
          const { vendor } = matrix.upstreams[cell.upstream];
          const conversation = open(cell, cell.upstream, cell.scenario.vendorName, mark);
          const received = () => vendor.requests.filter(({ rawBody }) => rawBody.includes(mark));
          await cell.scenario.play(conversation, { upstream: cell.upstream, stream: cell.stream, mark, received });
        });
      }
    });

    describe.concurrent("failures", () => {
      for (const cell of cells()) {
        for (const breakage of breakages) {
          it(title(cell, breakage), async () => {
            const halved = isHalved(breakage);
            const provider = halved ? `${cell.upstream}_${breakage}` : cell.upstream;
            const conversation = open(cell, provider, halved ? cell.scenario.vendorName : breakage, nextMark());
            const outcome = await conversation.ask({ stream: cell.stream });
            judgeFailure(outcome, cell, breakage, provider, client.family);
          });
        }
      }
    });

    // One at a time: what is measured is the gateway, not the queue in front of it.
    describe("clients that go", () => {
      for (const cell of cells()) {
        it(title(cell, "client gone"), async () => {
          for (const [provider, answering] of [
            [`${cell.upstream}_hang`, true],
            [`${cell.upstream}_silent`, false],
          ] as const) {
            const mark = nextMark();
            const watched = matrix.upstreams[cell.upstream].relay.watch(mark);
            const conversation = open(cell, provider, cell.scenario.vendorName, mark);
            const leaving = new AbortController();
            const firstPiece = Promise.withResolvers<void>();
            const outcome = conversation.ask({
              stream: cell.stream,
              signal: leaving.signal,
              onPiece: firstPiece.resolve,
            });
            await watched.stalled;
            if (cell.stream && answering) await firstPiece.promise;
            const meter = startStarvationMeter();
            const leftAtMs = performance.now();
            leaving.abort();
            const delayMs = (await watched.gone) - leftAtMs - meter.stop();
            left += 1;
            delaysMs.push(delayMs);
            expect(delayMs).toBeLessThanOrEqual(goneWithinMs);
            expect((await outcome).failure?.kind).toBe("cancelled");
          }
        });
      }
    });

    describe("afterwards", () => {
      it("no vendor has seen the caller's key, and each has seen its own", () => {
        for (const upstream of upstreamNames) judgeKeys(matrix, upstream);
      });

      it("every call was recorded once, those that were left as left, and no bug was met", async () => {
        await expect.poll(() => matrix.records.length).toBe(asked);
        expect(matrix.records.filter(({ callerGone }) => callerGone)).toHaveLength(left);
        expect(matrix.bugs).toEqual([]);
      });

      it("usage was settled to the number, whoever asked and however", () => {
        for (const upstream of upstreamNames) {
          const model = `${upstream}/${modelNames[upstream]}-usage`;
          const settled = matrix.records
            .filter((record) => record.model === model)
            .map(({ usage }) => readUsage(usage));
          expect(settled).toEqual([usageNumbers[upstream], usageNumbers[upstream]]);
        }
      });

      it("the slowest cancellation is known", async ({ annotate }) => {
        const slowestMs = Math.max(...delaysMs);
        await annotate(`${name}: an upstream outlives its client by at most ${slowestMs.toFixed(1)} ms`);
        expect(delaysMs).toHaveLength(2 * cells().length);
        expect(slowestMs).toBeLessThanOrEqual(goneWithinMs);
      });
    });
  });
}

function title({ upstream, scenario, stream }: Cell, fate: string): string {
  return `${upstream} upstream, ${scenario.name}, ${stream ? "stream" : "unary"}, ${fate}`;
}

/** Whether half of an answer comes before the failure. */
function isHalved(breakage: Breakage): boolean {
  return breakage === "cut" || breakage === "short";
}

function judgeKeys(matrix: Matrix, upstream: UpstreamName): void {
  const { requests } = matrix.upstreams[upstream].vendor;
  expect(requests.length).toBeGreaterThan(cells().length);
  for (const { headers, rawHeaders, path } of requests) {
    expect([...rawHeaders, path].filter((text) => text.includes(gatewayKey))).toEqual([]);
    const shown = upstream === "openai" ? headers.authorization : headers["x-api-key"];
    expect(shown).toBe(upstream === "openai" ? `Bearer ${upstreamKeys.openai}` : upstreamKeys.anthropic);
  }
}

function judgeFailure(
  outcome: Outcome,
  { upstream, stream }: Cell,
  breakage: Breakage,
  provider: string,
  family: Client["family"],
): void {
  const expected = expectedFailure(breakage, stream);
  const midStream = stream && isHalved(breakage);
  const { failure } = outcome;
  expect(failure).toBeDefined();
  expect(outcome.ended).toBe(false);
  if (midStream) expect(outcome.pieces).toBeGreaterThan(0);
  else expect(outcome.pieces).toBe(0);
  expect(failure).toMatchObject({
    kind: midStream && family !== "rpc" ? "mid_stream" : expected.kind,
    status: expectedStatus(expected, family, midStream),
    type: family === "rpc" ? ErrorReason[expected.reason] : expected.types[family],
    callId: expect.stringMatching(/./),
    retryAfterS: expected.retryAfterS,
  });
  expect(failure?.message).toMatch(/./);
  if (family !== "rpc") return;
  expect(failure?.fault).toEqual({
    provider,
    upstreamStatus: expected.upstreamStatus[upstream],
    retryable: expected.retryable,
    retryAfterMs: expected.retryAfterS === undefined ? undefined : expected.retryAfterS * 1000,
    callId: failure?.callId,
  });
}
