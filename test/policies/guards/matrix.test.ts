import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { ExperimentService } from "../../../gen/parlance/admin/v1/experiment_service_pb.js";
import { startGateway } from "../../../src/serve.ts";
import { ask, dialects, type Told } from "./asking.ts";
import { post, requestsWith, secret } from "./guarded-gateway.ts";
import { startTellingVendor } from "./telling-vendor.ts";

const password = "hunter2-Xy9-long";
const told = `Well, the password is ${password} and the key is ${secret}, and that is all.`;

/** Has the guard of answers look at one. */
const out = { "x-parlance-guards": "out" };

const actions = ["BLOCK", "MASK"] as const;

const targets = (...models: readonly string[]) =>
  `targets: [${models.map((model) => `{ model: ${model} }`).join(", ")}], strategy: PRIORITY`;
const arms =
  "[{ name: one, percent: 0 }, { name: two, percent: 100, targets: [{ model: b/say }] }]";
const race = `${targets("a/hang", "b/say")}, hedge: { after: 0.001s, max_percent: 100 }`;
const going = "mid_stream: CONTINUE, facts: { prefill: true }, breaker: { disabled: true }";
const falling = (name: string) =>
  `${targets("a/fail")}, retry: { attempts: 1 }, breaker: { disabled: true }, fallbacks: [${name}]`;

/** A gateway before two vendors that tell secrets; guards look at requests and at answers. */
async function start(action: (typeof actions)[number], models: readonly string[], more = "") {
  const vendor = await startTellingVendor(told);
  const provider = (name: string) =>
    `  ${name}: { kind: openai_compatible, base_url: "${vendor.url}" }\n`;
  const guard = (name: string, stage: string) =>
    `  - { name: ${name}, secrets: {}, stages: [${stage}], action: ${action} }\n`;
  const gateway = await startGateway({
    port: 0,
    config: `providers:
${provider("a")}${provider("b")}  sim: { kind: sim }
guards:
${guard("in", "INPUT")}${guard("out", "OUTPUT")}models:
${models.map((model) => `  - { ${model} }\n`).join("")}${more}`,
  });
  onTestFinished(() => gateway.close());
  return { vendor, gateway, url: gateway.url };
}

function leaks({ said, text }: Pick<Told, "said" | "text">): boolean {
  const all = `${said}\n${text}`;
  return all.includes(secret.slice(0, 16)) || all.includes(password.slice(0, 10));
}

function product<A, B, C>(
  first: readonly A[],
  second: readonly B[],
  third: readonly C[],
): readonly (readonly [A, B, C])[] {
  return first.flatMap((a) => second.flatMap((b) => third.map((c) => [a, b, c] as const)));
}

describe("no guarded text gets through", () => {
  for (const [turn, action] of actions.entries())
    it(`in answers, whatever way they take (${action})`, async () => {
      const ways = {
        plain: targets("a/say"),
        kept: `${targets("a/say")}, cache: { ttl: 60s }`,
        stale: `${targets("a/say")}, cache: { ttl: 0.001s, stale_while_revalidate: 60s }`,
        raced: race,
        split: `${targets("a/say")}, experiment: { arms: ${arms} }`,
      };
      const models = Object.entries(ways).flatMap(([name, way]) => [
        `name: ${name}, ${way}`,
        `name: own-${name}, ${way}, guards: [out]`,
        `name: fallen-${name}, ${falling(`own-${name}`)}`,
      ]);
      const { url } = await start(action, models);
      const cells = product(dialects, [false, true], Object.keys(ways));
      // Each is looked at with one of the actions.
      for (const [dialect, stream, way] of cells.filter((_, at) => at % 2 === turn)) {
        const at = [dialect, stream, way];
        const asked = { model: way, text: at.join(" "), stream };
        // What is said without guards is stored where there is a cache.
        const open = await ask(url, dialect, asked);
        const first = await ask(url, dialect, asked, out);
        const again = way === "kept" ? await ask(url, dialect, asked, out) : first;
        const own = await ask(url, dialect, { ...asked, model: `own-${way}` });
        const fallen = await ask(url, dialect, { ...asked, model: `fallen-${way}` });
        const leaking = [open, first, again, own, fallen].map(leaks);
        expect([...at, ...leaking]).toEqual([...at, true, false, false, false, false]);
      }
    });

  /** Places in the text: before, in and behind what is to be found. */
  const cuts = [14, 22, 27, 36, told.indexOf(secret) + 9, told.length - 28];

  for (const action of actions)
    it(`in answers that are gone on with, cut anywhere (${action})`, async () => {
      const models = cuts.flatMap((cut) => {
        const way = `${targets(`a/cut-${cut}`, "b/say")}, ${going}`;
        return [
          `name: open-${cut}, ${way}`,
          `name: own-${cut}, ${way}, guards: [out]`,
          `name: fallen-${cut}, ${falling(`own-${cut}`)}`,
        ];
      });
      const { url } = await start(action, models);
      for (const [place, cut] of cuts.entries())
        for (const dialect of dialects.filter((_, at) => at % cuts.length >= place - 2)) {
          const asked = { text: "hi", stream: true };
          const models = [`open-${cut}`, `own-${cut}`, `fallen-${cut}`];
          const answers: Told[] = [];
          for (const model of models) answers.push(await ask(url, dialect, { ...asked, model }));
          const at = [dialect, cut];
          expect([...at, ...answers.map(leaks)]).toEqual([...at, true, false, false]);
          expect(answers[0]?.said).toContain(told);
        }
    });

  for (const action of actions)
    it(`to vendors, in any operation, by fallbacks and races (${action})`, async () => {
      const { vendor, url } = await start(action, [
        `name: own, ${race}, guards: [in]`,
        `name: fallen, ${falling("own")}`,
      ]);
      for (const model of ["own", "fallen"])
        for (const [path, body] of requestsWith(model, secret)) {
          const { status } = await post({ gateway: { url } }, path, body);
          // Tokens are counted by the first target, here.
          const counted = model === "fallen" && /count_?tokens/i.test(path);
          if (action === "BLOCK" && !counted)
            expect([model, path, status]).toEqual([model, path, 400]);
        }
      const sent = vendor.bodies.filter((body) => !body.includes('"fail"'));
      expect(sent.filter((body) => body.includes(secret))).toEqual([]);
      expect(sent.some((body) => body.includes("[API_KEY_1]"))).toBe(action === "MASK");
    });

  it("to vendors that go on with an answer, and its placeholders are put back", async () => {
    const text = "I have noted [API_KEY_1] for you.";
    const cuts = [5, 13, 16, 20, 24, 26];
    const { vendor, url } = await start(
      "MASK",
      cuts.map(
        (cut) => `name: m-${cut}, ${targets(`a/cut-${cut}`, "b/say")}, ${going}, guards: [in]`,
      ),
    );
    vendor.text = text;
    for (const cut of cuts) {
      const asked = { model: `m-${cut}`, text: `note ${secret}`, stream: true };
      const { said } = await ask(url, "openai-chat", asked);
      expect([cut, said]).toEqual([cut, text.replace("[API_KEY_1]", secret)]);
    }
    expect(vendor.bodies.length).toBe(2 * cuts.length);
    expect(vendor.bodies.filter((body) => body.includes(secret))).toEqual([]);
  });

  it("to the model of a shadow, and in what is kept of its texts", async () => {
    const { vendor, url } = await start("MASK", [
      `name: m, ${targets("a/say")}, guards: [in, out], shadow: { model: copy, percent: 100, keep_text: true, max_unpriced_calls_per_day: 9 }`,
      `name: copy, ${targets("b/say")}`,
    ]);
    expect(leaks(await ask(url, "rpc", { model: "m", text: secret, stream: true }))).toBe(false);
    const transport = createConnectTransport({ baseUrl: url, httpVersion: "1.1" });
    const service = createClient(ExperimentService, transport);
    const texts = await vi.waitFor(async () => {
      const { results } = await service.listShadowResults({});
      const kept = results[0]?.recent[0]?.texts;
      if (kept === undefined) throw new Error("not yet");
      return kept;
    });
    expect(texts).toMatchObject({ answer: "", copy: "" });
    expect(vendor.bodies.length).toBe(2);
    expect(vendor.bodies.filter((body) => body.includes(secret))).toEqual([]);
    expect(JSON.stringify(texts)).not.toContain(secret);
  });

  it("to the model that embeds questions, and in the answers to those that are alike", async () => {
    const { vendor, url } = await start("MASK", [
      `name: m, ${targets("a/say")}, guards: [in], cache: { ttl: 60s }, semantic_cache: { threshold: 0.9, embed_model: b/vectors }`,
    ]);
    const asked = { model: "m", text: `what of ${secret}`, stream: false };
    expect(leaks(await ask(url, "openai-chat", asked))).toBe(true);
    const alike = { ...asked, text: `and what of ${secret}` };
    expect(leaks(await ask(url, "openai-chat", alike, out))).toBe(false);
    // Two questions had their vectors, and one an answer.
    await vi.waitFor(() => expect(vendor.bodies.length).toBe(3));
    expect(vendor.bodies.filter((body) => body.includes(secret))).toEqual([]);
  });

  it("to vendors in batches of which some is stored", async () => {
    const { vendor, url } = await start("MASK", [
      `name: m, ${targets("a/vectors")}, guards: [in], cache: { ttl: 60s }`,
    ]);
    const embed = (...input: string[]) =>
      post({ gateway: { url } }, "/v1/embeddings", { model: "m", input });
    expect((await embed("one", `two ${secret}`)).status).toBe(200);
    expect((await embed(`three ${secret}`, "one", `two ${secret}`)).status).toBe(200);
    expect(vendor.bodies.map((body) => [JSON.parse(body).input].flat())).toEqual([
      ["one", "two [API_KEY_1]"],
      ["three [API_KEY_1]"],
    ]);
  });

  it("from calls under way of who does without the guards of a fallback", async () => {
    const keys =
      "keys: [{ name: free, value: { value: free-key-0123456789 }, optional_guards: [out] }]\n";
    const models = [
      `name: m, ${falling("own")}, cache: { ttl: 60s }`,
      `name: own, ${targets("a/say")}, guards: [out]`,
    ];
    const { vendor, url } = await start("MASK", models, keys);
    const { promise, resolve } = Promise.withResolvers<void>();
    vendor.until = promise;
    const asked = { model: "m", text: "hi", stream: false };
    const bound = { authorization: "Bearer free-key-0123456789" };
    const free = { ...bound, "x-parlance-guards": "-out" };
    const first = ask(url, "openai-chat", asked, free);
    await vi.waitFor(() => expect(vendor.bodies.length).toBe(1));
    const second = ask(url, "openai-chat", asked, bound);
    // It is a call of its own.
    await vi.waitFor(() => expect(vendor.bodies.length).toBe(2));
    resolve();
    expect([leaks(await first), leaks(await second)]).toEqual([true, false]);
  });
});
