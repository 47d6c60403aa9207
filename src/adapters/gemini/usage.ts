import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import { arrayAt, isObject, type Json, type JsonObject, stringAt } from "../../json/json.ts";
import { type Body, membersOf, unknownMembers } from "../../json/members.ts";
import { noSource, type Source } from "../../json/source-slice.ts";
import { rawJson } from "../../json/write.ts";
import { countAt } from "../shared/count-at.ts";
import { DIALECT } from "./wire.ts";

const counted: readonly string[] = [
  "promptTokenCount",
  "candidatesTokenCount",
  "thoughtsTokenCount",
  "cachedContentTokenCount",
  "totalTokenCount",
  "serviceTier",
];

/** Modalities by number: some of the vendor's servers print numbers. */
const modalities: readonly string[] = [
  "MODALITY_UNSPECIFIED",
  "TEXT",
  "IMAGE",
  "VIDEO",
  "AUDIO",
  "DOCUMENT",
];

const known: ReadonlySet<string> = new Set(["TEXT", "IMAGE", "AUDIO"]);

/**
 * The vendor's usage. Input is the prompt and what the vendor's own tools added to it, both of
 * which are billed as input; output is the answer and the thoughts. A count that is left out is 0
 * once any is present, as in every protobuf JSON. Members without a field here, the share of the
 * tools among them, are kept as extras. See
 * https://ai.google.dev/api/generate-content#UsageMetadata.
 */
export function decodeUsage(json: JsonObject, source: Source = noSource): Usage | undefined {
  const prompt = countAt(json, "promptTokenCount");
  const answer = countAt(json, "candidatesTokenCount");
  const thoughts = countAt(json, "thoughtsTokenCount");
  const total = countAt(json, "totalTokenCount");
  if (prompt === undefined && answer === undefined && thoughts === undefined && total === undefined)
    return undefined;
  const cached = countAt(json, "cachedContentTokenCount");
  const input = (prompt ?? 0n) + (countAt(json, "toolUsePromptTokenCount") ?? 0n);
  const extras = unknownMembers(json, source, wholly(json));
  return {
    $typeName: "parlance.chat.v1.Usage",
    inputTokens: input,
    ...(cached === undefined ? undefined : { cacheReadTokens: cached }),
    outputTokens: (answer ?? 0n) + (thoughts ?? 0n),
    ...(thoughts === undefined ? undefined : { reasoningTokens: thoughts }),
    ...(total === undefined ? undefined : { totalTokens: total }),
    ...detailsOf("input", arrayAt(json, "promptTokensDetails")),
    ...detailsOf("output", arrayAt(json, "candidatesTokensDetails")),
    toolUses: {},
    serviceTier: stringAt(json, "serviceTier") ?? "",
    extrasJson: extras === "" ? {} : { [DIALECT]: extras },
  };
}

/** Usage as the vendor tells it. What is not known is left out. */
export function encodeUsage(usage: Usage): Body {
  const extras = (membersOf(usage.extrasJson[DIALECT] ?? "{}") ?? []).filter(
    ([key]) => !counted.includes(key),
  );
  const toolUse = toolUseOf(extras);
  const thoughts = usage.reasoningTokens ?? 0n;
  const body: Body = {
    promptTokenCount: notBelowZero((usage.inputTokens ?? 0n) - toolUse),
    candidatesTokenCount: notBelowZero((usage.outputTokens ?? 0n) - thoughts),
    totalTokenCount: usage.totalTokens ?? (usage.inputTokens ?? 0n) + (usage.outputTokens ?? 0n),
  };
  if (usage.reasoningTokens !== undefined) body.thoughtsTokenCount = usage.reasoningTokens;
  if (usage.cacheReadTokens !== undefined) body.cachedContentTokenCount = usage.cacheReadTokens;
  const input = [usage.inputTextTokens, usage.inputImageTokens, usage.inputAudioTokens];
  const output = [usage.outputTextTokens, usage.outputImageTokens, usage.outputAudioTokens];
  if (input.some((count) => count !== undefined)) body.promptTokensDetails = encodeDetails(input);
  if (output.some((count) => count !== undefined))
    body.candidatesTokensDetails = encodeDetails(output);
  if (usage.serviceTier !== "") body.serviceTier = usage.serviceTier;
  for (const [key, text] of extras) body[key] = rawJson(text);
  return body;
}

/** Members that fields of the contract hold in full; details of other modalities are not. */
function wholly(json: JsonObject): ReadonlySet<string> {
  const names = new Set(counted);
  for (const key of ["promptTokensDetails", "candidatesTokensDetails"]) {
    if (
      (arrayAt(json, key) ?? []).every(
        (detail) => isObject(detail) && known.has(modalityOf(detail)),
      )
    )
      names.add(key);
  }
  return names;
}

const fields = {
  input: { TEXT: "inputTextTokens", IMAGE: "inputImageTokens", AUDIO: "inputAudioTokens" },
  output: { TEXT: "outputTextTokens", IMAGE: "outputImageTokens", AUDIO: "outputAudioTokens" },
} as const;

type Side = keyof typeof fields;
type Field = (typeof fields)[Side]["TEXT" | "IMAGE" | "AUDIO"];

function detailsOf(
  side: Side,
  details: readonly Json[] | undefined,
): Partial<Record<Field, bigint>> {
  const counts: Partial<Record<Field, bigint>> = {};
  for (const detail of details ?? []) {
    if (!isObject(detail)) continue;
    const modality = modalityOf(detail);
    if (modality !== "TEXT" && modality !== "IMAGE" && modality !== "AUDIO") continue;
    const field = fields[side][modality];
    counts[field] = (counts[field] ?? 0n) + (countAt(detail, "tokenCount") ?? 0n);
  }
  return counts;
}

function encodeDetails(counts: readonly (bigint | undefined)[]): Body[] {
  return ["TEXT", "IMAGE", "AUDIO"].flatMap((modality, at) => {
    const tokenCount = counts[at];
    return tokenCount === undefined ? [] : [{ modality, tokenCount }];
  });
}

function modalityOf(detail: JsonObject): string {
  const { modality } = detail;
  return typeof modality === "number"
    ? (modalities[modality] ?? "")
    : typeof modality === "string"
      ? modality
      : "";
}

function toolUseOf(extras: readonly (readonly [key: string, text: string])[]): bigint {
  const text = extras.find(([key]) => key === "toolUsePromptTokenCount")?.[1] ?? "";
  return /^\d{1,15}$/.test(text) ? BigInt(text) : 0n;
}

function notBelowZero(count: bigint): bigint {
  return count > 0n ? count : 0n;
}
