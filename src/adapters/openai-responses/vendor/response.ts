import type { Completion, TokenLogprob } from "../../../../gen/parlance/chat/v1/completion_pb.js";
import { Role } from "../../../../gen/parlance/chat/v1/message_pb.js";
import type { Decoded } from "../../../core/dialect.ts";
import { malformed } from "../../../core/faults/fault.ts";
import {
  arrayAt,
  isObject,
  type Json,
  type JsonObject,
  numberAt,
  objectAt,
  stringAt,
} from "../../../json/json.ts";
import { unknownMembers } from "../../../json/members.ts";
import {
  elementSources,
  memberSource,
  noSource,
  type Source,
  wholeSource,
} from "../../../json/source-slice.ts";
import { isErrorObject } from "../../openai-chat/vendor/error.ts";
import { decodeItem, decodeTokens, isToolCall, outputFault } from "../content-part.ts";
import { decodeEnding } from "../finish-reason.ts";
import { decodeUsage } from "../usage.ts";
import { DIALECT } from "../wire.ts";
import { faultOf } from "./error.ts";

/**
 * Members of a response that have a field in the contract, or only repeat the request. All others
 * are extras.
 */
export const RESPONSE_MEMBERS: ReadonlySet<string> = new Set([
  "id",
  "object",
  "created_at",
  "status",
  "model",
  "output",
  "output_text",
  "usage",
  "service_tier",
  "error",
  "incomplete_details",
  "background",
  "frequency_penalty",
  "include",
  "instructions",
  "max_output_tokens",
  "max_tool_calls",
  "metadata",
  "parallel_tool_calls",
  "presence_penalty",
  "previous_response_id",
  "prompt_cache_key",
  "prompt_cache_options",
  "prompt_cache_retention",
  "reasoning",
  "safety_identifier",
  "store",
  "temperature",
  "text",
  "tool_choice",
  "tools",
  "top_logprobs",
  "top_p",
  "truncation",
  "user",
]);

/**
 * A whole response. With the body's bytes, opaque items are their exact text; without them they are
 * printed anew. A response that failed is a fault.
 */
export function decodeResponse(json: Json, body?: Uint8Array): Decoded<Completion> {
  if (!isObject(json))
    return { ok: false, fault: malformed("the vendor's answer is not a JSON object") };
  const output = outputOf(json);
  if (json.status === "failed" || (output === undefined && isErrorObject(json))) {
    return { ok: false, fault: faultOf(json) };
  }
  if (output === undefined)
    return { ok: false, fault: malformed("the vendor's answer has no list of output items") };
  const fault = outputFault(output);
  if (fault !== undefined) return { ok: false, fault };
  const source = body === undefined ? noSource : wholeSource(body);
  const sourceAt = elementSources(memberSource(source, "output"));
  const parts = output.flatMap((item, index) => decodeItem(item, sourceAt(index)));
  const { reason, word } = decodeEnding(json, output.some(isToolCall));
  const content = output.flatMap(tokensOf);
  const usage = usageOf(json, source);
  const start = startOf(json);
  const extras = unknownMembers(json, source, RESPONSE_MEMBERS);
  return {
    ok: true,
    value: {
      $typeName: "parlance.chat.v1.Completion",
      ...start,
      choices: [
        {
          $typeName: "parlance.chat.v1.Choice",
          index: 0,
          message: {
            $typeName: "parlance.chat.v1.Message",
            role: Role.ASSISTANT,
            parts,
            name: "",
            text: "",
            extrasJson: {},
          },
          finishReason: reason,
          vendorFinishReason: word,
          stopSequence: "",
          ...(content.length === 0
            ? undefined
            : { logprobs: { $typeName: "parlance.chat.v1.Logprobs", content, refusal: [] } }),
        },
      ],
      ...(usage === undefined ? undefined : { usage }),
      extrasJson: extras === "" ? {} : { [DIALECT]: extras },
    },
  };
}

/** Some servers tell the words of the answer alone. */
function outputOf(json: JsonObject): readonly Json[] | undefined {
  const text = stringAt(json, "output_text");
  const content = [{ type: "output_text", text: text ?? "" }];
  return (
    arrayAt(json, "output") ?? (text === undefined ? undefined : [{ type: "message", content }])
  );
}

/** The members of a response before it has any content. */
export interface ResponseStart {
  readonly id: string;
  readonly model: string;
  readonly createdUnixS: bigint;
  readonly systemFingerprint: string;
  readonly serviceTier: string;
}

/** Reads id, model, time and tier. xAI tells its fingerprint in the metadata. */
export function startOf(response: JsonObject): ResponseStart {
  const metadata = objectAt(response, "metadata");
  const created = Math.floor(numberAt(response, "created_at") ?? 0);
  return {
    id: stringAt(response, "id") ?? "",
    model: stringAt(response, "model") ?? "",
    createdUnixS: created > 0 && created <= LAST_SECOND ? BigInt(created) : 0n,
    systemFingerprint:
      (metadata === undefined ? undefined : stringAt(metadata, "system_fingerprint")) ?? "",
    serviceTier: stringAt(response, "service_tier") ?? "",
  };
}

const LAST_SECOND = 253_402_300_799;

/** The usage of a response; undefined where it tells none. */
export function usageOf(response: JsonObject, source: Source) {
  const usage = objectAt(response, "usage");
  if (usage === undefined) return undefined;
  return decodeUsage(
    usage,
    stringAt(response, "service_tier") ?? "",
    memberSource(source, "usage"),
  );
}

function tokensOf(item: Json): TokenLogprob[] {
  if (!isObject(item) || item.type !== "message") return [];
  return (arrayAt(item, "content") ?? []).flatMap((content) =>
    isObject(content) ? decodeTokens(content) : [],
  );
}
