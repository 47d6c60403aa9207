import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FieldReport } from "../../../gen/parlance/call/v1/call_report_pb.js";
import type { Chat } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { anthropicMessages } from "../../../src/adapters/anthropic-messages/index.ts";
import { bedrockConverse } from "../../../src/adapters/bedrock-converse/index.ts";
import { catalogRows } from "../../../src/adapters/catalog/catalog.ts";
import { cohere } from "../../../src/adapters/cohere/index.ts";
import { gemini } from "../../../src/adapters/gemini/index.ts";
import { ollama } from "../../../src/adapters/ollama/index.ts";
import { openAiChat } from "../../../src/adapters/openai-chat/index.ts";
import { openAiResponses } from "../../../src/adapters/openai-responses/index.ts";
import type { Dialect } from "../../../src/core/dialect.ts";
import { fateOf, outcomeWord } from "../../../src/core/fidelity/fidelity.ts";
import type { Quirks } from "../../../src/core/quirks.ts";
import { validateMessages } from "../../vendors/anthropic/validate-messages.ts";
import { validateConverse } from "../../vendors/bedrock/validate-converse.ts";
import { validateChat as validateCohere } from "../../vendors/cohere/validate-chat.ts";
import { validateGenerate } from "../../vendors/gemini/validate-generate.ts";
import { asArray, asObject, asObjects, type JsonObject } from "../../vendors/json-value.ts";
import { validateMistralMessages } from "../../vendors/mistral/validate-messages.ts";
import { validateChat as validateOllama } from "../../vendors/ollama/validate-ollama.ts";
import { validateChat } from "../../vendors/openai/validate-chat.ts";
import { validateResponses } from "../../vendors/responses/validate-responses.ts";
import { conversation } from "./conversations.ts";

interface Vendor {
  readonly dialect: Dialect;
  readonly model: string;
  readonly quirks: Quirks;
  /** The first fault that the vendor finds in a body. */
  readonly fault: (body: JsonObject) => unknown;
}

const judgement = { counts: false, version: "2023-06-01", verifySignatures: false } as const;

function quirksOf(id: string): Quirks {
  return { ...catalogRows.find((row) => row.id === id)?.quirks };
}

function emptyAnswer(body: JsonObject): string | undefined {
  const empty = asObjects(body.messages).find(
    ({ role, content, tool_calls: calls }) =>
      role === "assistant" && content === "" && asArray(calls).length === 0,
  );
  return empty === undefined ? undefined : "an answer says nothing";
}

/** https://docs.perplexity.ai/api-reference/chat-completions-post (2026-11) */
function alternating(body: JsonObject): string | undefined {
  const roles = asObjects(body.messages).map(({ role }) => String(role));
  const turns = roles.slice(roles.findIndex((role) => role !== "system"));
  const wrong = turns.some((role, at) => role !== "tool" && role === turns[at - 1]);
  if (wrong || turns.includes("system") || (turns[0] ?? "user") !== "user")
    return `roles do not alternate: ${roles.join(" ")}`;
  return turns.at(-1) === "assistant" ? "the last message must be the user's" : undefined;
}

function endsWithUser(body: JsonObject): string | undefined {
  const last = asObjects(body.messages).at(-1);
  const calls = asObjects(last?.content).some(
    ({ type, toolUse }) => type === "tool_use" || toolUse !== undefined,
  );
  return last?.role === "assistant" && !calls ? "the conversation must end with a user" : undefined;
}

const vendors: Readonly<Record<string, Vendor>> = {
  OpenAI: {
    dialect: openAiChat,
    model: "gpt-4.1",
    quirks: quirksOf("openai"),
    fault: (body) => validateChat(body, false) ?? emptyAnswer(body),
  },
  Mistral: {
    dialect: openAiChat,
    model: "mistral-large-latest",
    quirks: quirksOf("mistral"),
    fault: (body) => validateMistralMessages(body.messages),
  },
  "Perplexity, without tools": {
    dialect: openAiChat,
    model: "sonar",
    quirks: quirksOf("perplexity"),
    fault: (body) => (JSON.stringify(body).includes("tool_calls") ? undefined : alternating(body)),
  },
  "Claude 4.5": {
    dialect: anthropicMessages,
    model: "claude-sonnet-4-5",
    quirks: {},
    fault: (body) => validateMessages(body, judgement),
  },
  "Claude 4.6, which takes no answer to go on with": {
    dialect: anthropicMessages,
    model: "claude-opus-4-6",
    quirks: {},
    fault: (body) => validateMessages(body, judgement) ?? endsWithUser(body),
  },
  "Claude on Bedrock": {
    dialect: bedrockConverse,
    model: "anthropic.claude-sonnet-4-5-20250929-v1:0",
    quirks: {},
    fault: validateConverse,
  },
  "Llama on Bedrock": {
    dialect: bedrockConverse,
    model: "meta.llama3-3-70b-instruct-v1:0",
    quirks: {},
    fault: (body) => validateConverse(body) ?? endsWithUser(body),
  },
  "Gemini 2.5": {
    dialect: gemini,
    model: "gemini-2.5-flash",
    quirks: {},
    fault: (body) => validateGenerate(body, "gemini-2.5-flash"),
  },
  "Gemini 3": {
    dialect: gemini,
    model: "gemini-3-pro-preview",
    quirks: {},
    fault: (body) => validateGenerate(body, "gemini-3-pro-preview"),
  },
  Cohere: {
    dialect: cohere,
    model: "command-a-03-2025",
    quirks: {},
    fault: (body) => validateCohere(body) ?? endsWithUser(body),
  },
  Ollama: { dialect: ollama, model: "llama3", quirks: {}, fault: validateOllama },
  "OpenAI by Responses": {
    dialect: openAiResponses,
    model: "gpt-4.1",
    quirks: {},
    fault: (body) => validateResponses(body, false),
  },
};

/** What the vendor gets, and what is reported. */
function sent(chat: Chat, { dialect, model, quirks }: Vendor) {
  const encoded = dialect.codecs.chat?.encodeRequest(chat, { model, stream: false, quirks });
  if (encoded?.ok !== true) throw new Error(encoded?.fault.message ?? "there are no chats");
  const text = String(encoded.value.request.body);
  return { body: asObject(JSON.parse(text)) ?? {}, text, report: encoded.value.report };
}

/** Parts that say something, and are neither sent nor in the report. */
function lost(chat: Chat, text: string, report: readonly FieldReport[]): readonly string[] {
  const fields = report.map(({ field }) => field);
  return chat.messages.flatMap(({ parts }, index) =>
    parts.flatMap((part, at) => {
      const word = /w\d+\./.exec(JSON.stringify(part.content))?.[0];
      const place = `messages[${index}].parts[${at}]`;
      const told = fields.some(
        (field) => field === `messages[${index}]` || field.startsWith(place),
      );
      return word === undefined || text.includes(word) || told ? [] : [`${place} ${word}`];
    }),
  );
}

describe("a conversation in any order", () => {
  for (const [title, vendor] of Object.entries(vendors)) {
    it(`comes to ${title} as the vendor takes it, and nothing of it is lost in silence`, () => {
      const fidelity = vendor.dialect.fidelity.chat;
      fc.assert(
        fc.property(conversation, (chat) => {
          const before = JSON.stringify(chat);
          const { body, text, report } = sent(chat, vendor);
          expect(vendor.fault(body)).toBeUndefined();
          expect(lost(chat, text, report)).toEqual([]);
          const undeclared = report.filter(({ field, outcome }) => {
            const word = outcomeWord(outcome);
            return word === undefined || fateOf(fidelity?.table ?? {}, field)?.[word] === undefined;
          });
          expect(undeclared).toEqual([]);
          expect(JSON.stringify(chat)).toBe(before);
        }),
        { numRuns: 300 },
      );
    });
  }
});
