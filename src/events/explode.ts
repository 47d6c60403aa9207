import type { Choice, Completion } from "../../gen/parlance/chat/v1/completion_pb.js";
import type { Event } from "../../gen/parlance/chat/v1/event_pb.js";
import type { Audio, Part, Reasoning, Text, ToolCall } from "../../gen/parlance/chat/v1/part_pb.js";
import { event } from "./make-events.ts";

/**
 * The events that fold back into a completion: the start, each choice with its parts, logprobs and
 * finish, then extras and usage. Text, reasoning, refusals, tool calls and sound become deltas, one
 * each; whatever deltas cannot say arrives as a whole part. Not carried, for an answer has none of
 * them: a role other than ASSISTANT, and the `name` and `extras_json` of a choice's message. Shares
 * memory with the completion and changes nothing of it.
 *
 * Messages here are written as literals, which are what `create` makes: this is on the path of
 * every translated unary call, where a literal costs a tenth. The types make them complete.
 */
export function explode(completion: Completion): Event[] {
  const events: Event[] = [
    event({
      case: "messageStart",
      value: {
        $typeName: "parlance.chat.v1.MessageStart",
        id: completion.id,
        model: completion.model,
        createdUnixS: completion.createdUnixS,
        systemFingerprint: completion.systemFingerprint,
        serviceTier: completion.serviceTier,
      },
    }),
  ];
  for (const choice of completion.choices) explodeChoice(choice, events);
  for (const dialect of Object.keys(completion.extrasJson)) {
    const json = completion.extrasJson[dialect] ?? "";
    events.push(
      event({
        case: "extrasSet",
        value: { $typeName: "parlance.chat.v1.ExtrasSet", dialect, json },
      }),
    );
  }
  if (completion.usage !== undefined)
    events.push(event({ case: "usage", value: completion.usage }));
  return events;
}

function explodeChoice(answer: Choice, events: Event[]): void {
  const choice = answer.index;
  const parts = answer.message?.parts ?? [];
  for (let part = 0; part < parts.length; part += 1) {
    const content = parts[part];
    if (content !== undefined) explodePart(content, choice, part, events);
  }
  const logprobs = answer.logprobs;
  if (logprobs !== undefined) {
    const value = { $typeName: "parlance.chat.v1.LogprobsDelta", choice, logprobs } as const;
    events.push(event({ case: "logprobsDelta", value }));
  }
  events.push(
    event({
      case: "finish",
      value: {
        $typeName: "parlance.chat.v1.Finish",
        choice,
        reason: answer.finishReason,
        vendorReason: answer.vendorFinishReason,
        stopSequence: answer.stopSequence,
      },
    }),
  );
}

function explodePart(whole: Part, choice: number, part: number, events: Event[]): void {
  const content = whole.cache === undefined ? whole.content : undefined;
  switch (content?.case) {
    case "text":
      explodeText(content.value, choice, part, events);
      return;
    case "reasoning":
      explodeReasoning(content.value, choice, part, events);
      return;
    case "refusal": {
      const { text } = content.value;
      const value = { $typeName: "parlance.chat.v1.RefusalDelta", choice, part, text } as const;
      events.push(event({ case: "refusalDelta", value }));
      return;
    }
    case "toolCall":
      if (content.value.input.case === undefined) break;
      explodeToolCall(content.value, choice, part, events);
      return;
    case "audio":
      if (content.value.source.case !== "data" || content.value.format !== "") break;
      explodeAudio(content.value, content.value.source.value, choice, part, events);
      return;
    case "image":
    case "video":
    case "document":
    case "toolResult":
    case "opaque":
    case undefined:
      break;
  }
  const value = { $typeName: "parlance.chat.v1.PartWhole", choice, part, content: whole } as const;
  events.push(event({ case: "partWhole", value }));
}

function explodeText(text: Text, choice: number, part: number, events: Event[]): void {
  const value = { $typeName: "parlance.chat.v1.TextDelta", choice, part, text: text.text } as const;
  events.push(event({ case: "textDelta", value }));
  for (const citation of text.citations) {
    const added = { $typeName: "parlance.chat.v1.CitationAdd", choice, part, citation } as const;
    events.push(event({ case: "citationAdd", value: added }));
  }
}

/** One delta for all but the second and later summaries, which take one each. */
function explodeReasoning(
  reasoning: Reasoning,
  choice: number,
  part: number,
  events: Event[],
): void {
  const count = Math.max(1, reasoning.summaries.length);
  for (let at = 0; at < count; at += 1) {
    const summary = reasoning.summaries[at];
    const first = at === 0;
    events.push(
      event({
        case: "reasoningDelta",
        value: {
          $typeName: "parlance.chat.v1.ReasoningDelta",
          choice,
          part,
          text: first ? reasoning.text : "",
          signature: first ? reasoning.signature : "",
          encrypted: first ? reasoning.encrypted : "",
          summary: summary ?? "",
          ...(summary === undefined ? undefined : { summaryIndex: at }),
          id: first ? reasoning.id : "",
          dialect: first ? reasoning.dialect : "",
        },
      }),
    );
  }
}

function explodeToolCall(call: ToolCall, choice: number, part: number, events: Event[]): void {
  events.push(
    event({
      case: "toolCallStart",
      value: {
        $typeName: "parlance.chat.v1.ToolCallStart",
        choice,
        part,
        id: call.id,
        name: call.name,
        custom: call.input.case === "text",
        signature: call.signature,
        ...(call.namespace === undefined ? undefined : { namespace: call.namespace }),
      },
    }),
  );
  const input = call.input.value ?? "";
  if (input === "") return;
  const value = {
    $typeName: "parlance.chat.v1.ToolCallDelta",
    choice,
    part,
    input,
    signature: "",
  } as const;
  events.push(event({ case: "toolCallDelta", value }));
}

function explodeAudio(
  audio: Audio,
  data: Uint8Array,
  choice: number,
  part: number,
  events: Event[],
): void {
  events.push(
    event({
      case: "audioDelta",
      value: {
        $typeName: "parlance.chat.v1.AudioDelta",
        choice,
        part,
        data,
        transcript: audio.transcript,
        answerId: audio.answerId,
        ...(audio.expiresAtUnixS === undefined
          ? undefined
          : { expiresAtUnixS: audio.expiresAtUnixS }),
      },
    }),
  );
}
