import type { Citation } from "../../../gen/parlance/chat/v1/citation_pb.js";
import type { AudioDelta, Event, ReasoningDelta } from "../../../gen/parlance/chat/v1/event_pb.js";
import type { Part, Reasoning } from "../../../gen/parlance/chat/v1/part_pb.js";
import { printBase64 } from "../../core/base64.ts";
import { encodeAnnotation, encodeOtherCitation } from "./citation.ts";
import {
  encodeImage,
  encodeMessage,
  encodeOther,
  encodeSignature,
  encodeSpecific,
  encodeToolCall,
} from "./facade-message.ts";
import { addText, type FacadeChoice, type ReasoningSoFar } from "./facade-stream-state.ts";
import { encodeBlock, encodeDetails, isBlock } from "./reasoning.ts";
import type { Draft } from "./wire.ts";

/** Events that add to a choice, but for text, which has a path of its own. */
export type DeltaEvent = Extract<
  Event["event"],
  {
    case:
      | "reasoningDelta"
      | "refusalDelta"
      | "toolCallStart"
      | "toolCallDelta"
      | "audioDelta"
      | "partWhole"
      | "citationAdd";
  }
>;

type Encoded = readonly [choice: FacadeChoice | undefined, deltas: readonly Draft[]];

/** What an event adds to a choice, as OpenAI deltas, and the choice after it (undefined: as before). */
export function encodeDelta(choice: FacadeChoice, event: DeltaEvent, callId: string): Encoded {
  switch (event.case) {
    case "reasoningDelta":
      return encodeReasoning(choice, event.value);
    case "refusalDelta":
      return [undefined, event.value.text === "" ? [] : [{ refusal: event.value.text }]];
    case "toolCallStart": {
      const { part, id, name, custom, signature } = event.value;
      const index = choice.calls.length;
      const shared: Draft = { index, id: id === "" ? fallbackId(choice, callId) : id };
      const extra = signature === "" ? undefined : encodeSignature(signature);
      const call: Draft = custom
        ? { ...shared, type: "custom", custom: { name, input: "" }, extra_content: extra }
        : { ...shared, type: "function", function: { name, arguments: "" }, extra_content: extra };
      return [{ ...choice, calls: [...choice.calls, custom ? -1 - part : part] }, [{ tool_calls: [call] }]];
    }
    case "toolCallDelta":
      return [undefined, encodeInput(choice, event.value.part, event.value.input, event.value.signature)];
    case "audioDelta":
      return [undefined, [{ audio: encodeAudio(event.value) }]];
    case "citationAdd":
      return [undefined, event.value.citation === undefined ? [] : [encodeCitation(choice, event.value.citation)]];
    case "partWhole":
      return event.value.content === undefined
        ? [undefined, []]
        : encodeWhole(choice, event.value.part, event.value.content, callId);
  }
}

/** What the end of a part tells: reasoning that has no proof, and yet more to say than its words, such as its id. */
export function encodePartEnd(choice: FacadeChoice, part: number): Draft | undefined {
  const reasoning = choice.reasonings.find((candidate) => candidate.part === part);
  if (reasoning === undefined || reasoning.signature !== "" || reasoning.encrypted !== "") return undefined;
  return reasoning.id === "" ? undefined : encodeProof(reasoning);
}

/** Custom calls are remembered by `-1 - part`, so that one list tells both a call's place and its kind. */
function encodeInput(choice: FacadeChoice, part: number, input: string, signature: string): readonly Draft[] {
  const plain = choice.calls.indexOf(part);
  const index = plain >= 0 ? plain : choice.calls.indexOf(-1 - part);
  if (index < 0) return [];
  const extra = signature === "" ? undefined : encodeSignature(signature);
  const body: Draft = plain >= 0 ? { function: { arguments: input } } : { custom: { input } };
  return [{ tool_calls: [{ index, ...body, extra_content: extra }] }];
}

/** Words go out at once; a signed or structured part follows as a whole when its proof arrives, for clients keep that one. */
function encodeReasoning(choice: FacadeChoice, delta: ReasoningDelta): Encoded {
  const before = choice.reasonings.find(({ part }) => part === delta.part);
  const now: ReasoningSoFar = {
    part: delta.part,
    text: (before?.text ?? "") + delta.text,
    signature: (before?.signature ?? "") + delta.signature,
    encrypted: (before?.encrypted ?? "") + delta.encrypted,
    summaries: addSummary(before?.summaries ?? [], delta),
    id: delta.id || (before?.id ?? ""),
    dialect: delta.dialect || (before?.dialect ?? ""),
  };
  const others = choice.reasonings.filter(({ part }) => part !== delta.part);
  const deltas: Draft[] = [];
  const words = delta.text + delta.summary;
  if (words !== "") deltas.push({ reasoning_content: words });
  if (delta.signature !== "" || delta.encrypted !== "") deltas.push(encodeProof(now));
  return [{ ...choice, reasonings: [...others, now] }, deltas];
}

function addSummary(summaries: readonly string[], { summary, summaryIndex = 0 }: ReasoningDelta): readonly string[] {
  if (summary === "") return summaries;
  if (summaryIndex >= summaries.length) return [...summaries, summary];
  return summaries.map((text, at) => (at === summaryIndex ? text + summary : text));
}

function encodeProof({ part, summaries, ...members }: ReasoningSoFar): Draft {
  const reasoning: Reasoning = { $typeName: "parlance.chat.v1.Reasoning", ...members, summaries: [...summaries] };
  return isBlock(reasoning)
    ? { thinking_blocks: [encodeBlock(reasoning)] }
    : { reasoning_details: encodeDetails(reasoning, part) };
}

function encodeAudio({ answerId, data, transcript, expiresAtUnixS }: AudioDelta): Draft {
  return {
    id: answerId === "" ? undefined : answerId,
    data: data.length === 0 ? undefined : printBase64(data),
    transcript: transcript === "" ? undefined : transcript,
    expires_at: expiresAtUnixS === undefined ? undefined : Number(expiresAtUnixS),
  };
}

function encodeCitation(choice: FacadeChoice, citation: Citation): Draft {
  const start = choice.textStart + (citation.answer?.start ?? 0);
  const end = citation.answer === undefined ? choice.length : choice.textStart + citation.answer.end;
  const placed = { ...citation, answer: { $typeName: "parlance.chat.v1.Range", start, end } } as const;
  const annotation = encodeAnnotation(placed);
  if (annotation !== undefined) return { annotations: [annotation] };
  return { provider_specific_fields: encodeSpecific([encodeOtherCitation(placed)], []) };
}

function encodeWhole(choice: FacadeChoice, part: number, { content }: Part, callId: string): Encoded {
  switch (content.case) {
    case "toolCall": {
      const call = encodeToolCall(content.value, fallbackId(choice, callId));
      const next = { ...choice, calls: [...choice.calls, content.value.input.case === "text" ? -1 - part : part] };
      return [next, [{ tool_calls: [{ index: choice.calls.length, ...call }] }]];
    }
    case "text": {
      const next = addText(choice, part, content.value.text.length);
      const cited = content.value.citations.map((citation) => encodeCitation(next, citation));
      return [next, content.value.text === "" ? cited : [{ content: content.value.text }, ...cited]];
    }
    case "image": {
      const image = encodeImage(content.value);
      return [undefined, image === undefined ? [] : [{ images: [image] }]];
    }
    case "opaque":
      return [
        undefined,
        [{ provider_specific_fields: encodeSpecific([], [encodeOther(content.value.dialect, content.value.json)]) }],
      ];
    case "reasoning":
    case "refusal":
    case "audio":
      return [undefined, [onlyMembers(content)]];
    case "video":
    case "document":
    case "toolResult":
    case undefined:
      return [undefined, []];
  }
}

/** What a whole message of one part would say of it. */
function onlyMembers(content: Part["content"]): Draft {
  const parts: Part[] = [{ $typeName: "parlance.chat.v1.Part", content }];
  const message = encodeMessage(
    { $typeName: "parlance.chat.v1.Message", role: 4, parts, name: "", extrasJson: {} },
    "",
  );
  const { role: _role, content: _content, refusal, ...rest } = message;
  return refusal === null ? rest : { ...rest, refusal };
}

function fallbackId(choice: FacadeChoice, callId: string): string {
  return `call_${callId}${choice.index === 0 ? "" : `_${choice.index}`}_${choice.calls.length}`;
}
