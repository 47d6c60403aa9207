import { describe, expect, it, onTestFinished } from "vitest";
import type { FacadeName } from "../../../src/adapters/registry.ts";
import { startGateway } from "../../../src/serve.ts";
import { createFakeClock } from "../../fake-clock.ts";
import { answer, type BreakingVendors, startBreakingVendors } from "./breaking-vendor.ts";
import { type Hear, type Heard, ownClients, usualClients } from "./stream-clients.ts";

const key = "api_key: { value: k }";
const aws =
  "aws: { region: us-east-1, access_key_id: { value: k }, secret_access_key: { value: s } }";

/** Vendors of each dialect; those of Cohere are known not to go on with an answer. */
const dialects: readonly (readonly [
  name: FacadeName,
  provider: (url: string) => string,
  model: string,
  continues: boolean,
])[] = [
  ["openai-chat", (url) => `kind: openai_compatible, base_url: "${url}/v1", ${key}`, "m", true],
  [
    "anthropic-messages",
    (url) => `kind: anthropic_compatible, base_url: "${url}", ${key}`,
    "claude-3-5-haiku-20241022",
    true,
  ],
  [
    "openai-responses",
    (url) => `kind: openai_responses_compatible, base_url: "${url}/v1", ${key}`,
    "m",
    true,
  ],
  ["gemini", (url) => `kind: gemini, base_url: "${url}", ${key}`, "gemini-2.0-flash", true],
  [
    "bedrock-converse",
    (url) => `kind: bedrock, base_url: "${url}", ${aws}`,
    "anthropic.claude-3-5-haiku-20241022-v1:0",
    true,
  ],
  ["cohere", (url) => `kind: cohere, base_url: "${url}", ${key}`, "command-a-03-2025", false],
  ["ollama", (url) => `kind: ollama, base_url: "${url}", ${key}`, "llama3", true],
];

const modes = {
  END: "mid_stream: END",
  HOLD: "mid_stream: HOLD, hold: { tokens: 4096, time: 60s }",
  HOLD_LITTLE: "mid_stream: HOLD, hold: { tokens: 2, time: 60s }",
  CONTINUE: "mid_stream: CONTINUE, facts: { prefill: true }",
} as const;

/** A gateway with a model for each mode, whose clock stands. */
async function start(name: FacadeName, provider: (url: string) => string, model: string) {
  const vendors = await startBreakingVendors(name);
  const clock = createFakeClock();
  const providers = ["a", "b"].map((one) => `  ${one}: { ${provider(`${vendors.url}/${one}`)} }`);
  const models = Object.entries(modes).map(
    ([mode, settings]) =>
      `  - { name: "${mode}", strategy: PRIORITY, targets: [{ model: "a/${model}" }, { model: "b/${model}" }], breaker: { disabled: true }, ${settings} }`,
  );
  const gateway = await startGateway({
    port: 0,
    config: `providers:\n${providers.join("\n")}\nmodels:\n${models.join("\n")}\n`,
    world: { nowMs: clock.nowMs, schedule: clock.schedule },
  });
  onTestFinished(() => gateway.close());
  return { vendors, gateway };
}

/** Every end of a frame, and the middle of each. */
function cuts({ frames: all }: BreakingVendors): readonly number[] {
  const places: number[] = [0];
  let at = 0;
  for (const { length } of all) {
    places.push(at + Math.floor(length / 2), at + length);
    at += length;
  }
  return [...new Set(places)].filter((place) => place < at);
}

/** Whether a client may hear this of an answer that was broken off. */
function expected(mode: keyof typeof modes, continues: boolean, { text, whole }: Heard): boolean {
  const truthful = whole ? text === answer : answer.startsWith(text);
  switch (mode) {
    case "END":
      return truthful;
    case "HOLD":
      return truthful && whole;
    case "HOLD_LITTLE":
      return truthful && (whole || text.length > 4);
    case "CONTINUE":
      return truthful && (!continues || text === answer);
  }
}

/** Breaks a stream off everywhere, and counts what came of it. */
async function breakEverywhere(
  vendors: BreakingVendors,
  hear: () => Promise<Heard>,
  judge: (heard: Heard) => boolean,
) {
  let partly = 0;
  let goneOn = 0;
  for (const place of cuts(vendors)) {
    vendors.calls.length = 0;
    vendors.cutAt = place;
    const heard = await hear();
    const at = `after ${place} bytes: ${JSON.stringify(heard.text)}`;
    expect(judge(heard), at).toBe(true);
    expect(vendors.calls.length, at).toBeLessThanOrEqual(2);
    if (!heard.whole && heard.text !== answer) partly += 1;
    if (vendors.calls[1]?.prefill !== undefined) goneOn += 1;
  }
  return { partly: partly > 5, goneOn: goneOn > 5 };
}

const allModes = ["END", "HOLD", "HOLD_LITTLE", "CONTINUE"] as const;

for (const [name, provider, model, continues] of dialects)
  describe(`a stream of ${name} that is broken off anywhere`, () => {
    const own = ownClients[name];
    const clients: readonly (readonly [client: string, hear: Hear])[] = [
      ...Object.entries(usualClients),
      ...(own === undefined ? [] : [["the vendor's own client", own] as const]),
    ];
    for (const mode of allModes)
      for (const [client, hear] of clients)
        it(`is told ${client} truthfully, with ${mode}`, async () => {
          const { vendors, gateway } = await start(name, provider, model);
          const listen = () => hear(gateway.url, mode);
          expect(await listen()).toEqual({ text: answer, whole: true });
          const goesOn = mode === "CONTINUE" && continues;
          expect(
            await breakEverywhere(vendors, listen, (heard) => expected(mode, continues, heard)),
          ).toEqual({ partly: mode !== "HOLD" && !goesOn, goneOn: goesOn });
        });
  });

describe("a client that leaves within a stream", () => {
  for (const [name, provider, model] of dialects)
    it(`has it cancelled, and nothing else begun, in all modes, by ${name}`, async () => {
      const { vendors, gateway } = await start(name, provider, model);
      vendors.hangs = true;
      for (const [at, mode] of allModes.entries()) {
        vendors.calls.length = 0;
        vendors.cutAt = vendors.frames.slice(0, 3).reduce((sum, { length }) => sum + length, 0);
        const leaves = new AbortController();
        const messages = [{ role: "user", content: "c" }];
        const reply = fetch(`${gateway.url}/v1/chat/completions`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ model: mode, stream: true, messages }),
          signal: leaves.signal,
        }).then((response) => response.text());
        await expect.poll(() => vendors.calls.length).toBe(1);
        leaves.abort();
        await expect(reply).rejects.toThrow();
        await expect.poll(() => vendors.left).toBe(at + 1);
        expect(vendors.calls).toEqual([{ vendor: "a", prefill: undefined }]);
      }
    });
});
