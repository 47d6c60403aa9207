import { describe, expect, it } from "vitest";
import {
  asObject,
  asObjects,
  asString,
  type JsonObject,
  parseJson,
} from "../../vendors/json-value.ts";
import { startGateway } from "./start-gateway.ts";
import { type ShapedVendor, sendJson, startShapedVendor } from "./start-shaped-vendor.ts";

/** Answers of Chat Completions that call a tool, whole or in chunks. */
function answerCall(name: string, input: string, stream: boolean) {
  const call = { id: "call_1", type: "function", function: { name, arguments: input } };
  if (!stream) {
    const message = { role: "assistant", content: null, tool_calls: [call] };
    return {
      id: "c",
      object: "chat.completion",
      created: 1,
      model: "m",
      choices: [{ index: 0, message, finish_reason: "tool_calls" }],
    };
  }
  const pieces = input.match(/[\s\S]{1,4}/g) ?? [];
  const chunk = (delta: JsonObject, finish_reason: string | null = null) => ({
    id: "c",
    object: "chat.completion.chunk",
    created: 1,
    model: "m",
    choices: [{ index: 0, delta, finish_reason }],
  });
  const begun = { ...call, index: 0, function: { name, arguments: "" } };
  return [
    chunk({ role: "assistant", tool_calls: [begun] }),
    ...pieces.map((piece) => chunk({ tool_calls: [{ index: 0, function: { arguments: piece } }] })),
    chunk({}, "tool_calls"),
  ];
}

async function startVendor(name: string, input: string): Promise<ShapedVendor> {
  return startShapedVendor(({ body }, response) => {
    const stream = asObject(parseJson(body))?.stream === true;
    const answer = answerCall(name, input, stream);
    if (!Array.isArray(answer)) {
      sendJson(response, answer);
      return;
    }
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const chunk of answer) response.write(`data: ${JSON.stringify(chunk)}\n\n`);
    response.end("data: [DONE]\n\n");
  });
}

/** A vendor of a kind whose model calls a tool, behind a gateway. */
async function start(kind: string, name: string, input: string) {
  const vendor = await startVendor(name, input);
  const provider = { kind, base_url: `${vendor.url}/v1`, api_key: { value: "k" } };
  const gateway = await startGateway({ providers: { v: provider } });
  const ask = async (path: string, body: JsonObject) => {
    const reply = await fetch(gateway.url + path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model: "v/m", ...body }),
    });
    const text = await reply.text();
    expect(reply.status, text).toBe(200);
    return { text, fidelity: reply.headers.get("x-parlance-fidelity") ?? "" };
  };
  return { vendor, ask, sent: () => asObject(parseJson(vendor.seen.at(-1)?.body ?? "")) };
}

const patch = 'line "one"\n\u4e16\u754c \u{1F44B}';
const input = JSON.stringify({ input: patch });
const messages = [{ role: "user", content: "edit" }];
const custom = { name: "patch", description: "Edits." };
const grammar = { syntax: "lark", definition: "start: /x/" };
const chatTool = {
  type: "custom",
  custom: { ...custom, format: { type: "grammar", grammar } },
};
const responsesTool = { type: "custom", ...custom, format: { type: "grammar", ...grammar } };
const chat = "/v1/chat/completions";
const responses = "/v1/responses";

/** Kinds of Chat Completions whose vendors take functions alone. */
const kinds = ["openai_compatible", "mistral", "deepseek", "groq", "vllm", "moonshot", "xai"];

describe("custom tools of a vendor that takes functions alone", () => {
  for (const kind of kinds) {
    it(`go out as functions and come back as custom tools to clients of its own dialect (${kind})`, async () => {
      const { ask, sent } = await start(kind, "patch", input);
      const { text, fidelity } = await ask(chat, { messages, tools: [chatTool] });
      const [choice] = asObjects(asObject(parseJson(text))?.choices);
      const [call] = asObjects(asObject(choice?.message)?.tool_calls);
      expect(call).toMatchObject({ type: "custom", custom: { name: "patch", input: patch } });
      expect(fidelity).toContain("tools[0].custom=EMULATED");
      const [tool] = asObjects(sent()?.tools);
      const declared = asObject(tool?.function);
      expect(tool?.type).toBe("function");
      expect(asString(declared?.description)).toContain("start: /x/");
      expect(asObject(declared?.parameters)?.required).toEqual(["input"]);
    });
  }

  it("stream their text as it grows, to clients of Chat Completions", async () => {
    const { ask } = await start("openai_compatible", "patch", input);
    const { text } = await ask(chat, { messages, tools: [chatTool], stream: true });
    const calls = text
      .split("\n\n")
      .flatMap((frame) => asObjects(asObject(parseJson(frame.slice(6)))?.choices))
      .flatMap(({ delta }) => asObjects(asObject(delta)?.tool_calls));
    const pieces = calls.map((call) => asString(asObject(call.custom)?.input) ?? "");
    expect(calls[0]).toMatchObject({ type: "custom", custom: { name: "patch" } });
    expect(pieces.join("")).toBe(patch);
    expect(pieces.filter((piece) => piece !== "").length).toBeGreaterThan(3);
  });

  it("go out as functions from clients of Responses whose vendor speaks it but has none", async () => {
    const { ask, sent, vendor } = await start("xai", "patch", input);
    await ask(responses, { input: "go", tools: [responsesTool] }).catch(() => undefined);
    expect(vendor.seen[0]?.path).toBe("/v1/responses");
    expect(asObjects(sent()?.tools)).toMatchObject([{ type: "function", name: "patch" }]);
  });

  it("pass as they are where the vendor has them", async () => {
    const { ask, vendor } = await start("openai", "patch", input);
    const { fidelity } = await ask(chat, { messages, tools: [chatTool] });
    expect(fidelity).toBe("");
    expect(asObjects(asObject(parseJson(vendor.seen[0]?.body ?? ""))?.tools)).toEqual([chatTool]);
  });

  it("are functions in the history and in the choice as well", async () => {
    const { ask, sent } = await start("openai_compatible", "patch", input);
    const call = { id: "call_1", type: "custom", custom: { name: "patch", input: patch } };
    const history = [
      ...messages,
      { role: "assistant", content: null, tool_calls: [call] },
      { role: "tool", tool_call_id: "call_1", content: "done" },
    ];
    const tool_choice = { type: "custom", custom: { name: "patch" } };
    await ask(chat, { messages: history, tools: [chatTool], tool_choice });
    const [, answer] = asObjects(sent()?.messages);
    expect(asObjects(answer?.tool_calls)).toEqual([
      { id: "call_1", type: "function", function: { name: "patch", arguments: input } },
    ]);
    expect(sent()?.tool_choice).toEqual({ type: "function", function: { name: "patch" } });
  });
});

const find = (name: string) => ({
  type: "function",
  name,
  parameters: { type: "object", properties: { q: { type: "string" } } },
  strict: false,
});
const group = (name: string, ...tools: readonly JsonObject[]) => ({
  type: "namespace",
  name,
  description: `About ${name}.`,
  tools,
});

describe("tools of namespaces", () => {
  const long = "server".repeat(11);
  const names: readonly (readonly [
    title: string,
    namespace: string,
    name: string,
    sent: RegExp,
  ])[] = [
    ["joined", "mcp__docs", "find", /^mcp__docs__find$/],
    ["joined once", "mcp__docs__", "find", /^mcp__docs__find$/],
    ["that are long", long, "find", /^(?:server)+s?_[0-9a-f]{8}$/],
    ["that are taken", "a", "b", /^a__b_[0-9a-f]{8}$/],
  ];
  for (const [title, namespace, name, expected] of names) {
    it(`have names ${title}, and are called back by namespace and name`, async () => {
      const taken = find("a__b");
      const { ask, sent } = await start("openai_compatible", "x", "{}");
      const tools = [taken, group(namespace, find(name))];
      await ask(responses, { input: "go", tools });
      const sentName = asString(asObject(asObjects(sent()?.tools)[1]?.function)?.name) ?? "";
      expect(sentName).toMatch(expected);
      expect(sentName.length).toBeLessThanOrEqual(64);
      const again = await start("openai_compatible", sentName, '{"q":"1"}');
      const { text } = await again.ask(responses, { input: "go", tools });
      expect(asObjects(asObject(parseJson(text))?.output)[0]).toMatchObject({
        type: "function_call",
        namespace,
        name,
        arguments: '{"q":"1"}',
      });
    });
  }

  it("keep apart what has one name in two of them, in the history and in the choice", async () => {
    const { ask, sent } = await start("openai_compatible", "b__find", "{}");
    const { text } = await ask(responses, {
      input: [
        { role: "user", content: "go" },
        { type: "function_call", call_id: "c", namespace: "a", name: "find", arguments: "{}" },
        { type: "function_call_output", call_id: "c", output: "1" },
      ],
      tools: [group("a", find("find")), group("b", find("find"))],
      tool_choice: { type: "function", name: "find", namespace: "b" },
    });
    const called = asObjects(sent()?.messages).flatMap(({ tool_calls }) => asObjects(tool_calls));
    expect(
      called.map(({ function: { name } = {} }: JsonObject & { function?: JsonObject }) => name),
    ).toEqual(["a__find"]);
    expect(sent()?.tool_choice).toMatchObject({ function: { name: "b__find" } });
    expect(asObjects(asObject(parseJson(text))?.output)[0]).toMatchObject({
      namespace: "b",
      name: "find",
    });
  });

  it("may be allowed as a whole", async () => {
    const { ask, sent } = await start("openai_compatible", "a__one", "{}");
    await ask(responses, {
      input: "go",
      tools: [group("a", find("one"), find("two")), find("three")],
      tool_choice: {
        type: "allowed_tools",
        mode: "auto",
        tools: [{ type: "namespace", name: "a" }],
      },
    });
    const choice = asObject(asObject(sent()?.tool_choice)?.allowed_tools);
    expect(asObjects(choice?.tools).map((tool) => asObject(tool.function)?.name)).toEqual([
      "a__one",
      "a__two",
    ]);
  });

  it("may be declared by items of the input, each once", async () => {
    const { ask, sent } = await start("openai_compatible", "docs__find", "{}");
    const { text, fidelity } = await ask(responses, {
      input: [
        { role: "user", content: "go" },
        { type: "additional_tools", role: "developer", tools: [find("later")] },
        { type: "tool_search_call", call_id: "s", execution: "client", arguments: {} },
        {
          type: "tool_search_output",
          call_id: "s",
          execution: "client",
          tools: [group("docs", find("find")), find("later")],
        },
      ],
      tools: [{ type: "tool_search" }],
    });
    const declared = asObjects(sent()?.tools).map((tool) => asObject(tool.function)?.name);
    expect(declared).toEqual(["later", "docs__find"]);
    expect(fidelity).toContain("tools[0].builtin=DROPPED");
    expect(asObjects(asObject(parseJson(text))?.output)[0]).toMatchObject({ namespace: "docs" });
  });

  it("hold custom tools too", async () => {
    const { ask } = await start("openai_compatible", "edit__patch", input);
    const { text } = await ask(responses, { input: "go", tools: [group("edit", responsesTool)] });
    expect(asObjects(asObject(parseJson(text))?.output)[0]).toMatchObject({
      type: "custom_tool_call",
      namespace: "edit",
      name: "patch",
      input: patch,
    });
  });
});
