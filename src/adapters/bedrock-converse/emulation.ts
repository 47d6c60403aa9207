import { type Emulation, functionsOnly } from "../../core/emulation.ts";
import type { MediaKind } from "../../core/media.ts";
import { usualToolNames } from "../../core/names/tool-names.ts";
import { toolNameRule } from "../anthropic-messages/emulation.ts";
import { bindsTo, jsonAnswerFor } from "../tools/json-answer.ts";
import { embedInputLimit } from "./embed/embed.ts";
import { modelTraits } from "./vendor/model-traits.ts";

const seenMedia: ReadonlySet<MediaKind> = new Set(["image", "document"]);
const allMedia: ReadonlySet<MediaKind> = new Set(["image", "audio", "video", "document"]);

/**
 * Media are bytes or `s3://` addresses, and there is one answer a call
 * (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html). CountTokens
 * serves models of one maker by their own ids, and no ARNs
 * (https://docs.aws.amazon.com/bedrock/latest/userguide/count-tokens.html).
 */
export const emulation: Emulation = {
  jsonAnswer: (chat, model, quirks) => {
    const traits = modelTraits({ model, quirks: { ...quirks } });
    return jsonAnswerFor(chat, (schema, strict) => bindsTo(traits, schema, strict));
  },
  lacksToolForms: () => functionsOnly,
  continues: (target, quirks) => {
    const { prefill, family } = modelTraits({ ...target, quirks: { ...quirks } });
    return prefill && family === "other" ? undefined : prefill;
  },
  cachesMarked: (model, quirks) => modelTraits({ model, quirks: { ...quirks } }).cachePoints,
  bytesOnly: () => allMedia,
  singleAnswer: () => true,
  toolNames: () => usualToolNames,
  embedInputs: embedInputLimit,
  uncounted: (model) => model.startsWith("arn:") || !model.includes("anthropic."),
  countRefused: ({ message }) => /support counting tokens/i.test(message),
};

/**
 * Claude by InvokeModel gives one answer too, and fetches nothing: pictures and documents are
 * bytes.
 */
export const invokeEmulation: Emulation = {
  continues: ({ traits }) => (traits === undefined ? undefined : true),
  lacksToolForms: () => functionsOnly,
  cachesMarked: () => true,
  bytesOnly: () => seenMedia,
  singleAnswer: () => true,
  toolNames: () => toolNameRule,
};
