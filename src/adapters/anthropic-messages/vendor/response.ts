import type { Completion } from "../../../../gen/parlance/chat/v1/completion_pb.js";
import { Role } from "../../../../gen/parlance/chat/v1/message_pb.js";
import type { Decoded } from "../../../core/dialect.ts";
import { malformed } from "../../../core/faults/fault.ts";
import {
  arrayAt,
  isObject,
  type Json,
  type JsonObject,
  objectAt,
  stringAt,
} from "../../../json/json.ts";
import { unknownMembers } from "../../../json/members.ts";
import { elementSources, memberSource, noSource, wholeSource } from "../../../json/source-slice.ts";
import { blocksFault, decodeBlock } from "../content-part.ts";
import { messageFinish } from "../finish-reason.ts";
import { decodeUsage } from "../usage.ts";
import { DIALECT } from "../wire.ts";
import { faultOf } from "./error.ts";

/** Members of a message that have a field in the contract, or say only what it is. */
export const MESSAGE_MEMBERS: ReadonlySet<string> = new Set([
  "id",
  "type",
  "role",
  "model",
  "content",
  "stop_reason",
  "stop_sequence",
  "usage",
]);

/**
 * A whole message. With the body's bytes, inputs of tools and opaque blocks are their exact text;
 * without them they are printed anew.
 */
export function decodeResponse(json: Json, body?: Uint8Array): Decoded<Completion> {
  if (!isObject(json))
    return { ok: false, fault: malformed("the vendor's answer is not a JSON object") };
  const content = contentOf(json);
  if (content === undefined) {
    const fault =
      json.type === "error"
        ? faultOf(json)
        : malformed("the vendor's answer has no list of content");
    return { ok: false, fault };
  }
  const tooLarge = blocksFault(content);
  if (tooLarge !== undefined) return { ok: false, fault: tooLarge };
  const source = body === undefined ? noSource : wholeSource(body);
  const sourceAt = elementSources(memberSource(source, "content"));
  const parts = content.map((block, index) => decodeBlock(block, sourceAt(index)));
  const word = stringAt(json, "stop_reason") ?? "";
  const calls = parts.some((part) => part.content.case === "toolCall");
  const usageJson = objectAt(json, "usage");
  const usage =
    usageJson === undefined ? undefined : decodeUsage(usageJson, memberSource(source, "usage"));
  const extras = unknownMembers(json, source, MESSAGE_MEMBERS);
  return {
    ok: true,
    value: {
      $typeName: "parlance.chat.v1.Completion",
      id: stringAt(json, "id") ?? "",
      model: stringAt(json, "model") ?? "",
      createdUnixS: 0n,
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
          finishReason: messageFinish(word, calls),
          vendorFinishReason: word,
          stopSequence: stringAt(json, "stop_sequence") ?? "",
        },
      ],
      ...(usage === undefined ? undefined : { usage }),
      systemFingerprint: "",
      serviceTier: usage?.serviceTier ?? "",
      extrasJson: extras === "" ? {} : { [DIALECT]: extras },
    },
  };
}

/** Some servers write the words themselves for the list. */
function contentOf(json: JsonObject): readonly Json[] | undefined {
  const text = json.role === "assistant" ? stringAt(json, "content") : undefined;
  return text === undefined ? arrayAt(json, "content") : [{ type: "text", text }];
}
