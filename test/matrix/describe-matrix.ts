import { Code } from "@connectrpc/connect";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import type { Client, Conversation, CreateClient, Outcome } from "./client.ts";
import {
  type Breakage,
  expectedFailure,
  expectedKind,
  expectedStatus,
  expectedType,
} from "./expected-failures.ts";
import { readUsage } from "./rpc-client.ts";
import { playLost, type Scenario, scenarios, toldUsage } from "./scenarios.ts";
import { gatewayKey, type Matrix, startMatrix } from "./start-matrix.ts";
import { startStarvationMeter } from "./starvation-meter.ts";
import type { ScenarioName, UpstreamRow } from "./upstream-row.ts";
import { upstreams } from "./upstreams.ts";

/** How long after its client a request to a vendor may live on. */
const goneWithinMs = 100;

const breakages = ["e400", "e429", "e500", "cut", "short"] as const satisfies readonly Breakage[];

/** One cell, but for what happens to the upstream. */
interface Cell {
  readonly upstream: UpstreamRow;
  readonly scenario: Scenario;
  readonly stream: boolean;
}

/** Every combination but for the scenarios that are left out, by nested loops. */
function allCells(leftOut: readonly ScenarioName[]): readonly Cell[] {
  const played = scenarios.filter(({ name }) => !leftOut.includes(name));
  return upstreams.flatMap((upstream) =>
    played.flatMap((scenario) => [false, true].map((stream) => ({ upstream, scenario, stream }))),
  );
}

/** A client and what its cells share. */
interface Session {
  readonly cells: readonly Cell[];
  readonly name: string;
  readonly matrix: () => Matrix;
  readonly client: () => Client;
  /** A text that no other cell uses. */
  readonly nextMark: () => string;
  /**
   * Opens a conversation with the cell's vendor by way of a provider; `vendorName` says how the
   * vendor behaves.
   */
  readonly open: (cell: Cell, provider: string, vendorName: string, mark: string) => Conversation;
  /** Calls so far. */
  readonly asked: () => number;
  /** How long the vendor's request outlived its client, for each call that was left. */
  readonly delaysMs: number[];
}

/**
 * Runs every cell of the matrix for one client: each upstream, scenario, way of answering and fate
 * of the upstream. `lacks`: scenarios that the client's dialect has no words for.
 */
export function describeMatrix(
  name: string,
  createClient: CreateClient,
  lacks: readonly ScenarioName[] = [],
): void {
  describe(name, () => {
    let matrix: Matrix;
    let client: Client;
    beforeAll(async () => {
      matrix = await startMatrix();
      client = createClient(matrix.url, gatewayKey);
    });
    afterAll(async () => {
      client.close();
      await matrix.close();
    });
    const session = createSession(
      { name, cells: allCells(lacks) },
      () => matrix,
      () => client,
    );
    describeAnswers(session);
    describeFailures(session);
    describeLeaving(session);
    describeAfterwards(session);
  });
}

function createSession(
  { name, cells }: Pick<Session, "name" | "cells">,
  matrix: () => Matrix,
  client: () => Client,
): Session {
  let marks = 0;
  let asked = 0;
  return {
    name,
    cells,
    matrix,
    client,
    nextMark: () => {
      marks += 1;
      return `mark-${marks}-`;
    },
    open: (cell, provider, vendorName, mark) => {
      const model = `${provider}/${cell.upstream.model}-${vendorName}`;
      const conversation = client().open({
        ...cell.scenario.settings,
        model,
        system: "Be brief.",
        text: mark,
      });
      return {
        ...conversation,
        ask: (options) => {
          asked += 1;
          return conversation.ask(options);
        },
      };
    },
    asked: () => asked,
    delaysMs: [],
  };
}

function describeAnswers({ cells, matrix, client, nextMark, open }: Session): void {
  describe.concurrent("answers", () => {
    for (const cell of cells) {
      it(title(cell, "ok"), async () => {
        const { upstream, scenario, stream } = cell;
        const mark = markOf(nextMark(), upstream, scenario.vendorName);
        const { vendor } = matrix().upstream(upstream);
        const conversation = open(cell, upstream.name, scenario.vendorName, mark);
        const received = () => vendor.requests.filter(({ rawBody }) => rawBody.includes(mark));
        if (isRefused(cell)) {
          judgeRefusal(await conversation.ask({ stream }), client().family);
          expect(received()).toEqual([]);
        } else {
          const play = upstream.loses?.[scenario.name] === undefined ? scenario.play : playLost;
          await play(conversation, { upstream, stream, client: client(), mark, received });
        }
      });
    }
  });
}

function describeFailures({ cells, client, nextMark, open }: Session): void {
  const fates = cells.flatMap((cell) => breakages.map((breakage) => ({ cell, breakage })));
  describe.concurrent("failures", () => {
    for (const { cell, breakage } of fates) {
      it(title(cell, breakage), async () => {
        const { upstream, scenario, stream } = cell;
        const halved = isHalved(breakage);
        const provider = halved ? `${upstream.name}_${breakage}` : upstream.name;
        const vendorName = halved ? scenario.vendorName : breakage;
        const conversation = open(
          cell,
          provider,
          vendorName,
          markOf(nextMark(), upstream, vendorName),
        );
        const outcome = await conversation.ask({ stream });
        if (isRefused(cell)) judgeRefusal(outcome, client().family);
        else judgeFailure(outcome, cell, breakage, provider, client());
      });
    }
  });
}

/** One at a time: what is measured is the gateway, not the queue in front of it. */
function describeLeaving(session: Session): void {
  describe("clients that go", () => {
    for (const cell of leavingCells(session)) {
      it(title(cell, "client gone"), async () => {
        await leave(
          session,
          cell,
          `${cell.upstream.name}_hang`,
          cell.stream && !isSilent(cell, session.client()),
        );
        await leave(session, cell, `${cell.upstream.name}_silent`, false);
      });
    }
  });
}

/**
 * Asks and leaves: after the first piece where there is one, else when the vendor has said all it
 * will say.
 */
async function leave(
  session: Session,
  cell: Cell,
  provider: string,
  answering: boolean,
): Promise<void> {
  const mark = markOf(session.nextMark(), cell.upstream, cell.scenario.vendorName);
  const watched = session.matrix().upstream(cell.upstream).relay.watch(mark);
  const conversation = session.open(cell, provider, cell.scenario.vendorName, mark);
  const leaving = new AbortController();
  const firstPiece = Promise.withResolvers<void>();
  const outcome = conversation.ask({
    stream: cell.stream,
    signal: leaving.signal,
    onPiece: firstPiece.resolve,
  });
  await watched.stalled;
  if (answering) await firstPiece.promise;
  const meter = startStarvationMeter();
  const leftAtMs = performance.now();
  leaving.abort();
  const delayMs = (await watched.gone) - leftAtMs - meter.stop();
  session.delaysMs.push(delayMs);
  expect(delayMs).toBeLessThanOrEqual(goneWithinMs);
  expect((await outcome).failure?.kind).toBe("cancelled");
}

function describeAfterwards(session: Session): void {
  const { name, cells, matrix, asked, delaysMs } = session;
  describe("afterwards", () => {
    it("no vendor has seen the caller's key, and each has seen its own", () => {
      for (const upstream of upstreams)
        judgeKeys(matrix(), upstream, cells.length / upstreams.length / 2);
    });

    it("every call was recorded once, those that were left as left, and no bug was met", async () => {
      const { records, bugs } = matrix();
      await expect.poll(() => records.length).toBe(asked());
      expect(records.filter(({ callerGone }) => callerGone)).toHaveLength(delaysMs.length);
      expect(bugs).toEqual([]);
    });

    it("usage was settled to the number, whoever asked and however", () => {
      for (const row of upstreams) {
        const model = `${row.name}/${row.model}-usage`;
        const calls = matrix().records.filter((record) => record.model === model);
        expect(calls).toHaveLength(2);
        for (const { usage, stream } of calls)
          expect(readUsage(usage)).toEqual(toldUsage(row, stream));
      }
    });

    it("the slowest cancellation is known", async ({ annotate }) => {
      const slowestMs = Math.max(...delaysMs);
      await annotate(
        `${name}: an upstream outlives its client by at most ${slowestMs.toFixed(1)} ms`,
      );
      expect(delaysMs).toHaveLength(2 * leavingCells(session).length);
      expect(slowestMs).toBeLessThanOrEqual(goneWithinMs);
    });
  });
}

/** Cells in which the vendor is asked at all. */
function leavingCells({ cells }: Pick<Session, "cells">): readonly Cell[] {
  return cells.filter((cell) => !isRefused(cell));
}

function title({ upstream, scenario, stream }: Cell, fate: string): string {
  return `${upstream.name} upstream, ${scenario.name}, ${stream ? "stream" : "unary"}, ${fate}`;
}

/**
 * The mark of a cell; with the scenario behind it where no model tells the vendor how to behave.
 */
function markOf(mark: string, { modelUnsent }: UpstreamRow, vendorName: string): string {
  return modelUnsent === true ? `${mark}${vendorName}` : mark;
}

/** Whether the vendor's API has no place for the scenario. */
function isRefused({ upstream, scenario }: Cell): boolean {
  return upstream.refuses?.[scenario.name] !== undefined;
}

function judgeRefusal({ failure, pieces, ended }: Outcome, family: Client["family"]): void {
  expect({ pieces, ended }).toEqual({ pieces: 0, ended: false });
  expect(failure?.status).toBe(family === "rpc" ? Code.Unimplemented : 400);
  if (family === "rpc") expect(failure?.type).toBe(ErrorReason[ErrorReason.UNSUPPORTED]);
  else expect(failure?.kind).toBe("invalid_request");
  expect(failure?.message).toMatch(/./);
}

/** Whether a client may hear nothing of the first half of a stream. */
function isSilent({ scenario }: Cell, { callsWhole }: Client): boolean {
  return callsWhole === true && scenario.settings.tools !== undefined;
}

/** Whether half of an answer comes before the failure. */
function isHalved(breakage: Breakage): boolean {
  return breakage === "cut" || breakage === "short";
}

function judgeKeys(matrix: Matrix, row: UpstreamRow, played: number): void {
  const { requests } = matrix.upstream(row).vendor;
  expect(requests.length).toBeGreaterThan(4 * played);
  const own =
    typeof row.credential === "string" ? row.credential : expect.stringMatching(row.credential);
  for (const request of requests) {
    expect(
      [...request.rawHeaders, request.path].filter((text) => text.includes(gatewayKey)),
    ).toEqual([]);
    expect(row.shownCredential(request)).toEqual(own);
  }
}

function judgeFailure(
  outcome: Outcome,
  cell: Cell,
  breakage: Breakage,
  provider: string,
  client: Client,
): void {
  const { upstream, stream } = cell;
  const { family } = client;
  const expected = expectedFailure(upstream, breakage, stream);
  const midStream = stream && isHalved(breakage);
  const { failure } = outcome;
  expect(failure).toBeDefined();
  expect(outcome.ended).toBe(false);
  if (!midStream) expect(outcome.pieces).toBe(0);
  else if (!isSilent(cell, client)) expect(outcome.pieces).toBeGreaterThan(0);
  expect(failure).toMatchObject({
    kind: midStream && family !== "rpc" ? "mid_stream" : expectedKind(expected, family),
    status: expectedStatus(expected, family, midStream),
    type: expectedType(expected, family, midStream),
    callId: expect.stringMatching(/./),
    retryAfterS: expected.retryAfterS,
  });
  expect(failure?.message).toMatch(/./);
  if (family !== "rpc") return;
  expect(failure?.fault).toEqual({
    provider,
    upstreamStatus: expected.upstreamStatus,
    retryable: expected.retryable,
    retryAfterMs: expected.retryAfterS === undefined ? undefined : expected.retryAfterS * 1000,
    callId: failure?.callId,
  });
}
