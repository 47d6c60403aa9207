import { create } from "@bufbuild/protobuf";
import { describe, expect, it, onTestFinished } from "vitest";
import { ChatSchema } from "../../../../gen/parlance/chat/v1/chat_pb.js";
import { startGateway } from "../../../../src/serve.ts";
import { send, setUp, statusOf } from "../routed-gateway.ts";
import { explained } from "./explained.ts";

/** A model whose first target, a, has these facts; b is not known. */
const first = (facts: string, more = "") =>
  `  - { name: m, strategy: PRIORITY, targets: [{ model: a/x, facts: ${facts} }, { model: b/x }] ${more}}`;

const tool = { type: "function", function: { name: "f", parameters: { type: "object" } } };
const user = (part: object) => ({ messages: [{ role: "user", content: [part] }] });
const image = { type: "image_url", image_url: { url: "data:image/png;base64,iVBORw0KGgo=" } };
const audio = { type: "input_audio", input_audio: { data: "UklGRg==", format: "wav" } };
const file = {
  type: "file",
  file: { filename: "a.pdf", file_data: "data:application/pdf;base64,JVBERi0=" },
};
const schema = {
  response_format: { type: "json_schema", json_schema: { name: "s", schema: { type: "object" } } },
};

const rows: readonly (readonly [title: string, facts: string, body: object, why: string])[] = [
  ["tools", "{ tools: false }", { tools: [tool] }, "calls no tools"],
  ["images", "{ input_modalities: [text] }", user(image), "takes no images"],
  ["audio", "{ input_modalities: [text, image] }", user(audio), "takes no audio"],
  ["documents", "{ input_modalities: [text] }", user(file), "takes no documents"],
  ["a schema", "{ structured_output: false }", schema, "cannot be held to a JSON schema"],
  ["reasoning", "{ reasoning: false }", { reasoning_effort: "high" }, "does not reason"],
  [
    "spoken answers",
    "{ output_modalities: [text] }",
    { modalities: ["text", "audio"], audio: { voice: "alloy", format: "wav" } },
    "gives no audio",
  ],
];

describe("a target that is known to lack what a call needs", () => {
  for (const [title, facts, body] of rows)
    it(`is passed over for one that may have it: ${title}`, async () => {
      const setup = await setUp(first(facts), {});
      expect(await statusOf(send(setup, { body }))).toBe(200);
      expect(await statusOf(send(setup))).toBe(200);
      expect(setup.tried()).toBe("ba");
      const skips = await setUp(
        first(facts),
        {},
        { more: "routing: { skip_capability_check: true }" },
      );
      expect(await statusOf(send(skips, { body }))).toBe(200);
      expect(skips.tried()).toBe("a");
    });

  for (const [title, facts, body, why] of rows.filter(([name]) => name !== "reasoning"))
    it(`fails the call with the field where all lack it: ${title}`, async () => {
      const text = `  - { name: m, targets: [{ model: a/x, facts: ${facts} }, { model: b/x, facts: ${facts} }] }`;
      const setup = await setUp(text, {});
      const refused = await send(setup, { body });
      expect(refused.status).toBe(400);
      const { error } = JSON.parse(await refused.text());
      expect(error.code).toBe("unsupported");
      expect(error.message).toContain(`a/x ${why}, which the call needs; b/x ${why}`);
      expect(error.param).toMatch(
        /^(tools|response_format|modalities|messages\[0\]\.parts\[0\]\.(image|audio|document))$/,
      );
      expect(setup.tried()).toBe("");
    });

  const others: readonly (readonly [title: string, facts: string, body: object])[] = [
    ["tools that may not be called", "{ tools: false }", { tools: [tool], tool_choice: "none" }],
    ["an effort of none", "{ reasoning: false }", { reasoning_effort: "none" }],
    [
      "an object in JSON",
      "{ structured_output: false }",
      { response_format: { type: "json_object" } },
    ],
    ["text in parts", "{ input_modalities: [text] }", user({ type: "text", text: "hi" })],
  ];
  for (const [title, facts, body] of others)
    it(`takes ${title}`, async () => {
      const setup = await setUp(first(facts), {});
      expect(await statusOf(send(setup, { body }))).toBe(200);
      expect(setup.tried()).toBe("a");
    });

  it("takes calls for reasoning where no target reasons", async () => {
    const facts = "facts: { reasoning: false }";
    const text = `  - { name: m, ${facts}, strategy: PRIORITY, targets: [{ model: a/x }, { model: b/x }] }`;
    const setup = await setUp(text, {});
    expect(await statusOf(send(setup, { body: { reasoning_effort: "high" } }))).toBe(200);
    expect(setup.tried()).toBe("a");
  });

  it("leaves the call to the fallback", async () => {
    const text = `  - { name: m, fallbacks: [n], targets: [{ model: a/x, facts: { tools: false } }] }
  - { name: n, targets: [{ model: b/y }] }`;
    const setup = await setUp(text, {});
    expect(await statusOf(send(setup, { body: { tools: [tool] } }))).toBe(200);
    expect(setup.vendors.b?.models).toEqual(["y"]);
  });

  it("is called where it is the only one, and nothing else may be", async () => {
    const text = "  - { name: m, targets: [{ model: a/x, facts: { tools: false } }] }";
    const setup = await setUp(text, {});
    expect(await statusOf(send(setup, { body: { tools: [tool] } }))).toBe(200);
    expect(setup.tried()).toBe("a");
  });

  it("may be a target where JSON is brought about by other means", async () => {
    const gateway = await startGateway({
      port: 0,
      config: `providers:
  claude: { kind: anthropic, base_url: "http://127.0.0.1:9/v1", api_key: { value: k } }
  local: { kind: openai_compatible, base_url: "http://127.0.0.1:9/v1" }
models:
  - name: m
    strategy: PRIORITY
    facts: { structured_output: false }
    targets: [{ model: claude/claude-3-haiku-20240307 }, { model: local/x }]`,
    });
    onTestFinished(() => gateway.close());
    const chat = create(ChatSchema, {
      model: "m",
      messages: [{ role: 2, parts: [{ content: { case: "text", value: { text: "hi" } } }] }],
      responseFormat: {
        format: { case: "jsonSchema", value: { name: "s", schemaJson: '{"type":"object"}' } },
      },
    });
    expect(await explained({ gateway }, { chat })).toEqual({
      tried: ["claude/claude-3-haiku-20240307"],
      excluded: ["local/x: model m: cannot be held to a JSON schema, which the call needs"],
    });
  });

  it("is explained", async () => {
    const setup = await setUp(first("{ context_window: 20 }"), {});
    const text = "one two three four five ".repeat(10);
    const { tried, excluded } = await explained(setup, { model: "m", text });
    expect(tried).toEqual(["b/x"]);
    expect(excluded).toEqual([
      expect.stringMatching(
        /^a\/x: model m: is too small for the prompt of about \d+ tokens: its context window has 20$/,
      ),
    ]);
  });
});
