import { describe, expect, it } from "vitest";
import { FieldOutcome } from "../../../../gen/parlance/call/v1/call_report_pb.js";
import { anthropicMessagesFacade } from "../../../../src/adapters/anthropic-messages/index.ts";
import { openAiChat } from "../../../../src/adapters/openai-chat/index.ts";
import type { ChatQuirks } from "../../../../src/adapters/openai-chat/wire.ts";

const cache_control = { type: "ephemeral" };
const hour = { type: "ephemeral", ttl: "1h" };

/** A client of Messages marks what it can. */
const body = {
  model: "m",
  max_tokens: 9,
  system: [{ type: "text", text: "Long.", cache_control: hour }],
  tools: [{ name: "f", input_schema: { type: "object" }, cache_control }],
  messages: [
    { role: "user", content: [{ type: "text", text: "go", cache_control }] },
    {
      role: "assistant",
      content: [
        { type: "text", text: "Calling.", cache_control },
        { type: "tool_use", id: "c1", name: "f", input: {}, cache_control },
      ],
    },
    {
      role: "user",
      content: [{ type: "tool_result", tool_use_id: "c1", content: "42", cache_control }],
    },
  ],
};

function send(model: string, quirks: ChatQuirks) {
  const bytes = Buffer.from(JSON.stringify(body));
  const decoded = anthropicMessagesFacade.codecs.chat?.decodeRequest({ json: body, bytes });
  if (decoded?.ok !== true) throw new Error(JSON.stringify(decoded));
  const options = { model, stream: false, quirks };
  const encoded = openAiChat.codecs.chat?.encodeRequest(decoded.value.message, options);
  if (encoded?.ok !== true) throw new Error(JSON.stringify(encoded));
  const { request, report } = encoded.value;
  return {
    json: JSON.parse(Buffer.from(request.body ?? "").toString()),
    report: report
      .filter(({ field }) => field.includes("cache"))
      .map(({ field, outcome }) => `${field} ${FieldOutcome[outcome]}`),
  };
}

describe("cache marks in Chat Completions", () => {
  it("are cache_control where the vendor's row says so", () => {
    const { json, report } = send("anthropic/claude-sonnet-4.5", { cacheMarks: "cache_control" });
    expect(json.messages).toEqual([
      { role: "system", content: [{ type: "text", text: "Long.", cache_control: hour }] },
      { role: "user", content: [{ type: "text", text: "go", cache_control }] },
      {
        role: "assistant",
        content: [{ type: "text", text: "Calling.", cache_control }],
        tool_calls: [{ id: "c1", type: "function", function: { name: "f", arguments: "{}" } }],
      },
      {
        role: "tool",
        tool_call_id: "c1",
        content: [{ type: "text", text: "42", cache_control }],
      },
    ]);
    expect(json.tools[0].cache_control).toEqual(cache_control);
    expect(report).toEqual(["messages[2].parts[1].cache DROPPED"]);
  });

  it("are breakpoints by models that take them, but for answers and tools", () => {
    const { json, report } = send("gpt-5.6-sol", {});
    const prompt_cache_breakpoint = { mode: "explicit" };
    expect(json.messages.map(({ content }: { content: unknown }) => content)).toEqual([
      [{ type: "text", text: "Long.", prompt_cache_breakpoint }],
      [{ type: "text", text: "go", prompt_cache_breakpoint }],
      "Calling.",
      [{ type: "text", text: "42", prompt_cache_breakpoint }],
    ]);
    expect(report.toSorted()).toEqual([
      "messages[0].parts[0].cache.ttl DROPPED",
      "messages[2].parts[0].cache DROPPED",
      "messages[2].parts[1].cache DROPPED",
      "tools[0].cache DROPPED",
    ]);
  });

  it("are reported as dropped where the vendor takes none", () => {
    const { json, report } = send("gpt-5.1", {});
    expect(JSON.stringify(json)).not.toMatch(/cache/);
    expect(report).toHaveLength(6);
    expect(report.every((entry) => entry.endsWith(".cache DROPPED"))).toBe(true);
  });
});
