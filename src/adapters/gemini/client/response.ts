import type { Choice, Completion } from "../../../../gen/parlance/chat/v1/completion_pb.js";
import type { Part } from "../../../../gen/parlance/chat/v1/part_pb.js";
import type { Usage } from "../../../../gen/parlance/chat/v1/usage_pb.js";
import type { FacadeContext } from "../../../core/dialect.ts";
import { isObject, parseJson } from "../../../json/json.ts";
import { type Body, membersOf } from "../../../json/members.ts";
import { rawJson, type Writable, writeJson } from "../../../json/write.ts";
import { encodeFinishReason } from "../finish-reason.ts";
import { encodeLogprobs } from "../logprobs.ts";
import { encodeUsage } from "../usage.ts";
import { DIALECT } from "../wire.ts";
import { encodeReplyPart, wordsOfSound } from "./response-part.ts";

/** A whole answer as the vendor writes it. */
export function encodeResponse(completion: Completion, context: FacadeContext): string {
  const extras = createExtras(completion.extrasJson[DIALECT] ?? "");
  const candidates = completion.choices.map((choice) => encodeChoice(choice, extras));
  const body: Body = {
    candidates,
    ...envelope(completion.id, completion.model, completion.usage, context),
  };
  for (const [key, value] of extras.top) body[key] = value;
  return writeJson(body);
}

/** What stands around the candidates of an answer or of a frame. */
export function envelope(
  id: string,
  model: string,
  usage: Usage | undefined,
  context: FacadeContext,
): Body {
  return {
    ...(usage === undefined ? undefined : { usageMetadata: encodeUsage(usage) }),
    modelVersion: model === "" ? context.model : model,
    responseId: id === "" ? context.callId : id,
  };
}

/** Members that only this dialect has: of the answer, and of each candidate. */
export interface AnswerExtras {
  readonly top: readonly (readonly [key: string, value: Writable])[];
  readonly candidates: ReadonlyMap<number, readonly (readonly [key: string, value: Writable])[]>;
}

/** Takes apart what decodeResponse put together. */
export function createExtras(json: string): AnswerExtras {
  const candidates = new Map<number, readonly (readonly [string, Writable])[]>();
  const members = membersOf(json) ?? [];
  const list = members.find(([key]) => key === "candidates")?.[1];
  const parsed = list === undefined ? undefined : parseJson(list);
  for (const entry of parsed?.ok === true && Array.isArray(parsed.value) ? parsed.value : []) {
    if (!isObject(entry) || typeof entry.index !== "number") continue;
    const { index, ...rest } = entry;
    candidates.set(
      Number(index),
      (membersOf(JSON.stringify(rest)) ?? []).map(([key, text]) => [key, rawJson(text)]),
    );
  }
  const top = members
    .filter(([key]) => !ENVELOPE.has(key))
    .map(([key, text]) => [key, rawJson(text)] as const);
  return { top, candidates };
}

const ENVELOPE: ReadonlySet<string> = new Set([
  "candidates",
  "usageMetadata",
  "modelVersion",
  "responseId",
]);

/** The parts that this dialect can express; a proof without words stays a part of its own. */
function encodeParts(parts: readonly Part[]): (Body | Writable)[] {
  const encoded: (Body | Writable)[] = [];
  for (const part of parts) {
    for (const body of [wordsOfSound(part), encodeReplyPart(part)])
      if (body !== undefined) encoded.push(body);
  }
  return encoded;
}

function encodeChoice(choice: Choice, extras: AnswerExtras): Body {
  const body: Body = {
    content: { parts: encodeParts(choice.message?.parts ?? []), role: "model" },
    finishReason: encodeFinishReason(choice.finishReason, choice.vendorFinishReason),
    index: choice.index,
  };
  if (choice.logprobs !== undefined) body.logprobsResult = encodeLogprobs(choice.logprobs);
  for (const [key, value] of extras.candidates.get(choice.index) ?? []) body[key] ??= value;
  return body;
}
