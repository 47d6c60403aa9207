import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asObject, parseJson } from "../json-value.ts";
import { startOpenAiVendor } from "../openai/start-openai-vendor.ts";
import { refusalText, thinkingText } from "../plan-answer.ts";
import type { Vendor } from "../start-vendor-server.ts";
import { encryptedReasoning } from "./encrypted-reasoning.ts";

type Asked = Omit<OpenAI.Responses.ResponseCreateParamsNonStreaming, "model">;

const weather = {
  type: "function" as const,
  name: "weather",
  strict: true,
  parameters: {
    type: "object",
    properties: { city: { type: "string" } },
    required: ["city"],
    additionalProperties: false,
  },
};

describe("the simulated Responses API, called by the official client", () => {
  let vendor: Vendor;
  let client: OpenAI;

  beforeAll(async () => {
    vendor = await startOpenAiVendor();
    client = new OpenAI({ apiKey: "sk-test", baseURL: `${vendor.url}/v1`, maxRetries: 0 });
  });
  afterAll(() => vendor.close());

  for (const stream of [false, true]) {
    const way = stream ? "streamed" : "unary";
    const respond = (model: string, asked: Asked = { input: "hi there" }) =>
      stream
        ? client.responses.stream({ model, ...asked, stream: true }).finalResponse()
        : client.responses.create({ model, ...asked });

    it(`echoes the last user message (${way})`, async () => {
      const response = await respond("gpt-4o");
      expect(response.output_text).toBe("You said: hi there");
      expect(response.status).toBe("completed");
      expect(response.usage?.output_tokens).toBeGreaterThan(0);
    });

    it(`calls one tool and quotes its result (${way})`, async () => {
      const asked = { tools: [weather] };
      const first = await respond("x-tools", { ...asked, input: "weather?" });
      const [item] = first.output;
      if (item?.type !== "function_call") throw new Error("no call");
      expect(Object.keys(JSON.parse(item.arguments))).toEqual(["city"]);
      const { id, call_id, name, arguments: input } = item;
      const second = await respond("x-tools", {
        ...asked,
        input: [
          { role: "user", content: "weather?" },
          {
            type: "function_call",
            call_id,
            name,
            arguments: input,
            ...(id === undefined ? {} : { id }),
          },
          { type: "function_call_output", call_id, output: "21 degrees" },
        ],
      });
      expect(second.output_text).toBe("The tool said: 21 degrees");
    });

    it(`calls two tools at once (${way})`, async () => {
      const response = await respond("x-parallel-tools", {
        input: "?",
        tools: [weather, { ...weather, name: "time" }],
      });
      const names = response.output.map((item) =>
        item.type === "function_call" ? item.name : item.type,
      );
      expect(names).toEqual(["weather", "time"]);
    });

    it(`tells reasoning, and its proof to those who store nothing (${way})`, async () => {
      const kept = await respond("x-thinking");
      expect(kept.output[0]).toMatchObject({
        type: "reasoning",
        summary: [{ text: thinkingText }],
      });
      expect(kept.output[0]).not.toHaveProperty("encrypted_content");
      const stateless = await respond("x-thinking", { input: "hi", store: false });
      expect(stateless.output[0]).toMatchObject({
        encrypted_content: encryptedReasoning(thinkingText),
      });
    });

    const endings = [
      ["x-length", "incomplete", { reason: "max_output_tokens" }],
      ["x-content-filter", "incomplete", { reason: "content_filter" }],
      ["x-text", "completed", null],
    ] as const;
    it.each(endings)(`ends %s as ${way} with status %s`, async (model, status, details) => {
      const response = await respond(model);
      expect([response.status, response.incomplete_details]).toEqual([status, details]);
    });

    it(`refuses in words (${way})`, async () => {
      const [item] = (await respond("x-refusal")).output;
      expect(item).toMatchObject({
        type: "message",
        content: [{ type: "refusal", refusal: refusalText }],
      });
    });

    it(`cites (${way})`, async () => {
      const response = await respond("x-server-tools");
      expect(response.output.map(({ type }) => type)).toEqual(["web_search_call", "message"]);
      expect(response.output[1]).toMatchObject({
        content: [{ annotations: [{ type: "url_citation" }] }],
      });
    });

    const errors = [
      ["x-e400", 400],
      ["x-e429", 429],
      ["x-e500", 500],
    ] as const;
    it.each(errors)(`answers %s with its status (${way})`, async (model, status) => {
      await expect(respond(model)).rejects.toMatchObject({ status });
    });
  }

  it("numbers every event of a stream, names it, and tells each delta's item", async () => {
    const reply = await fetch(`${vendor.url}/v1/responses`, {
      method: "POST",
      headers: { authorization: "Bearer k", "content-type": "application/json" },
      body: JSON.stringify({ model: "x-thinking", input: "a b", stream: true }),
    });
    const frames = (await reply.text()).trimEnd().split("\n\n");
    const events = frames.map((frame) => JSON.parse(frame.slice(frame.indexOf("data: ") + 6)));
    expect(events.map(({ sequence_number }) => sequence_number)).toEqual(
      events.map((_, index) => index),
    );
    expect(frames.map((frame) => frame.split("\n")[0])).toEqual(
      events.map(({ type }) => `event: ${type}`),
    );
    expect(new Set(events.map(({ type }) => type))).toEqual(
      new Set([
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.reasoning_summary_part.added",
        "response.reasoning_summary_text.delta",
        "response.reasoning_summary_text.done",
        "response.reasoning_summary_part.done",
        "response.output_item.done",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.completed",
      ]),
    );
    const last = events.at(-1);
    const deltas = events.filter(({ type }) => type === "response.output_text.delta");
    expect(
      new Set(deltas.map(({ item_id, output_index }) => `${item_id} ${output_index}`)).size,
    ).toBe(1);
    expect(deltas.map(({ delta }) => delta).join("")).toBe(last.response.output[1].content[0].text);
  });

  it("tells of an error in the middle of a stream by an event of its own", async () => {
    const events: unknown[] = [];
    const read = async () => {
      const stream = await client.responses.create({
        model: "x-midstream-error",
        input: "hi there",
        stream: true,
      });
      for await (const event of stream) events.push(event);
    };
    await expect(read()).rejects.toThrow();
    expect(events.length).toBeGreaterThan(0);
  });

  it("counts tokens", async () => {
    const counted = await client.responses.inputTokens.count({
      model: "gpt-4o",
      input: "hi there",
    });
    expect(counted).toMatchObject({ object: "response.input_tokens", input_tokens: 3 });
  });

  it("answers a body that is not JSON with a 400", async () => {
    const headers = { authorization: "Bearer k", "content-type": "application/json" };
    const reply = await fetch(`${vendor.url}/v1/responses`, { method: "POST", headers, body: "{" });
    const json = asObject(parseJson(await reply.text()));
    expect([reply.status, asObject(json?.error)?.code]).toEqual([400, "invalid_json"]);
  });
});
