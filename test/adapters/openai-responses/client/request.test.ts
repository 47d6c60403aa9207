import { describe, expect, it } from "vitest";
import { Role } from "../../../../gen/parlance/chat/v1/message_pb.js";
import { sealReasoning } from "../../../../src/adapters/openai-responses/client/reasoning.ts";
import { openAiResponsesFacade as openAiResponsesFacadeOriginal } from "../../../../src/adapters/openai-responses/index.ts";
import { sealCall } from "../../../../src/adapters/shared/sealed-reasoning.ts";
import { clientSide } from "../../sides.ts";
import { send } from "../encode-chat.ts";
import { unwrap } from "../wire-frames.ts";

const openAiResponsesFacade = clientSide(openAiResponsesFacadeOriginal);

function decode(json: object) {
  return openAiResponsesFacade.decodeRequest(
    JSON.parse(JSON.stringify(json)),
    Buffer.from(JSON.stringify(json)),
  );
}

/** The members of a request after it was read and written again. */
function again(json: object) {
  return send(unwrap(decode({ model: "m", ...json })).chat, { cacheBreakpoints: true });
}

const hi = [{ type: "message", role: "user", content: "hi" }];

describe("a request that is read and written again", () => {
  const rows: readonly (readonly [title: string, json: object])[] = [
    ["keeps instructions and messages", { instructions: "S", input: hi }],
    [
      "keeps calls, outputs, reasoning and items of the vendor's own tools in their order",
      {
        input: [
          {
            type: "reasoning",
            id: "rs_1",
            summary: [{ type: "summary_text", text: "s" }],
            encrypted_content: "E",
          },
          {
            type: "web_search_call",
            id: "ws_1",
            status: "completed",
            action: { type: "search", query: "q" },
          },
          { type: "function_call", call_id: "c1", name: "f", arguments: '{ "a":1.0 }' },
          { type: "custom_tool_call", call_id: "c2", name: "sh", input: "ls" },
          { type: "function_call_output", call_id: "c1", output: "1" },
          {
            type: "custom_tool_call_output",
            call_id: "c2",
            output: [
              { type: "input_image", image_url: "https://a.example/b.png", detail: "auto" },
              { type: "input_text", text: "x" },
            ],
          },
          {
            type: "computer_call_output",
            call_id: "c3",
            output: { type: "computer_screenshot", file_id: "f" },
          },
          { type: "item_reference", id: "msg_1" },
          { type: "mcp_approval_response", approval_request_id: "a", approve: true },
        ],
      },
    ],
    [
      "keeps every kind of content",
      {
        input: [
          {
            type: "message",
            role: "user",
            content: [
              { type: "input_text", text: "a", prompt_cache_breakpoint: { mode: "explicit" } },
              { type: "input_image", image_url: "data:image/png;base64,UA==", detail: "high" },
              { type: "input_image", file_id: "file-1" },
              {
                type: "input_file",
                filename: "a.pdf",
                file_data: "data:application/pdf;base64,RA==",
              },
              { type: "input_file", file_url: "https://a.example/b.pdf" },
              { type: "input_file", file_id: "file-1" },
              { type: "input_audio", input_audio: { data: "Vw==", format: "wav" } },
              { type: "input_new", n: 1 },
            ],
          },
          { type: "message", role: "developer", content: "d" },
          { type: "message", role: "assistant", content: "b", phase: "final_answer" },
          {
            type: "message",
            role: "assistant",
            content: [
              {
                type: "output_text",
                text: "c",
                annotations: [
                  { type: "url_citation", start_index: 0, end_index: 1, url: "u", title: "t" },
                ],
              },
              { type: "refusal", refusal: "no" },
            ],
            phase: "commentary",
          },
        ],
      },
    ],
    [
      "keeps every knob",
      {
        input: hi,
        temperature: 0.5,
        top_p: 1,
        top_logprobs: 2,
        max_output_tokens: 99,
        parallel_tool_calls: false,
        reasoning: { effort: "minimal", summary: "detailed", context: "all_turns" },
        text: {
          format: {
            type: "json_schema",
            name: "n",
            description: "d",
            schema: { type: "object" },
            strict: false,
          },
          verbosity: "high",
        },
        service_tier: "priority",
        store: false,
        user: "u",
        safety_identifier: "s",
        prompt_cache_key: "k",
        metadata: { a: "b" },
        previous_response_id: "resp_1",
        include: ["file_search_call.results", "reasoning.encrypted_content"],
        truncation: "auto",
        background: true,
        conversation: "conv_1",
        max_tool_calls: 3,
        prompt: { id: "p", variables: { x: 1 } },
        context_management: [{ type: "compaction" }],
      },
    ],
    [
      "keeps tools and their choice",
      {
        input: hi,
        tools: [
          {
            type: "function",
            name: "f",
            description: "d",
            parameters: { type: "object" },
            strict: true,
            defer_loading: true,
          },
          {
            type: "custom",
            name: "sh",
            format: { type: "grammar", syntax: "lark", definition: "x" },
          },
          { type: "mcp", server_label: "s" },
        ],
        tool_choice: {
          type: "allowed_tools",
          mode: "required",
          tools: [{ type: "function", name: "f" }],
        },
      },
    ],
    [
      "keeps a choice that only this dialect has",
      {
        input: hi,
        tools: [{ type: "file_search", vector_store_ids: ["v"] }],
        tool_choice: { type: "file_search" },
      },
    ],
    [
      "keeps a choice among tools that are not all the caller's",
      {
        input: hi,
        tools: [{ type: "mcp", server_label: "s" }],
        tool_choice: {
          type: "allowed_tools",
          mode: "auto",
          tools: [{ type: "mcp", server_label: "s" }],
        },
      },
    ],
  ];
  for (const [title, json] of rows) {
    it(title, () => {
      const { body, report } = again(json);
      const { model, ...rest } = body;
      expect(model).toBe("gpt-x");
      expect(rest).toEqual(json);
      expect(report.filter((line) => line.endsWith("DROPPED"))).toEqual([]);
    });
  }
});

describe("a request of a client", () => {
  it("may be one text", () => {
    expect(again({ input: "hi" }).body.input).toEqual(hi);
  });

  it("is one message for what the model thought, said and called in one go", () => {
    const { chat } = unwrap(
      decode({
        model: "m",
        input: [
          { role: "user", content: "hi" },
          { role: "assistant", content: "hello" },
          { role: "assistant", content: "again" },
          { type: "reasoning", id: "rs", summary: [] },
          { role: "assistant", content: [{ type: "output_text", text: "a" }] },
          { type: "function_call", call_id: "1", name: "f", arguments: "{}" },
          { type: "function_call", call_id: "2", name: "f", arguments: "{}" },
          { type: "function_call_output", call_id: "1", output: "x" },
          { type: "function_call_output", call_id: "2", output: "y" },
        ],
      }),
    );
    expect(chat.messages.map(({ role, parts }) => [role, parts.length])).toEqual([
      [Role.USER, 1],
      [Role.ASSISTANT, 1],
      [Role.ASSISTANT, 5],
      [Role.TOOL, 2],
    ]);
  });

  it("brings back the proofs of other dialects that were sealed for it", () => {
    const foreign = {
      $typeName: "parlance.chat.v1.Reasoning" as const,
      text: "t",
      signature: "S",
      encrypted: "",
      summaries: [],
      id: "",
      dialect: "anthropic-messages",
    };
    const { chat } = unwrap(
      decode({
        model: "m",
        input: [
          { type: "reasoning", id: "rs_a", summary: [], encrypted_content: sealReasoning(foreign) },
          {
            type: "reasoning",
            id: "rs_b",
            summary: [],
            encrypted_content: sealCall({ toolCallId: "1", signature: "G" }),
          },
          { type: "function_call", call_id: "1", name: "f", arguments: "{}" },
        ],
      }),
    );
    const [thought, call] = chat.messages[0]?.parts ?? [];
    expect(thought?.content.value).toEqual(foreign);
    expect(call?.content).toMatchObject({ case: "toolCall", value: { id: "1", signature: "G" } });
  });

  const wrong: readonly (readonly [json: object, field: string])[] = [
    [{ input: "hi" }, "model"],
    [{ model: "m" }, "input"],
    [{ model: "m", input: 1 }, "input"],
    [{ model: "m", input: [1] }, "input[0]"],
    [{ model: "m", input: [{ content: "a" }] }, "input[0].type"],
    [{ model: "m", input: [{ role: "robot", content: "a" }] }, "input[0].role"],
    [{ model: "m", input: [{ role: "user" }] }, "input[0].content"],
    [
      { model: "m", input: [{ role: "user", content: [{ type: "input_text" }] }] },
      "input[0].content[0].text",
    ],
    [{ model: "m", input: [{ type: "function_call_output", output: "" }] }, "input[0].call_id"],
    [{ model: "m", input: "a", temperature: 3 }, "temperature"],
    [{ model: "m", input: "a", tools: {} }, "tools"],
    [{ model: "m", input: "a", tools: [{ type: "function" }] }, "tools[0].name"],
    [{ model: "m", input: "a", tool_choice: "sometimes" }, "tool_choice"],
    [{ model: "m", input: "a", text: { format: { type: "json_schema" } } }, "text.format.schema"],
    [{ model: "m", input: "a", metadata: { a: 1 } }, "metadata.a"],
    [{ model: "m", input: "a", stream: "yes" }, "stream"],
  ];
  for (const [json, field] of wrong) {
    it(`is refused with the place that is wrong: ${field} in ${JSON.stringify(json)}`, () => {
      const decoded = decode(json);
      expect(decoded.ok ? [] : decoded.fault.fields?.map((fault) => fault.field)).toContain(field);
    });
  }
});
