import type { Chat } from "../../../gen/parlance/chat/v1/chat_pb.js";
import type { Tool } from "../../../gen/parlance/chat/v1/tool_pb.js";
import { type Emulation, functionsOnly, type JsonAnswer } from "../../core/emulation.ts";
import type { MediaKind } from "../../core/media.ts";
import type { ToolNameRule } from "../../core/names/tool-names.ts";
import { jsonAnswerFor } from "../tools/json-answer.ts";
import { servesContent } from "./vendor/embed.ts";
import { modelNumber } from "./vendor/model-traits.ts";
import { DIALECT, isVertex } from "./wire.ts";

const allMedia: ReadonlySet<MediaKind> = new Set(["image", "audio", "video", "document"]);
const playedMedia: ReadonlySet<MediaKind> = new Set(["audio", "video"]);
const pictures: ReadonlySet<MediaKind> = new Set(["image"]);

/**
 * Names of tools: https://ai.google.dev/api/caching#FunctionDeclaration and
 * https://cloud.google.com/vertex-ai/generative-ai/docs/reference/rest/v1/FunctionDeclaration; the
 * longest that both take.
 */
const toolNameRule: ToolNameRule = { pattern: /^[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}$/, maxLength: 64 };

/**
 * Google AI Studio fetches pictures and documents for models after 2.0, no sound and no video but
 * those of its own store and YouTube (https://ai.google.dev/gemini-api/docs/file-input-methods,
 * 2026-11); models from 3 on give one answer a call there. Vertex AI fetches all and gives several.
 * Inputs to embed: 100 a batch at AI Studio; at Vertex AI 250, and one for Gemini models
 * (https://cloud.google.com/vertex-ai/generative-ai/docs/embeddings/get-text-embeddings).
 */
export const emulation: Emulation = {
  jsonAnswer,
  lacksToolForms: () => functionsOnly,
  bytesOnly(operation, model, quirks) {
    if (operation === "embed") return pictures;
    if (isVertex({ quirks })) return undefined;
    const number = modelNumber(model);
    return number > 0 && number < 205 ? allMedia : playedMedia;
  },
  takesAddress: (url) =>
    /^https:\/\/(?:generativelanguage\.googleapis\.com|(?:[\w-]+\.)?youtube\.com|youtu\.be)\//i.test(
      url,
    ),
  toolNames: () => toolNameRule,
  singleAnswer: (model, quirks) => !isVertex({ quirks }) && modelNumber(model) >= 300,
  embedInputs(model, quirks) {
    if (!isVertex({ quirks })) return 100;
    return servesContent({ model, quirks }) || model.includes("gemini") ? 1 : 250;
  },
};

/**
 * Before Gemini 3 tools and a response in JSON are refused together ("Function calling with a
 * response mime type: 'application/json' is unsupported"); the vendor's own tools cannot stand
 * beside functions there. See https://ai.google.dev/gemini-api/docs/structured-output (2026-11).
 */
function jsonAnswer(chat: Chat, model: string): JsonAnswer | undefined {
  const number = modelNumber(model);
  const builtins = chat.webSearch !== undefined || chat.tools.some(isBuiltin);
  if (number >= 300 || (chat.tools.length === 0 && !builtins)) return undefined;
  const means = jsonAnswerFor(chat, () => false);
  return means === "tool" && builtins ? "prompt" : means;
}

function isBuiltin({ tool }: Tool): boolean {
  return tool.case === "builtin" && tool.value.dialect === DIALECT;
}
