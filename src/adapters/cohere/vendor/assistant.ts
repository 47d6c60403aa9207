import type { Part, Reasoning, Text, ToolCall } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { appendAll } from "../../../core/append-all.ts";
import { dropped, type EncodeReport, emulated } from "../../../core/fidelity/encode-report.ts";
import { type Writable, writeJson } from "../../../json/write.ts";
import { withPartExtras } from "../../shared/add-extras.ts";
import { isForeign } from "../../shared/answers/foreign-source.ts";
import { encodeCitation } from "../citation.ts";
import { type Draft, NAME, TOOL_PLAN } from "../wire.ts";
import { encodePart } from "./content.ts";

/**
 * An earlier answer as the vendor takes it back: texts and thoughts, the plan, calls and citations.
 */
export function encodeAssistant(parts: readonly Part[], path: string, report: EncodeReport): Draft {
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

function addPart(said: Said, part: Part, path: string, report: EncodeReport): void {
  const add = (list: Writable[], pieces: readonly Writable[]): void =>
    appendAll(list, withPartExtras(pieces, part, path, report));
  switch (part.content.case) {
    case "text":
      addCitations(said.citations, part.content.value, said.content.length, `${path}.text`, report);
      add(said.content, [{ type: "text", text: part.content.value.text }]);
      return;
    case "toolCall":
      add(said.calls, [encodeCall(part.content.value, `${path}.tool_call`, report)]);
      return;
    case "reasoning":
      if (isPlan(part.content.value)) {
        addPlan(said, part.content.value, `${path}.reasoning`, report);
        add(said.content, []);
      } else add(said.content, encodeReasoning(part.content.value, `${path}.reasoning`, report));
      return;
    default:
      appendAll(said.content, encodePart(part, path, report));
  }
}

function addPlan(
  said: Said,
  { text, summaries }: Reasoning,
  path: string,
  report: EncodeReport,
): void {
  if (summaries.length > 0) dropped(report, `${path}.summaries`);
  said.plan += text;
}

function isPlan({ id, dialect }: Reasoning): boolean {
  return id === TOOL_PLAN && dialect === NAME;
}

function plainText(content: readonly Writable[]): Writable | undefined {
  const only = content.length === 1 ? content[0] : undefined;
  return typeof only === "object" &&
    only !== null &&
    "text" in only &&
    Object.keys(only).length === 2
    ? only.text
    : undefined;
}

function addCitations(
  list: Writable[],
  text: Text,
  index: number,
  path: string,
  report: EncodeReport,
): void {
  for (const [at, citation] of text.citations.entries()) {
    const encoded = isForeign(citation, NAME)
      ? undefined
      : encodeCitation(citation, text.text, index);
    const place = `${path}.citations[${at}]`;
    if (encoded === undefined)
      dropped(report, place, "a citation that only another dialect can say");
    else list.push(encoded);
  }
}

/**
 * Words of any model's reasoning are thoughts to the vendor; proofs of other vendors mean nothing
 * to it.
 */
function encodeReasoning(reasoning: Reasoning, path: string, report: EncodeReport): Writable[] {
  const { text, summaries } = reasoning;
  const words = text === "" ? summaries.join("\n\n") : text;
  if (text !== "" && summaries.length > 0) dropped(report, `${path}.summaries`);
  if (reasoning.id !== "") dropped(report, `${path}.id`);
  return words === "" ? [] : [{ type: "thinking", thinking: words }];
}

function encodeCall(call: ToolCall, path: string, report: EncodeReport): Writable {
  if (call.input.case === "text") emulated(report, `${path}.text`);
  const input =
    call.input.case === "text" ? writeJson({ input: call.input.value }) : (call.input.value ?? "");
  return {
    id: call.id,
    type: "function",
    function: { name: call.name, arguments: input === "" ? "{}" : input },
  };
}
