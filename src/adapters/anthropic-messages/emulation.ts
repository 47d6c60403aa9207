import { type Emulation, functionsOnly } from "../../core/emulation.ts";
import type { ToolNameRule } from "../../core/names/tool-names.ts";
import { bindsTo, jsonAnswerFor } from "../tools/json-answer.ts";
import { modelTraits } from "./vendor/model-traits.ts";

/**
 * Names of tools that Claude's API takes:
 * https://platform.claude.com/docs/en/agents-and-tools/tool-use/define-tools.
 */
export const toolNameRule: ToolNameRule = { pattern: /^[a-zA-Z0-9_-]{1,128}$/, maxLength: 128 };

/** One answer a call: there is no `n` (https://platform.claude.com/docs/en/api/messages). */
export const emulation: Emulation = {
  jsonAnswer: (chat, model, quirks) => {
    const traits = modelTraits({ model, quirks: { ...quirks } });
    return jsonAnswerFor(chat, (schema, strict) => bindsTo(traits, schema, strict));
  },
  lacksToolForms: () => functionsOnly,
  cachesMarked: () => true,
  continues: ({ model, baseModel = model, traits }, quirks) => {
    if (typeof quirks.prefill === "boolean") return quirks.prefill;
    return traits !== undefined && /claude/i.test(baseModel) ? true : undefined;
  },
  singleAnswer: () => true,
  toolNames: () => toolNameRule,
};
