import { setImmediate as turn } from "node:timers/promises";
import type { Event } from "../../gen/parlance/chat/v1/event_pb.js";
import { createDialects } from "../../src/adapters/dialects.ts";
import { createOutlets, dialectsOf } from "../../src/composition/outlets.ts";
import { loadConfig } from "../../src/config/loading/load-config.ts";
import { attempt, handleCall, planAttempt } from "../../src/core/attempt.ts";
import type { Call, Handler, Outlet, Piece, Reply } from "../../src/core/call.ts";
import { compose, type Stage } from "../../src/core/compose.ts";
import { codecOf } from "../../src/core/dialect.ts";
import { dispatch } from "../../src/core/dispatch/dispatch.ts";
import { lenient } from "../../src/core/fidelity/loss-policy.ts";
import type { Clock, End } from "../../src/core/life.ts";
import { chat } from "../../src/core/operation.ts";
import { piecesOf } from "../../src/core/reply/rewrite-reply.ts";
import type { WireOutlet } from "../../src/core/target/outlet.ts";
import { outletFor } from "../../src/core/target/outlet-for.ts";
import type { Target } from "../../src/core/target/target.ts";
import { isObject, parseJson } from "../../src/json/json.ts";
import { unwatched } from "../../src/policies/routing/circuits/circuit-news.ts";
import { createCredentialCircuits } from "../../src/policies/routing/circuits/credential-circuits.ts";
import { createMemoryState } from "../../src/state/state.ts";
import { createUpstream } from "../../src/upstream/client.ts";
import { callOf, chatOf, requestOf } from "../calls.ts";
import type { UpstreamRow } from "../matrix/upstream-row.ts";
import { upstreams } from "../matrix/upstreams.ts";
import type { ScenarioName } from "../vendors/scenario.ts";
import type { Vendor } from "../vendors/start-vendor-server.ts";

/** Every vendor of the matrix, and ways to them without an edge. */
export interface PolicyWorld {
  readonly vendors: readonly PolicyVendor[];
  close(): Promise<void>;
}

/** A simulated vendor and the way to it. */
export interface PolicyVendor {
  readonly row: UpstreamRow;
  readonly vendor: Vendor;
  readonly outlet: WireOutlet;
}

/** What the first request of a call meets at the vendor, or that its caller leaves. */
export type Fate = "ok" | "e429" | "e500" | "cut" | "leaves";

/** How a call is made. */
export interface Play {
  readonly stages: readonly Stage[];
  readonly stream: boolean;
  /** In the vendor's own dialect, so that its bytes may pass; else typed. */
  readonly ownBytes: boolean;
  readonly fate: Fate;
  /** Its first piece may wait for more of the answer. */
  readonly holdsBack?: boolean;
  /** What the vendor says. Absent: it repeats what was said. */
  readonly text?: string;
}

/** What came of a call. */
export interface Played {
  /** Every end that the call had, and every end of the innermost stage, by their kinds. */
  readonly ends: readonly End["kind"][];
  readonly entered: number;
  readonly innerEnds: readonly End["kind"][];
  /** The trail of attempts, by the kinds of their ends. */
  readonly attempts: readonly (End["kind"] | undefined)[];
  readonly reply: Reply | undefined;
  /** The text of the events that were read; "" where only bytes passed. */
  readonly text: string;
  /** Whether the vendor's own bytes passed. */
  readonly passed: boolean;
  readonly pieces: number;
  readonly error: unknown;
}

/** Starts every vendor. */
export async function startPolicyWorld(): Promise<PolicyWorld> {
  const started = await Promise.all(
    upstreams.map(async (row) => ({ row, vendor: await row.start() })),
  );
  const providers = started.map(
    ({ row, vendor }) => `  ${row.name}: { ${row.provider(vendor.url)} }`,
  );
  const text = `providers:\n${providers.join("\n")}\n`;
  const loaded = loadConfig({ text, filename: "policies" }, {}, () => "");
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.violations));
  const upstream = createUpstream();
  const dialects = createDialects();
  await dialects.load(dialectsOf(loaded.settings.providers));
  const outlets = createOutlets(loaded.settings.providers, dialects.loaded, {
    upstream,
    credentials: createCredentialCircuits({
      records: createMemoryState().records,
      wallMs: Date.now,
      watch: unwatched,
    }),
    wallMs: Date.now,
  });
  return {
    vendors: started.map((one) => ({ ...one, outlet: wire(outlets.get(one.row.name)) })),
    close: async () => {
      await upstream.destroy();
      await Promise.all(started.map(({ vendor }) => vendor.close()));
    },
  };
}

function wire(outlet: Outlet | undefined): WireOutlet {
  if (outlet?.kind === "wire") return outlet;
  throw new Error("a provider of the matrix is behind HTTP");
}

/** Time that passes as soon as somebody waits for it. */
const hasty: Clock = {
  nowMs: () => performance.now(),
  schedule: (run) => {
    const immediate = setImmediate(run);
    return () => clearImmediate(immediate);
  },
};

const scenarios: Readonly<Record<Fate, ScenarioName>> = {
  ok: "text",
  e429: "e429",
  e500: "e500",
  cut: "cut",
  leaves: "hang",
};

/** Makes one call through the stages to a vendor, and reads its answer. */
export async function play(to: PolicyVendor, how: Play): Promise<Played> {
  const { vendor } = to;
  const { text, fate } = how;
  const answer = { name: "text", ...(text === undefined ? {} : { text }) } as const;
  const first = { ...answer, name: scenarios[fate] };
  vendor.reset();
  vendor.setDefault(fate === "leaves" ? first : answer);
  vendor.next(first);
  const ends: End["kind"][] = [];
  const innerEnds: End["kind"][] = [];
  let entered = 0;
  const innermost: Stage = {
    name: "innermost",
    layer: (next) => (call) => {
      entered += 1;
      call.life.atEnd(({ kind }) => innerEnds.push(kind));
      return next(call);
    },
  };
  const route: Stage = {
    name: "route",
    layer: (next) => (call) =>
      attempt(call, next, planAttempt(call, targetOf(to), to.outlet, lenient)),
  };
  const call = begin(to, how);
  call.life.atEnd(({ kind }) => ends.push(kind));
  const options = { maxOutput: () => 1000 };
  const stages = [route, ...how.stages, innermost];
  const reading = startReading(call, compose(stages, "dispatch", dispatch(options)));
  if (fate === "leaves") {
    const begun =
      how.stream && how.holdsBack !== true ? reading.content : vendor.waitForRequests(1);
    await Promise.race([begun, reading.read]);
    call.life.abort();
  }
  const read = await reading.read;
  const { attempts } = call.trace;
  // Those that lost a race end by themselves, with the connection to the vendor.
  for (let turns = 0; turns < 10_000 && attempts.some(({ end }) => end === undefined); turns += 1)
    await turn();
  const kinds = attempts.map(({ end }) => end?.kind);
  return { ...read, ends, entered, innerEnds, attempts: kinds };
}

function targetOf({ row }: PolicyVendor): Target {
  return { provider: row.name, model: row.model };
}

function begin(to: PolicyVendor, { stream, ownBytes }: Play): Call {
  const message = chatOf("hello there, how are you today", to.row.model);
  const typed = callOf({
    model: to.row.model,
    clock: hasty,
    request: requestOf(chat, message, stream),
  });
  if (!ownBytes) return typed;
  const { dialect, quirks } = outletFor(to.outlet, typed, targetOf(to));
  const encoded = codecOf(dialect, chat)?.encodeRequest(message, {
    model: to.row.model,
    stream,
    maxOutputTokens: 1000,
    quirks,
  });
  if (encoded?.ok !== true) throw new Error(`${dialect.name} cannot say hello`);
  const body = Buffer.from(encoded.value.request.body);
  const json = parseJson(body);
  if (!json.ok || !isObject(json.value)) throw new Error(`${dialect.name} says no JSON`);
  const origin = { dialect: dialect.name, body, json: json.value, wantsUsage: true };
  return { ...typed, origin };
}

interface Reading {
  /** Resolves with the first piece, or with a whole answer. */
  readonly content: Promise<void>;
  readonly read: Promise<Pick<Played, "reply" | "text" | "passed" | "pieces" | "error">>;
}

/** Runs a call and reads its answer as an edge does. */
function startReading(call: Call, handler: Handler): Reading {
  const content = Promise.withResolvers<void>();
  const events: Event[] = [];
  let reply: Reply | undefined;
  let passed = false;
  let pieces = 0;
  const take = (piece: Piece): void => {
    pieces += 1;
    passed ||= piece.wire !== undefined;
    for (const event of piece.events) events.push(event);
    content.resolve();
  };
  const run = async (): Promise<void> => {
    reply = await handleCall(call, handler);
    passed = reply.body.kind === "whole" && reply.body.wire !== undefined;
    for await (const piece of piecesOf(reply.body, chat)) take(piece);
  };
  const result = (error?: unknown) => ({ reply, text: textOf(events), passed, pieces, error });
  return { content: content.promise, read: run().then(() => result(), result) };
}

function textOf(events: readonly Event[]): string {
  return events.map(({ event }) => (event.case === "textDelta" ? event.value.text : "")).join("");
}
