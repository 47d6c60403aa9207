import type { Emulation } from "../../core/emulation.ts";
import type { MediaKind } from "../../core/media.ts";
import type { ToolNameRule } from "../../core/tool-names.ts";
import { servesContent } from "./vendor/embed.ts";
import { modelNumber } from "./vendor/model-traits.ts";
import { isVertex } from "./wire.ts";

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
