import type { FrameWatch, Passthrough } from "../../core/dialect.ts";
import type { OperationName } from "../../core/operation.ts";
import { editTopLevel } from "../../json/edit.ts";
import { isObject, type Json, type JsonObject } from "../../json/json.ts";
import type { JsonText } from "../../json/json-text.ts";
import {
  passthrough as chatPassthrough,
  editChat,
  watchFrames,
} from "../openai-chat/passthrough.ts";
import type { ChatQuirks } from "../openai-chat/wire.ts";
import { hasWholeCounts, isReadable } from "../shared/answers/whole-counts.ts";
import { postJson } from "../shared/post-json.ts";
import { fitCompletion, fitFim } from "./fit/fit.ts";
import { FIM_PATH } from "./vendor/fim-request.ts";
import { completionsPath } from "./vendor/request.ts";

const { scanUsage } = chatPassthrough;

/**
 * Clients may fail at what servers send that serve completions for other models: no text, no index,
 * a reason of the finish in the words of another dialect, counts that are texts or fractions.
 */
function readable(operation: OperationName, answer: JsonText): boolean {
  return operation !== "chat" || isReadable(answer, isWholeCompletion);
}

function isWholeCompletion({ choices, error, usage }: JsonObject): boolean {
  if (!Array.isArray(choices) || isObject(error)) return true;
  return choices.length > 0 && choices.every(isWholeChoice) && hasWholeCounts(usage, "_tokens");
}

function isWholeChoice(choice: Json): boolean {
  if (!isObject(choice)) return false;
  const { text, index, finish_reason: reason } = choice;
  return typeof text === "string" && typeof index === "number" && FINISHES.has(reason ?? null);
}

/** https://platform.openai.com/docs/api-reference/completions/object, 2026-11. */
const FINISHES: ReadonlySet<Json> = new Set(["stop", "length", "content_filter"]);

const watch = (clientWantsUsage: boolean): FrameWatch => watchFrames(clientWantsUsage);

/** The byte path: the caller's bytes, but for the model and the request for usage. */
export const completionsPassthrough: Passthrough<ChatQuirks> = {
  fit: (_operation, origin, options) => fitCompletion(origin, options),
  request(_operation, body, options) {
    const edits = { ...options.edits, model: JSON.stringify(options.model) };
    return postJson(completionsPath(options), editChat(body, edits, options));
  },
  scanUsage,
  readable,
  watch,
};

/** The byte path: the caller's bytes, fitted, but for the model. Usage comes unasked. */
export const fimPassthrough: Passthrough<ChatQuirks> = {
  fit: (_operation, origin) => fitFim(origin),
  request: (_operation, body, { model }) =>
    postJson(FIM_PATH, editTopLevel(body, { model: JSON.stringify(model) }) ?? body),
  scanUsage,
  watch,
};
