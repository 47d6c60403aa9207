import type { Completion } from "../../../../gen/parlance/chat/v1/completion_pb.js";
import { Role } from "../../../../gen/parlance/chat/v1/message_pb.js";
import type { Part } from "../../../../gen/parlance/chat/v1/part_pb.js";
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
import { endOf } from "../finish-reason.ts";
import { decodeUsage } from "../usage.ts";
import { DIALECT } from "../wire.ts";
import { decodeBlock } from "./content-part.ts";
import { familyOf } from "./model-traits.ts";

/**
 * Members of an answer that have a field in the contract; metrics, traces and what models add are
 * extras.
 */
export const ANSWER_MEMBERS: ReadonlySet<string> = new Set([
  "output",
  "stopReason",
  "usage",
  "serviceTier",
]);

/**
 * A whole answer. It has neither an id nor the model's name. With the body's bytes, inputs of tools
 * and opaque blocks are their exact text; without them they are printed anew.
 */
export function decodeResponse(json: Json, body?: Uint8Array, model = ""): Decoded<Completion> {
  if (!isObject(json))
    return { ok: false, fault: malformed("the vendor's answer is not a JSON object") };
  const message = objectAt(objectAt(json, "output") ?? {}, "message");
  const content = message === undefined ? undefined : arrayAt(message, "content");
  if (content === undefined)
    return { ok: false, fault: malformed("the vendor's answer has no output.message.content") };
  const source = body === undefined ? noSource : wholeSource(body);
  const output = memberSource(memberSource(source, "output"), "message");
  const sourceAt = elementSources(memberSource(output, "content"));
  const claude = familyOf(model.toLowerCase()) === "claude";
  const parts = content.map((block, index) => decodeBlock(block, sourceAt(index), claude));
  const word = stringAt(json, "stopReason") ?? "";
  const usageJson = objectAt(json, "usage");
  const serviceTier = tierOf(json);
  const extras = unknownMembers(json, source, ANSWER_MEMBERS);
  return {
    ok: true,
    value: {
      $typeName: "parlance.chat.v1.Completion",
      id: "",
      model: "",
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
          finishReason: endOf(word, parts.some(isCall)),
          vendorFinishReason: word,
          stopSequence: stopSequenceOf(json),
        },
      ],
      ...(usageJson === undefined
        ? undefined
        : { usage: decodeUsage(usageJson, memberSource(source, "usage"), serviceTier) }),
      systemFingerprint: "",
      serviceTier,
      extrasJson: extras === "" ? {} : { [DIALECT]: extras },
    },
  };
}

function isCall({ content }: Part): boolean {
  return content.case === "toolCall";
}

/** The tier that served the call; "" where it is absent. */
export function tierOf(json: JsonObject): string {
  return stringAt(objectAt(json, "serviceTier") ?? {}, "type") ?? "";
}

/**
 * The stop text that was met, where `additionalModelResponseFieldPaths` names it; a stream has it
 * one level deeper.
 */
export function stopSequenceOf(json: JsonObject): string {
  const fields = objectAt(json, "additionalModelResponseFields") ?? {};
  return (
    stringAt(fields, "stop_sequence") ??
    stringAt(objectAt(fields, "delta") ?? {}, "stop_sequence") ??
    ""
  );
}
