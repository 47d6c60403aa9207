import { describe, expect, it } from "vitest";
import { EndUserService } from "../../gen/parlance/admin/v1/end_user_service_pb.js";
import { startRecordingVendor } from "./stored/openai-vendor.ts";
import { adminKey, type StoredGateway, startStored } from "./stored/stored-gateway.ts";

const eu = { region: "eu" };
const when = "call.model == 'fast-by-rule'";

/** Everything that could take a text of a call to another region than the one that it requires. */
async function setUp(labels: object, onFailure = "OPEN") {
  const [inside, outside] = await Promise.all([startRecordingVendor(), startRecordingVendor()]);
  const service = await startRecordingVendor();
  const kind = "openai_compatible";
  const model = (name: string) => ({
    name,
    targets: [
      { model: "outside/m", weight: 99, labels: { region: "us" } },
      { model: "inside/m", labels: eu },
    ],
    hedge: { after: "0.001s" },
    retry: { attempts: 2 },
    fallbacks: ["abroad"],
    cache: {},
    semantic_cache: { threshold: 0.9, embed_model: "vectors" },
    shadow: { model: "abroad", percent: 100 },
    guards: ["judge", "service"],
  });
  const open = { stages: ["INPUT"], action: "FLAG", on_failure: "OPEN" };
  const gateway = await startStored({
    address: { kind: "memory" },
    more: {
      providers: {
        inside: { kind, base_url: inside.baseUrl },
        outside: { kind, base_url: outside.baseUrl },
      },
      models: [
        model("fast"),
        model("fast-by-rule"),
        { name: "abroad", targets: [{ model: "outside/m" }] },
        { name: "vectors", targets: [{ model: "outside/embedder" }] },
      ],
      rules: [{ name: "stay", when, require_labels: eu }],
      guards: [
        { name: "judge", judge: { model: "abroad", policy: "anything" }, ...open },
        {
          name: "service",
          webhook: { url: service.baseUrl },
          labels,
          ...open,
          on_failure: onFailure,
        },
      ],
      keys: [{ name: "eu", value: { value: "sk-eu-0123456789" }, labels: eu }],
    },
  });
  return { gateway, inside, outside, service };
}

let asked = 0;

async function ask({ gateway }: StoredGateway, how: Asking): Promise<number> {
  const { key = adminKey, header, user, model = "fast" } = how;
  asked += 1;
  const reply = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${key}`,
      "content-type": "application/json",
      ...(header !== undefined && { "x-parlance-labels": header }),
    },
    body: JSON.stringify({
      model,
      messages: [{ role: "user", content: `question ${asked}` }],
      ...(user !== undefined && { user }),
    }),
  });
  await reply.arrayBuffer();
  return reply.status;
}

/** How a label is required. */
interface Asking {
  readonly key?: string;
  readonly header?: string;
  readonly user?: string;
  readonly model?: string;
}

describe("a region that is required", () => {
  const ways: readonly (readonly [title: string, how: Asking])[] = [
    ["a key", { key: "sk-eu-0123456789" }],
    ["a header", { header: "region=eu" }],
    ["an end user", { user: "ann" }],
    ["a rule", { model: "fast-by-rule" }],
  ];
  it("by a key, a header, an end user or a rule keeps every copy of a text inside", async () => {
    const { gateway, inside, outside, service } = await setUp({ region: "us" });
    const endUser = { id: "ann", labels: eu };
    await gateway.client(EndUserService).createEndUser({ endUser });
    for (const [title, how] of ways) {
      expect([title, await ask(gateway, how)]).toEqual([title, 200]);
      expect([title, outside.shown.length, service.shown.length]).toEqual([title, 0, 0]);
    }
    expect(inside.shown.length).toBeGreaterThanOrEqual(ways.length);
    // Without it the same models, guards and vectors are asked abroad.
    expect(await ask(gateway, {})).toBe(200);
    expect(outside.shown.length).toBeGreaterThan(1);
    expect(service.shown).toHaveLength(1);
  });

  it("lets guards be asked that are in it, and no call pass whose guard may not be asked", async () => {
    const { gateway, service } = await setUp(eu);
    expect(await ask(gateway, { header: "region=eu" })).toBe(200);
    expect(service.shown).toHaveLength(1);
    const closed = await setUp({}, "CLOSED");
    expect(await ask(closed.gateway, { header: "region=eu" })).toBe(503);
    expect(closed.inside.shown).toHaveLength(0);
    expect(closed.service.shown).toHaveLength(0);
    expect(await ask(closed.gateway, {})).toBe(503);
    expect(closed.service.shown).toHaveLength(1);
  });
});
