import { asObject, asObjects, asString, type Json, parseJson } from "../vendors/json-value.ts";
import type { UpstreamName } from "./start-matrix.ts";

/** The tool calls of a history and what was answered, as a vendor received them. */
export interface ToolTurn {
  readonly calls: readonly {
    readonly id: string | undefined;
    readonly name: string | undefined;
    readonly input: Json | undefined;
  }[];
  readonly results: readonly { readonly id: string | undefined; readonly text: string | undefined }[];
}

/** Reads a request's tool turn in the dialect of its vendor. */
export function readToolTurn(body: Json | undefined, upstream: UpstreamName): ToolTurn {
  const messages = asObjects(asObject(body)?.messages);
  if (upstream === "anthropic") {
    const blocks = messages.flatMap(({ content }) => asObjects(content));
    return {
      calls: blocks
        .filter(({ type }) => type === "tool_use")
        .map(({ id, name, input }) => ({ id: asString(id), name: asString(name), input })),
      results: blocks
        .filter(({ type }) => type === "tool_result")
        .map(({ tool_use_id: id, content }) => ({ id: asString(id), text: textOf(content) })),
    };
  }
  const calls = messages.flatMap((message) => asObjects(message.tool_calls));
  return {
    calls: calls.map(({ id, function: called }) => {
      const { name, arguments: input } = asObject(called) ?? {};
      return { id: asString(id), name: asString(name), input: parseJson(asString(input) ?? "") };
    }),
    results: messages
      .filter(({ role }) => role === "tool")
      .map(({ tool_call_id: id, content }) => ({ id: asString(id), text: textOf(content) })),
  };
}

/** The thinking blocks of a request to Anthropic. */
export function readReasoning(
  body: Json | undefined,
): readonly { readonly text: Json | undefined; readonly signature: Json | undefined }[] {
  const blocks = asObjects(asObject(body)?.messages).flatMap(({ content }) => asObjects(content));
  return blocks
    .filter(({ type }) => type === "thinking")
    .map(({ thinking, signature }) => ({ text: thinking, signature }));
}

function textOf(content: Json | undefined): string | undefined {
  if (typeof content === "string") return content;
  return asObjects(content)
    .map(({ text }) => asString(text) ?? "")
    .join("");
}
