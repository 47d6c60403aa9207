import { fromJsonString } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FieldOutcome } from "../../gen/parlance/call/v1/call_report_pb.js";
import { type Chat, ChatSchema } from "../../gen/parlance/chat/v1/chat_pb.js";
import { anthropicMessagesFacade } from "../../src/adapters/anthropic-messages/index.ts";
import { openAiChatFacade } from "../../src/adapters/openai-chat/index.ts";
import { openAiResponsesFacade } from "../../src/adapters/openai-responses/index.ts";
import { createConfiguredEngine } from "../../src/configured-gateway.ts";
import type { ClientCodecs } from "../../src/core/dialect.ts";
import { GatewayError } from "../../src/core/faults/gateway-error.ts";
import { chat } from "../../src/core/operation.ts";
import type { Gateway } from "../../src/gateway.ts";
import type { JsonObject } from "../../src/json/json.ts";
import { requestOf } from "../calls.ts";
import { openAiRows } from "./openai-trait-rows.ts";
import { otherRows } from "./other-trait-rows.ts";

const kinds = {
  openai: "openai",
  azure: "azure",
  router: "openrouter",
  responses: "openai_responses_compatible",
  compatible: "openai_compatible",
  anthropic: "anthropic",
  bedrock: "bedrock",
  invoke: "bedrock_invoke",
  gemini: "gemini",
  mistral: "mistral",
  deepseek: "deepseek",
  xai: "xai",
  zai: "zai",
  moonshot: "moonshot",
  dashscope: "dashscope",
  groq: "groq",
  cerebras: "cerebras",
  cohere: "cohere",
  ollama: "ollama",
} as const;

const config = JSON.stringify({
  providers: Object.fromEntries(
    Object.entries(kinds).map(([name, kind]) => [
      name,
      {
        kind,
        base_url: "http://127.0.0.1:9/v1",
        api_key: { value: "k" },
        ...(kind.startsWith("bedrock") ? { aws: { region: "us-east-1" } } : {}),
      },
    ]),
  ),
  models: [
    {
      name: "mine",
      traits: { takes: { temperature: false, stop: false }, effort: true, efforts: ["low"] },
      targets: [
        { model: "compatible/my-model" },
        { model: "openai/gpt-5", traits: { takes: { temperature: true }, efforts: ["max"] } },
        { model: "azure/mine", base_model: "gpt-4.1" },
      ],
    },
    {
      name: "unreasoning",
      facts: { reasoning: false },
      targets: [{ model: "compatible/my-model" }],
    },
    {
      name: "mute",
      facts: { reasoning: false },
      targets: [{ model: "anthropic/claude-opus-4-6" }],
    },
    { name: "dumb", traits: { thinking: "NEVER" }, targets: [{ model: "gemini/gemini-2.5-pro" }] },
  ],
});

describe("a chat is fitted to its model", () => {
  let engine: Gateway;

  beforeAll(async () => {
    const configured = await createConfiguredEngine({
      config: { text: config, filename: "" },
      world: { record: () => undefined },
    });
    engine = configured.engine;
  });
  afterAll(() => engine.close());

  const explain = async (message: Chat, headers: Readonly<Record<string, string>> = {}) => {
    const { model } = message;
    const request = requestOf(chat, message);
    const call = engine.begin({ model, request, header: (name) => headers[name] });
    const { targets } = await engine.explain(call);
    return targets.map(({ bodyJson, fidelity, why }) => ({
      why,
      body: bodyJson === "" ? {} : (JSON.parse(bodyJson) as Record<string, unknown>), // an object
      report: fidelity.map(({ field, outcome }) => `${field} ${FieldOutcome[outcome]}`),
    }));
  };

  for (const [model, what, ask, sent, reported] of [...openAiRows, ...otherRows]) {
    for (const [client, members] of Object.entries(ask)) {
      it(`${model} gets ${what} from a client of ${client}`, async () => {
        const [target] = await explain(read(client, model, members));
        expect(target?.body).toMatchObject(
          Object.fromEntries(Object.entries(sent).filter(([, value]) => value !== undefined)),
        );
        for (const [key, value] of Object.entries(sent))
          if (value === undefined) expect(target?.body).not.toHaveProperty(key);
        const losses = target?.report.filter((entry) => /DROPPED|CLAMPED/.test(entry));
        expect(losses).toEqual(reported.filter((entry) => /DROPPED|CLAMPED/.test(entry)));
        expect(target?.report).toEqual(expect.arrayContaining([...reported]));
      });
    }
  }

  for (const model of ["openai/gpt-4.1", "openai/gpt-4o", "azure/gpt-4.1", "responses/gpt-4o"]) {
    it(`${model} gets what an agent of Messages asks of models that think`, async () => {
      const names = Array.from({ length: 20 }, (_, at) => `tool_${at}`);
      const [target] = await explain(
        read("messages", model, {
          thinking: { type: "adaptive", display: "summarized" },
          output_config: { effort: "high" },
          temperature: 1,
          system: [{ type: "text", text: "Be brief.", cache_control: { type: "ephemeral" } }],
          tools: names.map((name) => ({ name, input_schema: { type: "object" } })),
        }),
      );
      expect(target?.body.tools).toHaveLength(20);
      expect(target?.body).not.toHaveProperty("reasoning_effort");
      expect(target?.body).not.toHaveProperty("reasoning");
      expect(target?.report).toEqual(
        expect.arrayContaining([
          "reasoning.mode DROPPED",
          "reasoning.effort DROPPED",
          "reasoning.summary DROPPED",
        ]),
      );
    });
  }

  it("as the directory of models shows", () => {
    const admin = { name: "ops", admin: true, models: undefined, strict: false };
    const traits = (name: string) =>
      engine.models.get(admin, name)?.deployments.map((each) => each.traits);
    expect(traits("openai/o3")).toMatchObject([
      { effort: true, efforts: ["low", "medium", "high"], takes: { temperature: false } },
    ]);
    expect(traits("compatible/my-model")).toEqual([undefined]);
    expect(traits("mine")?.map((each) => each?.efforts)).toEqual([["low"], ["max"], ["low"]]);
  });

  it("goes to Responses from a client of Chat Completions where tools beside thinking do", async () => {
    const line = async (members: JsonObject) => {
      const json = {
        model: "openai/gpt-5.5",
        messages: [{ role: "user", content: "hi" }],
        ...members,
      };
      const origin = { dialect: "openai-chat", json, wantsUsage: false };
      const body = Buffer.from(JSON.stringify(json));
      const request = requestOf(chat, () => read("chat", json.model, members));
      const call = {
        model: json.model,
        request,
        origin: { ...origin, body },
        header: () => undefined,
      };
      return (await engine.explain(engine.begin(call))).targets[0]?.requestLine;
    };
    const tools = [{ type: "function", function: { name: "one" } }];
    expect(await line({})).toBe("POST /chat/completions");
    expect(await line({ tools })).toBe("POST /responses");
    expect(await line({ tools, reasoning_effort: "low" })).toBe("POST /responses");
    expect(await line({ tools, reasoning_effort: "none" })).toBe("POST /chat/completions");
  });

  it("where strict, is not made with what the model does not take", async () => {
    const message = read("messages", "openai/gpt-5", { temperature: 0.5 });
    const [target] = await explain(message, { "x-parlance-strict": "true" });
    expect(target?.why).toContain("sampling.temperature");
    const plain = read("messages", "openai/gpt-5", { temperature: 1 });
    const [made] = await explain(plain, { "x-parlance-strict": "true" });
    expect(made?.body).toMatchObject({ model: "gpt-5" });
  });

  it("goes by the config over what is known, and by a target over its model", async () => {
    const message = read("chat", "mine", {
      temperature: 0.5,
      stop: ["END"],
      reasoning_effort: "high",
    });
    const bodies = (await explain(message)).map(({ body }) => body);
    const byModel = new Map(bodies.map((body) => [body.model, body]));
    expect(byModel.get("my-model")).toMatchObject({ reasoning_effort: "low" });
    expect(byModel.get("my-model")).not.toHaveProperty("temperature");
    expect(byModel.get("gpt-5")).toMatchObject({ temperature: 0.5, reasoning_effort: "max" });
    expect(byModel.get("gpt-5")).not.toHaveProperty("stop");
    expect(byModel.get("mine")).toMatchObject({ reasoning_effort: "low" });
  });
});

/** The clients of dialects, and what a request of each must have. */
const clients: Readonly<Record<string, readonly [codecs: ClientCodecs, usual: JsonObject]>> = {
  messages: [
    anthropicMessagesFacade.codecs,
    { max_tokens: 32000, messages: [{ role: "user", content: "hi" }] },
  ],
  chat: [openAiChatFacade.codecs, { messages: [{ role: "user", content: "hi" }] }],
  responses: [openAiResponsesFacade.codecs, { input: "hi" }],
};

/** A request as a client of a dialect makes it; `typed` is a caller of the contract. */
function read(client: string, model: string, members: JsonObject): Chat {
  const [codecs, usual] = clients[client] ?? [];
  if (codecs?.chat === undefined) return typed(model, members);
  const json = { model, ...usual, ...members };
  const decoded = codecs.chat.decodeRequest({ json, bytes: Buffer.from(JSON.stringify(json)) });
  if (!decoded.ok) throw new GatewayError(decoded.fault);
  return decoded.value.message;
}

function typed(model: string, members: JsonObject): Chat {
  const messages = [{ role: "ROLE_USER", parts: [{ text: { text: "hi" } }] }];
  return fromJsonString(
    ChatSchema,
    JSON.stringify({ model, messages, maxOutputTokens: 32000, ...members }),
  );
}
