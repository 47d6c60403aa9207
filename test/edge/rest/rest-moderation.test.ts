import { ConnectError, createClient } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { FaultSchema } from "../../../gen/parlance/error/v1/fault_pb.js";
import { ModerationService } from "../../../gen/parlance/moderation/v1/moderation_service_pb.js";
import type { CallRecord } from "../../../src/core/ledger/call-record.ts";
import { type RunningGateway, startGateway } from "../../../src/serve.ts";
import { startMistralVendor } from "../../vendors/mistral/start-mistral-vendor.ts";
import { startOpenAiVendor } from "../../vendors/openai/start-openai-vendor.ts";
import type { Vendor } from "../../vendors/start-vendor-server.ts";

const key = "key-of-the-test-0123456789";
const picture = "data:image/png;base64,iVBORw0KGgo=";
const records: CallRecord[] = [];

let openai: Vendor;
let mistral: Vendor;
let gateway: RunningGateway;
let client: OpenAI;
beforeAll(async () => {
  openai = await startOpenAiVendor();
  mistral = await startMistralVendor();
  const config = `
server: { host: 127.0.0.1, port: 0 }
auth: { admin_key: { value: ${key} } }
providers:
  sim: { kind: sim }
  claude: { kind: anthropic, base_url: "${openai.url}", api_key: { value: vendor-key } }
  openai: { kind: openai, base_url: "${openai.url}/v1", api_key: { value: vendor-key } }
  mistral: { kind: mistral, base_url: "${mistral.url}/v1", api_key: { value: vendor-key } }
models:
  - { name: omni-moderation-latest, targets: [{ model: openai/omni-moderation-latest }] }
  - name: either
    targets: [{ model: claude/claude-x }]
    fallbacks: [mistral/mistral-moderation-latest]
`;
  gateway = await startGateway({ config, world: { record: (one) => records.push(one) } });
  client = new OpenAI({ apiKey: key, baseURL: `${gateway.url}/v1`, maxRetries: 0 });
});
afterAll(async () => {
  await gateway.close();
  await openai.close();
  await mistral.close();
});
beforeEach(() => {
  openai.reset();
  mistral.reset();
  records.length = 0;
});

/** What the SDK's own types do not have. */
function bodyOf(reply: unknown): unknown {
  return JSON.parse(JSON.stringify(reply));
}

describe("a moderation by OpenAI's SDK", () => {
  it("passes through to a vendor of the same dialect, the model named by default", async () => {
    const reply = await client.moderations.create({ input: ["be nice", "I kill you"] });
    expect(reply.results.map(({ flagged }) => flagged)).toEqual([false, true]);
    expect(reply.results[1]?.category_scores.violence).toBe(0.9375);
    expect(openai.requests.map(({ path, json }) => [path, json])).toEqual([
      ["/v1/moderations", { input: ["be nice", "I kill you"], model: "omni-moderation-latest" }],
    ]);
  });

  it("of text and a picture is one input", async () => {
    const input = [
      { type: "text" as const, text: "what an idiot" },
      { type: "image_url" as const, image_url: { url: picture } },
    ];
    const reply = await client.moderations.create({ model: "omni-moderation-latest", input });
    expect(reply.results).toHaveLength(1);
    expect(reply.results[0]?.category_applied_input_types.harassment).toEqual(["text", "image"]);
  });

  it("of a picture is refused by its name where a vendor takes texts alone", async () => {
    const text = { type: "text" as const, text: "a" };
    const input = [text, { type: "image_url" as const, image_url: { url: picture } }];
    const model = "mistral/mistral-moderation-latest";
    await expect(client.moderations.create({ model, input })).rejects.toThrow(
      /^400 .*parts\[1\]\.image: the vendor moderates texts alone/,
    );
    expect(mistral.requests).toHaveLength(0);
    await client.moderations.create({ model, input: [text] });
    expect(mistral.requests[0]?.json).toMatchObject({ input: "a" });
  });

  it("of Mistral says of each input whether it is flagged, and what it took", async () => {
    const reply = await client.moderations.create({
      model: "mistral/mistral-moderation-latest",
      input: ["be nice", "I kill you"],
    });
    expect(reply.results.map(({ flagged }) => flagged)).toEqual([false, true]);
    expect(bodyOf(reply)).toMatchObject({
      results: [{}, { categories: { sexual: false, violence_and_threats: true } }],
      usage: { prompt_tokens: 5, total_tokens: 5 },
    });
    expect(mistral.requests[0]?.json).toEqual({
      model: "mistral-moderation-latest",
      input: ["be nice", "I kill you"],
    });
    expect(records[0]).toMatchObject({ operation: "moderate", usage: { inputTokens: 5n } });
  });

  it("goes on to a target that moderates where the first does not", async () => {
    const reply = await client.moderations.create({ model: "either", input: "be nice" });
    expect(reply.results[0]?.flagged).toBe(false);
    expect(mistral.requests).toHaveLength(1);
    expect(openai.requests).toHaveLength(0);
  });

  it("is answered by the simulator, the same way each time", async () => {
    const ask = () => client.moderations.create({ model: "sim/echo", input: "I KILL you" });
    const [first, second] = [await ask(), await ask()];
    expect(bodyOf(first)).toEqual(bodyOf(second));
    expect(first.results[0]).toMatchObject({
      flagged: true,
      categories: { violence: true, harassment: false },
      category_scores: { violence: 1, harassment: 0 },
      category_applied_input_types: { violence: ["text"] },
    });
  });

  const wrong: readonly (readonly [title: string, body: object, status: number, said: string])[] = [
    ["without input", { model: "sim/echo" }, 400, "input: must be a string"],
    ["of no inputs", { model: "sim/echo", input: [] }, 400, "input: must be a string"],
    ["of a number", { model: "sim/echo", input: [{}, 1] }, 400, "input[1]: must be a string"],
    ["of a part of no kind", { model: "sim/echo", input: [{}] }, 400, "input[0].type: must be"],
    ["of an empty model", { model: "", input: "a" }, 400, "model"],
    ["of a vendor that has none", { model: "claude/c", input: "a" }, 400, "does not serve"],
    ["that the vendor refuses", { model: "openai/gpt-4o", input: "a" }, 400, "does not exist"],
    ["of Mistral and another member", { model: "mistral/m", input: "a", x: 1 }, 422, "x"],
  ];
  for (const [title, body, status, said] of wrong) {
    it(`${title} fails in OpenAI's words`, async () => {
      const response = await fetch(`${gateway.url}/v1/moderations`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
        body: JSON.stringify(body),
      });
      const { error } = (await response.json()) as { readonly error: { readonly message: string } };
      expect([response.status, error.message]).toEqual([status, expect.stringContaining(said)]);
    });
  }
});

describe("a moderation over RPC", () => {
  const transports = [
    ["Connect", () => createConnectTransport({ baseUrl: gateway.url, httpVersion: "1.1" })],
    ["gRPC", () => createGrpcTransport({ baseUrl: gateway.url })],
    ["gRPC-Web", () => createGrpcWebTransport({ baseUrl: gateway.url, httpVersion: "1.1" })],
  ] as const;
  const headers = { authorization: `Bearer ${key}` };
  const text = (value: string) => ({ parts: [{ part: { case: "text", value } as const }] });
  const image = {
    part: {
      case: "image",
      value: {
        source: { case: "data", value: Uint8Array.of(0x89, 0x50) },
        mediaType: "image/png",
      },
    },
  } as const;

  async function failure(promise: Promise<unknown>) {
    const failed = await promise.then(
      () => expect.unreachable("the call should fail"),
      ConnectError.from,
    );
    return failed.findDetails(FaultSchema)[0];
  }

  for (const [name, transport] of transports) {
    const moderate = (model: string, inputs: Parameters<typeof spec>[1], strict = false) =>
      createClient(ModerationService, transport()).moderate(
        { spec: spec(model, inputs) },
        { headers: { ...headers, "x-parlance-strict": String(strict) } },
      );
    const spec = (
      model: string,
      inputs: readonly { parts: (typeof image)[] | ReturnType<typeof text>["parts"] }[],
    ) => ({ model, inputs: [...inputs] });

    it(`is answered over ${name}, with its report`, async () => {
      const { result, report } = await moderate("mistral/m", [text("be nice"), text("kill")]);
      expect(result).toMatchObject({
        id: expect.stringContaining("mod-"),
        model: "m",
        results: [
          { flagged: false, categories: [{ name: "sexual" }, { flagged: false, score: 0.25 }] },
          {
            flagged: true,
            categories: [
              { name: "sexual", flagged: false, score: 0.125 },
              { name: "violence_and_threats", flagged: true, score: 0.875 },
            ],
          },
        ],
        usage: { inputTokens: 3n },
      });
      expect(report).toMatchObject({
        target: { provider: "mistral", dialect: "openai-chat" },
        fidelity: [],
      });
      expect(mistral.requests[0]?.json).toEqual({ model: "m", input: ["be nice", "kill"] });
    });

    it(`reports over ${name} what the vendor has no knob for, and strict refuses it`, async () => {
      const value = { ...image.part.value, detail: 2 };
      const inputs = [{ parts: [{ part: { case: "image", value } as const }] }];
      const { report } = await moderate("omni-moderation-latest", inputs);
      expect(report?.fidelity.map(({ field }) => field)).toEqual([
        "inputs[0].parts[0].image.detail",
      ]);
      expect(openai.requests[0]?.json).toMatchObject({ input: [{ type: "image_url" }] });
      const fault = await failure(moderate("omni-moderation-latest", inputs, true));
      expect(fault?.reason).toBe(ErrorReason.FIDELITY_LOSS);
      expect(openai.requests).toHaveLength(1);
    });

    it(`refuses over ${name} what the vendor does not take`, async () => {
      const pictures = await failure(moderate("mistral/m", [{ parts: [image] }]));
      expect(pictures?.message).toContain("inputs[0].parts[0].image: the vendor moderates texts");
      const several = await failure(
        moderate("omni-moderation-latest", [text("a"), { parts: [image] }]),
      );
      expect(several?.message).toContain("inputs: only texts can be several inputs");
      expect([...openai.requests, ...mistral.requests]).toEqual([]);
    });

    it(`that is not valid is refused over ${name}, field by field`, async () => {
      const fault = await failure(moderate("", [{ parts: [] }]));
      expect(fault?.reason).toBe(ErrorReason.INVALID_REQUEST);
      expect(fault?.fields.map(({ field }) => field).sort()).toEqual([
        "spec.inputs[0].parts",
        "spec.model",
      ]);
    });
  }
});
