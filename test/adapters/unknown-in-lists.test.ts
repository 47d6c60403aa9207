import { describe, expect, it } from "vitest";
import { UnknownFields } from "../../gen/parlance/config/v1/model_pb.js";
import { loadEveryDialect } from "../../src/adapters/dialects.ts";
import { facades, isFacadeName } from "../../src/adapters/registry.ts";
import { clientCodecOf, codecOf } from "../../src/core/dialect.ts";
import { adjustUnknown } from "../../src/core/fidelity/unknown-fields.ts";
import { chat } from "../../src/core/operation.ts";
import type { JsonObject } from "../../src/json/json.ts";

const loaded = await loadEveryDialect();

/** What a vendor of the client's own dialect is sent, and what the report says of `zz_` members. */
async function translate(name: string, body: JsonObject, quirks = {}) {
  if (!isFacadeName(name)) throw new Error(name);
  const facade = clientCodecOf(await facades[name].load(), chat);
  const dialect = loaded.get(name);
  const codec = dialect === undefined ? undefined : codecOf(dialect, chat);
  const decoded = facade?.decodeRequest({ json: body, bytes: Buffer.from(JSON.stringify(body)) });
  if (codec === undefined || decoded?.ok !== true) throw new Error(JSON.stringify(decoded));
  const { value, beside } = decoded;
  const rule = { dialect: name, policy: UnknownFields.DROP, beside };
  const adjusted = adjustUnknown(value.message, rule);
  const encoded = codec.encodeRequest(adjusted.request, { model: "m", stream: false, quirks });
  if (!encoded.ok) throw new Error(encoded.fault.message);
  const sent: unknown = JSON.parse(String(encoded.value.request.body));
  const report = adjusted.report(encoded.value.report);
  return { sent, lost: report.map(({ field }) => field).filter((it) => it.includes("zz_")) };
}

const user = { role: "user", content: "hi" };
const page = { type: "page_location", document_index: 0, start_page_number: 1, end_page_number: 2 };
const place = { type: "char_location", document_index: 0, start_char_index: 0, end_char_index: 1 };
const cited = (citations: JsonObject[]) => ({
  model: "m",
  max_tokens: 9,
  messages: [user, { role: "assistant", content: [{ type: "text", text: "it", citations }] }],
});
const details = [
  { type: "reasoning.text", text: "hm", signature: "s", index: 0, zz_a: 1 },
  { type: "reasoning.summary", summary: "short", index: 0, zz_b: 2 },
  { type: "reasoning.encrypted", data: "AA==", index: 0, zz_c: 3 },
];

describe("members of elements of lists that no reader knows", () => {
  it("go to Anthropic with their citations", async () => {
    const { sent, lost } = await translate(
      "anthropic-messages",
      cited([
        { ...place, cited_text: "a", zz_a: 1 },
        { ...page, cited_text: "b", zz_b: { deep: [1] } },
        { ...page, cited_text: "c" },
      ]),
    );
    expect(lost).toEqual([]);
    expect(sent).toMatchObject({
      messages: [
        {},
        {
          content: [
            {
              citations: [
                { cited_text: "a", zz_a: 1 },
                { cited_text: "b", zz_b: { deep: [1] } },
                expect.not.objectContaining({ zz_b: expect.anything() }),
              ],
            },
          ],
        },
      ],
    });
  });

  it("keep to their own element where another is not sent, and are reported with it", async () => {
    const web = { type: "web_search_result_location", url: "https://a.example", cited_text: "w" };
    const { sent, lost } = await translate(
      "anthropic-messages",
      cited([
        { ...web, zz_web: 1 },
        { ...page, cited_text: "b", zz_b: 2 },
      ]),
    );
    expect(lost).toEqual(["messages.1.content.0.citations.0.zz_web"]);
    expect(sent).toMatchObject({
      messages: [{}, { content: [{ citations: [{ type: "page_location", zz_b: 2 }] }] }],
    });
  });

  it("go with reasoning details, whatever their order becomes", async () => {
    const assistant = { role: "assistant", content: "it", reasoning_details: details };
    const body = { model: "m", messages: [user, assistant, user] };
    const { sent, lost } = await translate("openai-chat", body, { reasoningDetails: true });
    expect(lost).toEqual([]);
    expect(sent).toMatchObject({
      messages: [
        {},
        {
          reasoning_details: expect.arrayContaining(
            details.map(({ index: _, ...members }) => expect.objectContaining(members)),
          ),
        },
        {},
      ],
    });
  });

  it("go with annotations and summaries to Responses", async () => {
    const annotations = [
      {
        type: "url_citation",
        url: "https://a.example",
        title: "a",
        start_index: 0,
        end_index: 1,
        zz_a: 1,
      },
    ];
    const summary = [
      { type: "summary_text", text: "one" },
      { type: "summary_text", text: "two", zz_b: 2 },
    ];
    const input = [
      user,
      { type: "reasoning", id: "rs_1", summary, encrypted_content: "AA==" },
      {
        type: "message",
        role: "assistant",
        content: [{ type: "output_text", text: "it", annotations }],
      },
      user,
    ];
    const { sent, lost } = await translate("openai-responses", { model: "m", input });
    expect(lost).toEqual([]);
    const text = JSON.stringify(sent);
    expect(text).toContain('"text":"two","zz_b":2');
    expect(text).toMatch(/"url_citation"[^}]*"zz_a":1/);
  });

  it("go with tool choices and formats of Chat Completions", async () => {
    const tool = { type: "function", function: { name: "f", parameters: { type: "object" } } };
    const body = {
      model: "m",
      messages: [user],
      tools: [tool],
      tool_choice: {
        type: "allowed_tools",
        allowed_tools: {
          mode: "auto",
          tools: [{ type: "function", function: { name: "f" }, zz_a: 1 }],
        },
      },
      response_format: { type: "json_object", zz_b: 2 },
    };
    const { sent, lost } = await translate("openai-chat", body);
    expect(lost).toEqual([]);
    expect(sent).toMatchObject({
      tool_choice: { allowed_tools: { tools: [{ zz_a: 1 }] } },
      response_format: { type: "json_object", zz_b: 2 },
    });
  });

  it("are reported, and cost no more than linear time, in lists of more than a hundred", async () => {
    const many = Array.from({ length: 101 }, () => ({ ...page, cited_text: "b", zz_b: 2 }));
    const { sent, lost } = await translate("anthropic-messages", cited(many));
    expect(lost).toHaveLength(101);
    expect(JSON.stringify(sent)).not.toContain("zz_b");
  });
});

describe("members of Gemini's requests", () => {
  for (const [key, mime] of [
    ["inlineData", "mimeType"],
    ["inline_data", "mime_type"],
  ] as const) {
    it(`are placed by the spelling of ${key} and named by it`, async () => {
      const media = { [mime]: "image/png", data: "aGk=", zz_a: 1 };
      const body = { contents: [{ role: "user", parts: [{ [key]: media }, { text: "hi" }] }] };
      const { sent } = await translate("gemini", body);
      const text = JSON.stringify(sent);
      expect(text).toContain('"zz_a":1');
      expect(text).not.toContain("inline_data");
      const facade = clientCodecOf(await facades.gemini.load(), chat);
      const bytes = Buffer.from(JSON.stringify(body));
      const decoded = facade?.decodeRequest({ json: body, bytes });
      expect(decoded?.ok === true && decoded.beside?.members.map(({ path }) => path)).toEqual([
        `contents[0].parts[0].${key}.zz_a`,
      ]);
    });
  }
});
