import type { Part, Reasoning, Text, ToolCall } from "../../../gen/parlance/chat/v1/part_pb.js";
import { type Writable, writeJson } from "../../core/json-write.ts";
import { encodeCitation } from "./citation.ts";
import { dropCache, encodePart } from "./request-content.ts";
import { type Draft, drop, emulated, NAME, type Report, TOOL_PLAN } from "./wire.ts";

/** An earlier answer as the vendor takes it back: texts and thoughts, the plan, calls and citations. */
export function encodeAssistant(parts: readonly Part[], path: string, report: Report): Draft {
  const said: Said = { content: [], calls: [], citations: [], plan: "" };
  for (const [at, part] of parts.entries()) addPart(said, part, `${path}.parts[${at}]`, report);
  const { content, calls, citations, plan } = said;
  const silent = content.length === 0 && (calls.length > 0 || plan !== "");
  return {
    role: "assistant",
    content: silent ? undefined : content.length === 0 ? "" : (plainText(content) ?? content),
    tool_plan: plan === "" ? undefined : plan,
    tool_calls: calls.length === 0 ? undefined : calls,
    citations: citations.length === 0 ? undefined : citations,
  };
}

/** The answer under construction. */
interface Said {
  readonly content: Writable[];
  readonly calls: Writable[];
  readonly citations: Writable[];
  plan: string;
}

function addPart(said: Said, part: Part, path: string, report: Report): void {
  switch (part.content.case) {
    case "text":
      dropCache(report, part, path);
      addCitations(said.citations, part.content.value, said.content.length, `${path}.text`, report);
      said.content.push({ type: "text", text: part.content.value.text });
      return;
    case "toolCall":
      dropCache(report, part, path);
      said.calls.push(encodeCall(part.content.value, `${path}.tool_call`, report));
      return;
    case "reasoning":
      dropCache(report, part, path);
      if (isPlan(part.content.value)) said.plan += part.content.value.text;
      else said.content.push(...encodeReasoning(part.content.value, `${path}.reasoning`, report));
      return;
    default:
      said.content.push(...encodePart(part, path, report));
  }
}

function isPlan({ id, dialect }: Reasoning): boolean {
  return id === TOOL_PLAN && dialect === NAME;
}

function plainText(content: readonly Writable[]): Writable | undefined {
  const only = content.length === 1 ? content[0] : undefined;
  return typeof only === "object" && only !== null && "text" in only && Object.keys(only).length === 2
    ? only.text
    : undefined;
}

function addCitations(list: Writable[], text: Text, index: number, path: string, report: Report): void {
  for (const [at, citation] of text.citations.entries()) {
    const encoded = encodeCitation(citation, text.text, index);
    const place = `${path}.citations[${at}]`;
    if (encoded === undefined) drop(report, place, "a citation that only another dialect can say");
    else {
      list.push(encoded);
      if (citation.location.case !== undefined)
        drop(report, `${place}.${citation.location.case}`, "the vendor cites whole sources");
    }
  }
}

/** Words of any model's reasoning are thoughts to the vendor; proofs of other vendors mean nothing to it. */
function encodeReasoning(reasoning: Reasoning, path: string, report: Report): Writable[] {
  const { text, summaries, signature, encrypted } = reasoning;
  const words = text === "" ? summaries.join("\n\n") : text;
  if (encrypted !== "") drop(report, `${path}.encrypted`, "only the vendor that encrypted it can read it");
  if (signature !== "") drop(report, `${path}.signature`, "the vendor signs no reasoning");
  if (text !== "" && summaries.length > 0) drop(report, `${path}.summaries`, "the reasoning itself is sent");
  if (reasoning.id !== "") drop(report, `${path}.id`, "the vendor's reasoning has no id");
  return words === "" ? [] : [{ type: "thinking", thinking: words }];
}

function encodeCall(call: ToolCall, path: string, report: Report): Writable {
  if (call.signature !== "") drop(report, `${path}.signature`, "the vendor signs no tool calls");
  if (call.input.case === "text") emulated(report, `${path}.text`, 'sent as {"input": text}');
  const input = call.input.case === "text" ? writeJson({ input: call.input.value }) : (call.input.value ?? "");
  return {
    id: call.id,
    type: "function",
    function: { name: call.name, arguments: input === "" ? "{}" : input },
  };
}
