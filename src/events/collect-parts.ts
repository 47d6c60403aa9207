import type {
  AudioDelta,
  CitationAdd,
  PartWhole,
  ReasoningDelta,
  RefusalDelta,
  TextDelta,
  ToolCallDelta,
  ToolCallStart,
} from "../../gen/parlance/chat/v1/event_pb.js";
import type { Part, Text, ToolCall } from "../../gen/parlance/chat/v1/part_pb.js";
import { LAST_SUMMARY } from "./answer-limits.ts";

/** The parts of one choice while they are written. Deltas find theirs by index and kind. */
export interface PartList {
  /** By `keyOf`, in the order in which they began. */
  readonly byKey: Map<number, OpenPart>;
  /** The part of the last event: a delta mostly goes on with it. */
  latest: OpenPart | undefined;
  /** The highest index so far; -1 before the first part. */
  highest: number;
  /** Whether the parts began in the order of their indices, as they should. */
  ascending: boolean;
}

interface OpenPart {
  readonly index: number;
  readonly key: number;
  part: Part;
  /**
   * Whether the part is the fold's own and nobody else has seen it, so that it may grow in place.
   */
  owned: boolean;
  /** Sound in pieces; joined once, at the end. */
  pieces: Uint8Array[] | undefined;
}

type PartKind = NonNullable<Part["content"]["case"]>;

const kinds: Readonly<Record<PartKind, number>> = {
  text: 0,
  image: 1,
  audio: 2,
  video: 3,
  document: 4,
  toolCall: 5,
  toolResult: 6,
  reasoning: 7,
  refusal: 8,
  opaque: 9,
};

/** No parts yet. */
export function createPartList(): PartList {
  return { byKey: new Map(), latest: undefined, highest: -1, ascending: true };
}

/**
 * The parts so far in the order of their indices. What is added later does not change a result that
 * was returned.
 */
export function closeParts(list: PartList): Part[] {
  const open = [...list.byKey.values()];
  if (!list.ascending) open.sort((one, other) => one.index - other.index);
  return open.map((entry) => {
    joinPieces(entry);
    entry.owned = false;
    return entry.part;
  });
}

/** Adds text to a text part. */
export function addText(list: PartList, delta: TextDelta): void {
  textAt(list, delta.part).text += delta.text;
}

/** Adds a citation to a text part. */
export function addCitation(list: PartList, added: CitationAdd): void {
  if (added.citation !== undefined) textAt(list, added.part).citations.push(added.citation);
}

/** Adds words to a refusal. */
export function addRefusal(list: PartList, delta: RefusalDelta): void {
  const content = find(list, delta.part, "refusal")?.part.content;
  if (content?.case === "refusal") content.value.text += delta.text;
  else
    begin(list, delta.part, {
      case: "refusal",
      value: { $typeName: "parlance.chat.v1.Refusal", text: delta.text },
    });
}

/** Adds to a reasoning part, member by member. */
export function addReasoning(list: PartList, delta: ReasoningDelta): void {
  const content = find(list, delta.part, "reasoning")?.part.content;
  const { text, signature, encrypted, id, dialect } = delta;
  if (content?.case !== "reasoning") {
    const summaries: string[] = [];
    addSummary(summaries, delta);
    const value = {
      $typeName: "parlance.chat.v1.Reasoning",
      text,
      signature,
      encrypted,
      summaries,
      id,
      dialect,
    } as const;
    begin(list, delta.part, { case: "reasoning", value });
    return;
  }
  const reasoning = content.value;
  reasoning.text += text;
  reasoning.signature += signature;
  reasoning.encrypted += encrypted;
  if (id !== "") reasoning.id = id;
  if (dialect !== "") reasoning.dialect = dialect;
  addSummary(reasoning.summaries, delta);
}

/**
 * A summary without an index goes on with the last one; an index beyond the end leaves empty ones
 * between.
 */
function addSummary(summaries: string[], { summary, summaryIndex }: ReasoningDelta): void {
  if (summaryIndex === undefined && summary === "") return;
  const at = Math.min(summaryIndex ?? Math.max(0, summaries.length - 1), LAST_SUMMARY);
  while (summaries.length <= at) summaries.push("");
  summaries[at] += summary;
}

/** Begins a tool call, or tells more of one that an early delta began. */
export function startToolCall(list: PartList, start: ToolCallStart): void {
  const content = find(list, start.part, "toolCall")?.part.content;
  if (content?.case !== "toolCall") {
    beginToolCall(list, start.part, start);
    return;
  }
  const call = content.value;
  if (start.id !== "") call.id = start.id;
  if (start.name !== "") call.name = start.name;
  if (start.signature !== "") call.signature = start.signature;
  if (start.namespace !== undefined) call.namespace = start.namespace;
  if (start.custom) call.input = { case: "text", value: call.input.value ?? "" };
}

/** Adds input to a tool call. */
export function addToolInput(list: PartList, delta: ToolCallDelta): void {
  const content = find(list, delta.part, "toolCall")?.part.content;
  const call =
    content?.case === "toolCall"
      ? content.value
      : beginToolCall(list, delta.part, { id: "", name: "", signature: "", custom: false });
  if (call.input.case !== undefined) call.input.value += delta.input;
  else if (delta.input !== "") call.input = { case: "argumentsJson", value: delta.input };
  call.signature += delta.signature;
}

/** What is known of a tool call when it begins. */
type NewToolCall = Pick<ToolCallStart, "id" | "name" | "signature" | "custom" | "namespace">;

function beginToolCall(
  list: PartList,
  index: number,
  { id, name, signature, custom, namespace }: NewToolCall,
): ToolCall {
  const call: ToolCall = {
    $typeName: "parlance.chat.v1.ToolCall",
    id,
    name,
    input: custom ? { case: "text", value: "" } : { case: "argumentsJson", value: "" },
    signature,
    ...(namespace === undefined ? undefined : { namespace }),
  };
  begin(list, index, { case: "toolCall", value: call });
  return call;
}

/** Adds sound. Sound that was sent as a URL is replaced by the sound itself. */
export function addAudio(list: PartList, delta: AudioDelta): void {
  const open = find(list, delta.part, "audio") ?? beginAudio(list, delta.part);
  if (open.part.content.case !== "audio") return;
  const audio = open.part.content.value;
  if (delta.data.length > 0) {
    open.pieces ??=
      audio.source.case === "data" && audio.source.value.length > 0 ? [audio.source.value] : [];
    open.pieces.push(delta.data);
  }
  audio.transcript += delta.transcript;
  if (delta.answerId !== "") audio.answerId = delta.answerId;
  if (delta.expiresAtUnixS !== undefined) audio.expiresAtUnixS = delta.expiresAtUnixS;
}

function beginAudio(list: PartList, index: number): OpenPart {
  return begin(list, index, {
    case: "audio",
    value: {
      $typeName: "parlance.chat.v1.Audio",
      source: { case: "data", value: new Uint8Array() },
      format: "",
      transcript: "",
      answerId: "",
    },
  });
}

/** Takes a part as it is; it replaces the part of its kind at its index. */
export function addWhole(list: PartList, { part: index, content: part }: PartWhole): void {
  if (part?.content.case === undefined) return;
  const key = keyOf(index, part.content.case);
  const open = list.byKey.get(key);
  if (open === undefined) {
    enter(list, { index, key, part, owned: false, pieces: undefined });
    return;
  }
  open.part = part;
  open.owned = false;
  open.pieces = undefined;
}

function textAt(list: PartList, index: number): Text {
  const content = find(list, index, "text")?.part.content;
  if (content?.case === "text") return content.value;
  const text: Text = { $typeName: "parlance.chat.v1.Text", text: "", citations: [] };
  begin(list, index, { case: "text", value: text });
  return text;
}

/** One number for an index and a kind: the index is 32 bits wide, a kind four. */
function keyOf(index: number, kind: PartKind): number {
  return index * 16 + kinds[kind];
}

/** The part with this index and kind, ready to grow. */
function find(list: PartList, index: number, kind: PartKind): OpenPart | undefined {
  const key = keyOf(index, kind);
  const open = list.latest?.key === key ? list.latest : list.byKey.get(key);
  if (open === undefined) return undefined;
  if (!open.owned) {
    open.part = { ...open.part, content: copyContent(open.part.content) };
    open.owned = true;
  }
  list.latest = open;
  return open;
}

/**
 * A copy of what a delta may change. Not the library's clone, which throws on text with half a
 * surrogate pair.
 */
function copyContent(content: Part["content"]): Part["content"] {
  switch (content.case) {
    case "text":
      return { case: "text", value: { ...content.value, citations: [...content.value.citations] } };
    case "reasoning":
      return {
        case: "reasoning",
        value: { ...content.value, summaries: [...content.value.summaries] },
      };
    case "refusal":
      return { case: "refusal", value: { ...content.value } };
    case "toolCall":
      return { case: "toolCall", value: { ...content.value, input: { ...content.value.input } } };
    case "audio":
      return { case: "audio", value: { ...content.value } };
    case "image":
    case "video":
    case "document":
    case "toolResult":
    case "opaque":
    case undefined:
      return content;
  }
}

function begin(
  list: PartList,
  index: number,
  content: Part["content"] & { case: PartKind },
): OpenPart {
  const key = keyOf(index, content.case);
  const part: Part = { $typeName: "parlance.chat.v1.Part", content };
  return enter(list, { index, key, part, owned: true, pieces: undefined });
}

function enter(list: PartList, open: OpenPart): OpenPart {
  if (open.index < list.highest) list.ascending = false;
  else list.highest = open.index;
  list.byKey.set(open.key, open);
  list.latest = open;
  return open;
}

function joinPieces(open: OpenPart): void {
  if (open.pieces === undefined || open.part.content.case !== "audio") return;
  const [first, ...rest] = open.pieces;
  if (first === undefined) return;
  open.part.content.value.source = {
    case: "data",
    value: rest.length === 0 ? first : concat(open.pieces),
  };
  open.pieces = undefined;
}

function concat(pieces: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}
