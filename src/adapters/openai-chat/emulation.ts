import {
  type CountingRules,
  type Emulation,
  functionsOnly,
  type ToolForm,
} from "../../core/emulation.ts";
import type { MediaKind } from "../../core/media.ts";
import { usualToolNames } from "../../core/names/tool-names.ts";
import type { OperationName } from "../../core/operation.ts";
import type { Quirks } from "../../core/quirks.ts";
import { holdsToolForms } from "../tools/holds-tool-forms.ts";
import { holdsToolNames } from "../turns/body-tool-names.ts";
import type { ChatQuirks } from "./wire.ts";

const documents: ReadonlySet<MediaKind> = new Set(["document"]);
const playedToo: ReadonlySet<MediaKind> = new Set(["document", "audio", "video"]);
const imagesToo: ReadonlySet<MediaKind> = new Set(["document", "image"]);
const allMedia: ReadonlySet<MediaKind> = new Set(["document", "audio", "video", "image"]);
const namespacesAlone: ReadonlySet<ToolForm> = new Set(["namespace"]);

/**
 * What vendors of this dialect cannot do in one request. Files are content or ids, never addresses
 * (https://platform.openai.com/docs/guides/pdf-files), and so are sound and videos unless the row
 * says otherwise; names of tools are those that OpenAI takes; some vendors take pictures so, some
 * give one answer, and all that say so take a bounded number of inputs to embed.
 */
export const emulation: Emulation<ChatQuirks & Quirks> = {
  bytesOnly,
  holdsToolForms,
  lacksToolForms: (_model, quirks) =>
    quirks.customTools === true ? namespacesAlone : functionsOnly,
  toolNames: (_model, quirks) => (quirks.toolNames === "any" ? undefined : usualToolNames),
  holdsToolNames,
  continues: (_target, { prefillMark, turns }) => {
    if (turns?.prefill === "refused") return false;
    return prefillMark === undefined ? undefined : true;
  },
  cachesMarked: (_model, quirks) => quirks.cacheMarks === "cache_control",
  singleAnswer: (_model, quirks) => quirks.severalAnswers === false,
  embedInputs: (_model, quirks) => quirks.embedInputs,
  countingRules,
};

function bytesOnly(
  _operation: OperationName,
  _model: string,
  { imageUrls, playedUrls }: ChatQuirks,
): ReadonlySet<MediaKind> {
  if (imageUrls === false) return playedUrls === true ? imagesToo : allMedia;
  return playedUrls === true ? documents : playedToo;
}

type Row = readonly [names: RegExp, rules: CountingRules];

const tiles = (base: number, tile: number) => ({ kind: "tiles", base, tile }) as const;
const patches = (factor: number) => ({ kind: "patches", factor }) as const;
const o200k = "o200k_base";
const cl100k = "cl100k_base";

/**
 * By the model's name, the first that fits. Encodings:
 * https://github.com/openai/tiktoken/blob/main/tiktoken/model.py; pictures:
 * https://platform.openai.com/docs/guides/images-vision#calculating-costs; tools:
 * https://cookbook.openai.com/examples/how_to_count_tokens_with_tiktoken.
 */
const rows: readonly Row[] = [
  [/^gpt-4o-mini/, { encoding: o200k, toolStart: 7, image: tiles(2833, 5667) }],
  [/^(?:gpt-4o|chatgpt-4o)/, { encoding: o200k, toolStart: 7, image: tiles(85, 170) }],
  [/^gpt-(?:4\.1|5)-mini/, { encoding: o200k, toolStart: 7, image: patches(1.62) }],
  [/^gpt-(?:4\.1|5)-nano/, { encoding: o200k, toolStart: 7, image: patches(2.46) }],
  [/^o4-mini/, { encoding: o200k, toolStart: 7, image: patches(1.72) }],
  [/^gpt-4\.[15]/, { encoding: o200k, toolStart: 7, image: tiles(85, 170) }],
  [/^gpt-5/, { encoding: o200k, toolStart: 7, image: tiles(70, 140) }],
  [/^o[134](?:-|$)/, { encoding: o200k, toolStart: 7, image: tiles(75, 150) }],
  [/^gpt-oss/, { encoding: o200k, toolStart: 7, image: tiles(85, 170) }],
  [/^gpt-(?:4|3\.5|35)/, { encoding: cl100k, toolStart: 10, image: tiles(85, 170) }],
];

/** Routers put the maker before the model, `openai/gpt-5`. */
function countingRules(model: string): CountingRules | undefined {
  const name = model.slice(model.lastIndexOf("/") + 1).toLowerCase();
  return rows.find(([names]) => names.test(name))?.[1];
}
