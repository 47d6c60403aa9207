import { create } from "@bufbuild/protobuf";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { FieldReport } from "../../gen/parlance/call/v1/call_report_pb.js";
import type { PlannedTarget } from "../../gen/parlance/chat/v1/chat_service_pb.js";
import { EmbedSpecSchema } from "../../gen/parlance/embed/v1/embedding_pb.js";
import { RerankSpecSchema } from "../../gen/parlance/rerank/v1/ranking_pb.js";
import { createConfiguredEngine } from "../../src/configured-gateway.ts";
import type { AttemptRecord } from "../../src/core/attempt-record.ts";
import type { CallRequest } from "../../src/core/call.ts";
import { GatewayError } from "../../src/core/faults/gateway-error.ts";
import { chat, countTokens, embed, rerank } from "../../src/core/operation.ts";
import { chat as anyChat, words } from "../arbitraries/chat.ts";
import { requestOf } from "../calls.ts";
import { upstreams } from "../matrix/upstreams.ts";
import { type PolicyWorld, startPolicyWorld } from "../structure/policy-world.ts";
import type { RecordedRequest } from "../vendors/start-vendor-server.ts";

let world: PolicyWorld;
beforeAll(async () => {
  world = await startPolicyWorld();
});
afterAll(() => world.close());

const names = ["one", "two", "three"] as const;
const provider = fc.constantFrom(...upstreams.map((_, at) => at));
const target = fc.record({ provider, weight: fc.integer({ min: 0, max: 3 }) });

/** Models over the vendors of the matrix, with fallbacks and keys with lists. */
const config = fc.record({
  models: fc.tuple(
    ...names.map((_, at) =>
      fc.record({
        targets: fc.uniqueArray(target, {
          minLength: 1,
          maxLength: 3,
          selector: (one) => one.provider,
        }),
        fallbacks: fc.subarray(names.slice(at + 1)),
        unknown: fc.constantFrom("", ", unknown_fields: REFUSE", ", unknown_fields: FORWARD"),
        strict: fc.boolean(),
      }),
    ),
  ),
  listed: fc.subarray([...names, "nothing"], { minLength: 1 }),
  strictKey: fc.boolean(),
  point: fc.double({ min: 0, max: 0.99, noNaN: true }),
});

type Config = typeof config extends fc.Arbitrary<infer T> ? T : never;

function configText({ models, listed, strictKey }: Config): string {
  const providers = world.vendors.map(
    ({ row, vendor }) => `  ${row.name}: { ${row.provider(vendor.url)} }`,
  );
  const rows = models.map(({ targets, fallbacks, unknown, strict }, at) => {
    const all = targets.map((one, index) => {
      const { name, model } = upstreams[one.provider] ?? upstreams[0] ?? { name: "", model: "" };
      return `{ model: "${name}/${model}-text", weight: ${index === 0 ? one.weight + 1 : one.weight} }`;
    });
    const losses = `${strict ? ", strict: true" : ""}${unknown}`;
    return `  - { name: ${names[at]}, targets: [${all.join(", ")}], fallbacks: [${fallbacks.join(", ")}]${losses} }`;
  });
  const keys = `keys: [{ name: k, value: { value: key-0123456789 }, models: [${listed
    .filter((name) => name !== "nothing")
    .join(", ")}]${strictKey ? ", strict: true" : ""} }]`;
  return `media_fetch: { disabled: true }\nproviders:\n${providers.join("\n")}\nmodels:\n${rows.join("\n")}\n${keys}\n`;
}

const inputs = fc.array(words, { minLength: 1, maxLength: 3 });
const model = fc.constantFrom(...names, ...names, "nothing", "cohere/command-text", "tgi/x-text");

/** A call of any operation. */
const request: fc.Arbitrary<{ readonly model: string; readonly request: CallRequest }> = fc.oneof(
  fc
    .record({ message: anyChat, model, stream: fc.boolean() })
    .map(({ message, model: name, stream }) => ({
      model: name,
      request: requestOf(chat, { ...message, model: name }, stream),
    })),
  fc.record({ message: anyChat, model }).map(({ message, model: name }) => ({
    model: name,
    request: requestOf(countTokens, { ...message, model: name }),
  })),
  fc.record({ inputs, model, dimensions: fc.constantFrom(undefined, 8) }).map((some) => ({
    model: some.model,
    request: requestOf(
      embed,
      create(EmbedSpecSchema, {
        model: some.model,
        inputs: some.inputs.map((value) => ({ input: { case: "text" as const, value } })),
        ...(some.dimensions === undefined ? {} : { dimensions: some.dimensions }),
      }),
    ),
  })),
  fc.record({ inputs, model, query: words }).map((some) => ({
    model: some.model,
    request: requestOf(
      rerank,
      create(RerankSpecSchema, {
        model: some.model,
        query: some.query,
        documents: some.inputs.map((value) => ({ document: { case: "text" as const, value } })),
      }),
    ),
  })),
);

/** What a call was seen to do. */
interface Done {
  readonly attempts: readonly AttemptRecord[];
  /** The requests that each provider got. */
  readonly received: ReadonlyMap<string, readonly RecordedRequest[]>;
  readonly report: readonly FieldReport[] | undefined;
  readonly error: unknown;
}

/** How often what was planned was sent, was refused, and was passed over. */
interface Tally {
  sent: number;
  refused: number;
  passedOver: number;
}

it("what Explain says is what the call does, for every operation", async () => {
  const tally: Tally = { sent: 0, refused: 0, passedOver: 0 };
  await fc.assert(
    fc.asyncProperty(config, request, async (some, asked) => {
      const { engine } = await createConfiguredEngine({
        config: { text: configText(some), filename: "config" },
        world: { random: () => some.point },
      });
      const header = (name: string): string | undefined =>
        name === "authorization" ? "Bearer key-0123456789" : undefined;
      const planned = await engine.explain(engine.begin({ ...asked, header })).then(
        ({ targets }) => ({ targets }),
        (error: unknown) => ({ error }),
      );
      const done = await act(engine.handle, engine.begin({ ...asked, header }));
      await engine.close();
      if ("targets" in planned) judgeTargets(planned.targets, done, tally);
      else judgeRefusal(planned.error, done, tally);
    }),
    { numRuns: 150 },
  );
  expect(Math.min(...Object.values(tally))).toBeGreaterThan(5);
});

function judgeRefusal(planned: unknown, done: Done, tally: Tally): void {
  tally.refused += 1;
  expect(messageOf(done.error)).toBe(messageOf(planned));
  expect([done.attempts, [...done.received.values()].flat()]).toEqual([[], []]);
}

/** The first targets of the plan were tried, in its order. */
function judgeTargets(planned: readonly PlannedTarget[], done: Done, tally: Tally): void {
  const { attempts, report } = done;
  for (const [at, attempt] of attempts.entries()) {
    const plan = planned[at];
    if (plan === undefined) throw new Error("more was tried than was planned");
    const { provider: name, model: tried } = attempt.target;
    expect([plan.target?.provider, plan.target?.model]).toEqual([name, tried]);
    judgeAttempt(plan, attempt, done.received.get(name) ?? [], tally);
    const last = at === attempts.length - 1;
    if (last && report !== undefined) expect(told(report)).toEqual(told(plan.fidelity));
  }
}

function judgeAttempt(
  plan: PlannedTarget,
  { fault }: AttemptRecord,
  received: readonly RecordedRequest[],
  tally: Tally,
): void {
  const over = /; it would be passed over: (.*)$/s.exec(plan.why)?.[1];
  if (over !== undefined) {
    tally.passedOver += 1;
    expect(fault?.message).toBe(over);
  } else if (plan.requestLine !== "") {
    tally.sent += 1;
    const path = plan.requestLine.replace(/^\w+ /, "");
    const paths = received.map((one) => (one.path.endsWith(path) ? path : one.path));
    expect(paths).toContain(path);
    expect(received.map(({ rawBody }) => rawBody.toString("utf8"))).toContain(plan.bodyJson);
  }
}

type Engine = Awaited<ReturnType<typeof createConfiguredEngine>>["engine"];

async function act(handle: Engine["handle"], call: ReturnType<Engine["begin"]>): Promise<Done> {
  for (const { vendor } of world.vendors) vendor.reset();
  let report: readonly FieldReport[] | undefined;
  let error: unknown;
  try {
    const reply = await handle(call);
    report = reply.report;
    if (reply.body.kind === "stream") for await (const _ of reply.body.pieces);
  } catch (thrown) {
    error = thrown;
  }
  const received = new Map(
    world.vendors.map(({ row, vendor }) => [row.name, [...vendor.requests]]),
  );
  return { attempts: call.trace.attempts, received, report, error };
}

function messageOf(error: unknown): string {
  return error instanceof GatewayError ? error.message : `no error of ours: ${error}`;
}

function told(report: readonly FieldReport[]): readonly string[] {
  return report.map(({ field, outcome, note }) => `${field} ${outcome} ${note}`).toSorted();
}
