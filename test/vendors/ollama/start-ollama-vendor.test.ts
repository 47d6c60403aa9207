import { Ollama } from "ollama";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject } from "../json-value.ts";
import { thinkingText, unicodeText } from "../plan-answer.ts";
import type { Vendor } from "../start-vendor-server.ts";
import { startOllamaVendor } from "./start-ollama-vendor.ts";
import { validateChat, validateEmbed } from "./validate-ollama.ts";

const parameters = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
const tools = [{ type: "function", function: { name: "weather", description: "d", parameters } }];
const hello = { role: "user", content: "hi there" };

describe("the simulated Ollama, called by the official client", () => {
  let vendor: Vendor;
  let client: Ollama;
  beforeAll(async () => {
    vendor = await startOllamaVendor();
    client = new Ollama({ host: vendor.url });
  });
  afterAll(() => vendor.close());

  it("echoes the last user message, with counts", async () => {
    const { message, prompt_eval_count: count } = await client.chat({
      model: "x-text",
      messages: [hello],
    });
    expect(message.content).toBe("You said: hi there");
    expect(count).toBeGreaterThan(0);
  });

  it("streams thoughts and words", async () => {
    let told = "";
    for await (const { message } of await client.chat({
      model: "x-thinking",
      messages: [hello],
      stream: true,
    })) {
      told += message.thinking ?? message.content;
    }
    expect(told).toBe(`${thinkingText}You said: hi there`);
  });

  it("keeps text whole across writes", async () => {
    let text = "";
    for await (const { message } of await client.chat({
      model: "x-unicode",
      messages: [hello],
      stream: true,
    })) {
      text += message.content;
    }
    expect(text).toBe(unicodeText);
  });

  it("calls a tool and quotes its result", async () => {
    const { message } = await client.chat({ model: "x-tools", messages: [hello], tools });
    expect(Object.keys(message.tool_calls?.[0]?.function.arguments ?? {})).toEqual(["city"]);
    const told = { role: "tool", tool_name: "weather", content: "21 degrees" };
    const second = await client.chat({ model: "x-tools", messages: [hello, message, told], tools });
    expect(second.message.content).toBe("The tool said: 21 degrees");
  });

  it("answers JSON for a schema", async () => {
    const { message } = await client.chat({
      model: "x-structured",
      messages: [hello],
      format: parameters,
    });
    expect(Object.keys(JSON.parse(message.content))).toEqual(["city"]);
  });

  it("embeds", async () => {
    const { embeddings } = await client.embed({ model: "x", input: ["a", "b"] });
    expect(embeddings.map((vector) => vector.length)).toEqual([8, 8]);
  });

  it.each([
    ["e400", 400],
    ["e500", 500],
    ["e503", 503],
  ])("fails as %s", async (scenario, status_code) => {
    await expect(client.chat({ model: `x-${scenario}`, messages: [hello] })).rejects.toMatchObject({
      status_code,
    });
  });

  it("reports an error within a stream", async () => {
    const reading = async () => {
      for await (const _ of await client.chat({
        model: "x-midstream-error",
        messages: [hello],
        stream: true,
      }));
    };
    await expect(reading()).rejects.toThrow("model runner has unexpectedly stopped");
  });
});

describe("requests to Ollama", () => {
  const create = (rest: JsonObject): JsonObject => ({ model: "m", messages: [hello], ...rest });
  const called = (input: JsonObject | string) =>
    create({
      messages: [
        {
          role: "assistant",
          content: "",
          tool_calls: [{ function: { name: "f", arguments: input } }],
        },
      ],
    });
  const faults: readonly (readonly [title: string, body: JsonObject, says: RegExp])[] = [
    ["a member of another dialect", create({ temperature: 1 }), /unknown field "temperature"/],
    ["no model", { messages: [] }, /^model is required$/],
    [
      "content in parts",
      create({ messages: [{ role: "user", content: [] }] }),
      /cannot unmarshal array .* of type string/,
    ],
    [
      "another role",
      create({ messages: [{ role: "developer", content: "x" }] }),
      /^invalid role: "developer"/,
    ],
    ["arguments as text", called("{}"), /cannot unmarshal string .*arguments/],
    [
      "a picture with its type",
      create({ messages: [{ ...hello, images: ["data:image/png;base64,AA"] }] }),
      /base64/,
    ],
    ["another level of thinking", create({ think: "xhigh" }), /^invalid think value/],
    ["OpenAI's format", create({ format: "json_object" }), /^invalid format/],
    [
      "an option of another dialect",
      create({ options: { max_tokens: 1 } }),
      /unknown field "max_tokens" in Options/,
    ],
  ];
  for (const [title, body, says] of faults) {
    it(`are refused with ${title}`, () => {
      expect(validateChat(body)).toMatch(says);
    });
  }

  it("for vectors are refused with tokens", () => {
    expect(validateEmbed({ model: "m", input: [1] })).toBe("invalid input type");
  });
});
