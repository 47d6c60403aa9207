import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Setup, send } from "../routing/routed-gateway.ts";
import { rpc, setUp } from "./ruled-gateway.ts";

const conditions = fc.constantFrom(
  "call.input_tokens < 8",
  'call.user == "ann"',
  "has(call.temperature) && call.temperature < 0.5",
  '"x" in call.tags',
  'call.metadata["tier"] == "gold"',
  "call.max_tokens > 10 || call.message_count == 1",
);
const action = fc.constantFrom(
  { route: "big" },
  { route: "spread", target: "b/two" },
  { target: "c/three" },
  { exclude: ["a"] },
  { exclude: ["b/big", "c"] },
  { add_tags: ["x"] },
  { set: { temperature: 0.25 } },
  { cap: { max_tokens: 10 } },
  { refuse: "no" },
);
const requests = fc.record(
  {
    model: fc.constantFrom("m", "spread"),
    text: fc.constantFrom("hi", "a somewhat longer question than that one was"),
    user: fc.constant("ann"),
    temperature: fc.constantFrom(0.25, 1),
    max_tokens: fc.constantFrom(5, 50),
    metadata: fc.constant({ tier: "gold" }),
  },
  { requiredKeys: ["model", "text"] },
);
type Request = typeof requests extends fc.Arbitrary<infer Drawn> ? Drawn : never;

/** What Explain and a call say alike. */
interface Said {
  readonly status: number;
  readonly rules: readonly string[];
  readonly target: string | undefined;
  readonly why: string | undefined;
  readonly body: unknown;
}

/** Rules with these conditions and actions; of those with one condition the first alone. */
function printRules(drawn: readonly (readonly [string, object])[]): string {
  const firsts = drawn.filter(([when], at) => drawn.findIndex((one) => one[0] === when) === at);
  return firsts
    .map(([when, act], index) => {
      const more = "refuse" in act ? "" : ", then: CONTINUE";
      return `  - { name: r${index}, when: '${when}', ${JSON.stringify(act).slice(1, -1)}${more} }`;
    })
    .join("\n");
}

async function explain(setup: Setup, request: Request): Promise<Said> {
  const { model, text, temperature, max_tokens: maxOutputTokens, ...more } = request;
  const sampling = temperature === undefined ? undefined : { temperature };
  const messages = [{ role: "ROLE_USER", text }];
  const { json } = await rpc(setup, "Explain", {
    chat: { model, messages, sampling, maxOutputTokens, ...more },
  });
  const [first] = json.targets ?? [];
  if (first === undefined) return { ...nothing, status: json.code === undefined ? 400 : 403 };
  return {
    status: 200,
    rules: (json.rules ?? []).filter(({ acts }) => acts).map(({ name }) => name),
    target: `${first.target.provider}/${first.target.model}`,
    why: first.why,
    body: JSON.parse(first.bodyJson ?? ""),
  };
}

async function call(setup: Setup, { text, ...request }: Request): Promise<Said> {
  const { model } = request;
  const vendors = Object.values(setup.vendors);
  for (const { bodies } of vendors) bodies.length = 0;
  const messages = [{ role: "user", content: text }];
  const reply = await send(setup, { model, body: { ...request, messages } });
  await reply.text();
  if (reply.status !== 200) return { ...nothing, status: reply.status };
  // Callers of REST say `stream: false`, and typed ones do not.
  const { stream: _, ...body } = JSON.parse(vendors.flatMap(({ bodies }) => bodies)[0] ?? "");
  return {
    status: reply.status,
    rules: reply.headers.get("x-parlance-rule")?.split(", ") ?? [],
    target: reply.headers.get("x-parlance-target") ?? undefined,
    why: reply.headers.get("x-parlance-why") ?? undefined,
    body,
  };
}

const nothing = { rules: [], target: undefined, why: undefined, body: undefined };

describe("what Explain says of rules", () => {
  it("is what a call does", async () => {
    const rules = fc.array(fc.tuple(conditions, action), { minLength: 1, maxLength: 4 });
    const all = fc.array(requests, { minLength: 2, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(rules, all, async (drawn, sent) => {
        const setup = await setUp(printRules(drawn));
        for (const request of sent)
          expect(await call(setup, request)).toEqual(await explain(setup, request));
      }),
      { numRuns: 12 },
    );
  });
});
