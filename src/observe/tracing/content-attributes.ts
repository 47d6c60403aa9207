import type { CallContent, SaidMessage } from "../../core/ledger/call-content.ts";
import type { Attributes } from "../../sinks/otlp/otlp-attributes.ts";

/**
 * What was said in a call, as the conventions have it, in JSON: the schemas of
 * https://github.com/open-telemetry/semantic-conventions-genai (`gen-ai-input-messages.json` and
 * those beside it, 2026-11). What instructs the model at the beginning stands apart.
 */
export function contentAttributes(content: CallContent | undefined): Attributes {
  if (content === undefined) return {};
  const { messages, answer, finish, cut } = content;
  const begin = messages.findIndex(({ role }) => !instructs.has(role));
  const end = begin < 0 ? messages.length : begin;
  const reason = finish === undefined ? undefined : (finishReasons[finish] ?? finish);
  return {
    "gen_ai.system_instructions": json(messages.slice(0, end).map(textPart)),
    "gen_ai.input.messages": json(
      messages.slice(end).map((message) => ({ role: roleOf(message), parts: [partOf(message)] })),
    ),
    "gen_ai.output.messages": json(
      answer === ""
        ? []
        : [
            {
              role: "assistant",
              parts: [textPart({ text: answer })],
              // Of an answer that broke off.
              finish_reason: reason ?? "error",
            },
          ],
    ),
    "gen_ai.response.finish_reasons": reason === undefined ? [] : [reason],
    "parlance.content.cut": cut || undefined,
  };
}

const instructs: ReadonlySet<string> = new Set(["system", "developer"]);

/** Why an answer ended, where the conventions have another word for it than the contract. */
const finishReasons: Readonly<Record<string, string>> = {
  stop_sequence: "stop",
  context_window: "length",
  tool_calls: "tool_call",
  refusal: "content_filter",
};

function roleOf({ role }: SaidMessage): string {
  return role === "developer" ? "system" : role;
}

function partOf(message: SaidMessage): object {
  return message.role === "tool"
    ? { type: "tool_call_response", response: message.text }
    : textPart(message);
}

function textPart({ text }: Pick<SaidMessage, "text">): object {
  return { type: "text", content: text };
}

/** "" for none. */
function json(list: readonly object[]): string {
  return list.length === 0 ? "" : JSON.stringify(list);
}
