import { describe, expect, it } from "vitest";
import type { JsonObject } from "../json-value.ts";
import { thinkingText } from "../plan-answer.ts";
import { encryptedReasoning } from "./encrypted-reasoning.ts";
import { validateResponses } from "./validate-responses.ts";

const user = { role: "user", content: "hi" };
const call = { type: "function_call", call_id: "c1", name: "f", arguments: "{}" };
const output = { type: "function_call_output", call_id: "c1", output: "21" };
const tool = { type: "function", name: "f", parameters: { type: "object", properties: {} } };
const proof = encryptedReasoning(thinkingText);
const thought = { type: "reasoning", id: "rs_sim1", summary: [] };
const said = { role: "assistant", content: [{ type: "output_text", text: "x" }] };
const ask = (rest: JsonObject): JsonObject => ({ model: "gpt-4o", input: "hi", ...rest });
const items = (...input: JsonObject[]): JsonObject => ask({ input });
const format = (rest: JsonObject): JsonObject =>
  ask({ text: { format: { type: "json_schema", ...rest } } });

describe("validateResponses", () => {
  const faults = [
    ["no model", { input: "hi" }, "model", "missing_required_parameter"],
    ["no input", { model: "m" }, "input", "missing_required_parameter"],
    ["a member of chat completions", ask({ messages: [] }), "messages", "unknown_parameter"],
    ["a stop sequence, which this API has not", ask({ stop: ["x"] }), "stop", "unknown_parameter"],
    [
      "too few tokens",
      ask({ max_output_tokens: 15 }),
      "max_output_tokens",
      "integer_below_min_value",
    ],
    [
      "a temperature for a reasoning model",
      ask({ model: "gpt-5-mini", temperature: 0.5 }),
      "temperature",
      "unsupported_parameter",
    ],
    [
      "an effort for a model that does not reason",
      ask({ reasoning: { effort: "low" } }),
      "reasoning.effort",
      "unsupported_parameter",
    ],
    [
      "a summary for a model that does not reason",
      ask({ reasoning: { summary: "auto" } }),
      "reasoning.summary",
      "unsupported_parameter",
    ],
    [
      "encrypted reasoning of a model that does not reason",
      ask({ include: ["reasoning.encrypted_content"] }),
      "include",
      null,
    ],
    [
      "an effort that the model does not have",
      ask({ model: "o3", reasoning: { effort: "minimal" } }),
      "reasoning.effort",
      "unsupported_value",
    ],
    ["an unknown inclusion", ask({ include: ["x"] }), "include[0]", "invalid_value"],
    [
      "an unknown effort",
      ask({ reasoning: { effort: "huge" } }),
      "reasoning.effort",
      "invalid_value",
    ],
    [
      "an unknown member of reasoning",
      ask({ reasoning: { budget: 1 } }),
      "reasoning.budget",
      "unknown_parameter",
    ],
    ["options of a stream without one", ask({ stream_options: {} }), "stream_options", null],
    [
      "a response that is none",
      ask({ previous_response_id: "x" }),
      "previous_response_id",
      "invalid_value",
    ],
    ["an item without a type", items({ id: "x" }), "input[0].type", "missing_required_parameter"],
    ["an unknown item", items({ type: "tool" }), "input[0]", "invalid_value"],
    ["an unknown role", items({ role: "tool", content: "x" }), "input[0].role", "invalid_value"],
    [
      "input from an assistant",
      items({ role: "assistant", content: [{ type: "input_text", text: "x" }] }),
      "input[0].content[0]",
      "invalid_value",
    ],
    [
      "output from a user",
      items({ role: "user", content: [{ type: "output_text", text: "x" }] }),
      "input[0].content[0]",
      "invalid_value",
    ],
    [
      "chat's image",
      items({ role: "user", content: [{ type: "image_url", image_url: { url: "x" } }] }),
      "input[0].content[0]",
      "invalid_value",
    ],
    [
      "an image without a scheme",
      items({ role: "user", content: [{ type: "input_image", image_url: "AAAA" }] }),
      "input[0].content[0].image_url",
      "invalid_value",
    ],
    [
      "a file that is nowhere",
      items({ role: "user", content: [{ type: "input_file" }] }),
      "input[0].content[0].file_id",
      "missing_required_parameter",
    ],
    ["a call without its output", items(user, call), "input", null],
    ["an output without its call", items(user, output), "input", null],
    [
      "arguments that are no text",
      items(user, { ...call, arguments: {} }, output),
      "input[1].arguments",
      "invalid_type",
    ],
    [
      "an id of a call that is too long",
      items(user, { ...call, call_id: "c".repeat(65) }),
      "input[1].call_id",
      "string_above_max_length",
    ],
    [
      "another API's id of an item",
      items(user, { ...call, id: "call_1" }, output),
      "input[1].id",
      "invalid_value",
    ],
    [
      "reasoning without a summary",
      items(user, { type: "reasoning", id: "rs_sim1" }, said),
      "input[1].summary",
      "missing_required_parameter",
    ],
    ["reasoning that leads to nothing", items(user, thought, user), "input", null],
    ["reasoning that was not kept", { ...items(user, thought, said), store: false }, "input", null],
    [
      "reasoning that was never given out",
      items(user, { ...thought, id: "rs_other" }, said),
      "input",
      null,
    ],
    [
      "forged reasoning",
      items(user, { ...thought, encrypted_content: "gAAAx" }, said),
      null,
      "invalid_encrypted_content",
    ],
    [
      "chat's nested function",
      ask({ tools: [{ type: "function", function: { name: "f" } }] }),
      "tools[0].name",
      "missing_required_parameter",
    ],
    [
      "a name with a space",
      ask({ tools: [{ ...tool, name: "a b" }] }),
      "tools[0].name",
      "invalid_value",
    ],
    [
      "a strict schema that is open",
      ask({ tools: [{ ...tool, strict: true }] }),
      "tools[0].parameters",
      "invalid_function_parameters",
    ],
    [
      "a choice that is not on offer",
      ask({ tools: [tool], tool_choice: { type: "function", name: "g" } }),
      "tool_choice",
      null,
    ],
    [
      "chat's choice",
      ask({ tools: [tool], tool_choice: { type: "function", function: { name: "f" } } }),
      "tool_choice.function",
      "unknown_parameter",
    ],
    ["a choice among nothing", ask({ tool_choice: "required" }), "tool_choice", null],
    [
      "a format without a name",
      format({ schema: {} }),
      "text.format.name",
      "missing_required_parameter",
    ],
    [
      "chat's nested schema",
      format({ json_schema: {} }),
      "text.format.json_schema",
      "unknown_parameter",
    ],
    [
      "a strict format that is open",
      format({ name: "n", strict: true, schema: { type: "object" } }),
      "text.format.schema",
      "invalid_json_schema",
    ],
  ] as const satisfies readonly (readonly [string, JsonObject, string | null, string | null])[];
  it.each(faults)("refuses %s", (_, body, param, code) => {
    expect(validateResponses(body, false)).toMatchObject({
      type: "invalid_request_error",
      param,
      code,
    });
  });

  const accepted = [
    ["a text", ask({})],
    ["a conversation", items(user, said, { type: "message", role: "user", content: "more" })],
    ["a call and its output", items(user, call, output)],
    [
      "an output whose call an earlier response holds",
      { ...items(output), previous_response_id: "resp_1" },
    ],
    ["reasoning by its id", items(user, thought, said)],
    [
      "reasoning in encrypted form",
      { ...items(user, { ...thought, encrypted_content: proof }, call, output), store: false },
    ],
    [
      "an image",
      items({
        role: "user",
        content: [{ type: "input_image", image_url: "data:image/png;base64,AAAA" }],
      }),
    ],
    ["tools of every choice", ask({ tools: [tool], tool_choice: { type: "function", name: "f" } })],
    [
      "a schema",
      format({ name: "n", strict: true, schema: { type: "object", additionalProperties: false } }),
    ],
  ] as const satisfies readonly (readonly [string, JsonObject])[];
  it.each(accepted)("takes %s", (_, body) => {
    expect(validateResponses(body, false)).toBeUndefined();
  });

  it("counts tokens without what only an answer needs", () => {
    expect(validateResponses(ask({}), true)).toBeUndefined();
    expect(validateResponses(ask({ stream: true }), true)).toMatchObject({ param: "stream" });
  });
});
