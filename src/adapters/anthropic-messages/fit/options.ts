import { FieldOutcome, type FieldReport } from "../../../../gen/parlance/call/v1/call_report_pb.js";
import type { Chat } from "../../../../gen/parlance/chat/v1/chat_pb.js";
import type { Message } from "../../../../gen/parlance/chat/v1/message_pb.js";
import type { Opaque } from "../../../../gen/parlance/chat/v1/part_pb.js";
import type { Tool } from "../../../../gen/parlance/chat/v1/tool_pb.js";
import { fieldEntry } from "../../../core/fidelity/field-entry.ts";
import { type ExtrasMap, mapExtras } from "../../../core/fidelity/map-extras.ts";
import { isObject, parseJson, stringAt } from "../../../json/json.ts";
import { type MemberText, membersOf, printMembers } from "../../../json/members.ts";
import { DIALECT } from "../wire.ts";

/** A chat as a cloud takes it that serves Claude, and what became of the fields it has not. */
export interface HostedFit {
  readonly chat: Chat;
  readonly report: readonly FieldReport[];
}

/** Members of requests that the maker's own API has alone, by where they stand. */
const makersOwn = {
  request: new Set([
    "thread",
    "container",
    "mcp_servers",
    "fallbacks",
    "inference_geo",
    "speed",
    "diagnostics",
  ]),
  inner: new Set(["eager_input_streaming", "allowed_callers"]),
};

/** Members that clouds take where a beta is named with them. */
const betaOf: ReadonlyMap<string, string> = new Map([
  ["context_management", "context-management-2025-06-27"],
  ["defer_loading", "tool-search-tool-2025-10-19"],
  ["input_examples", "tool-examples-2025-10-29"],
]);
const TOOL_SEARCH = "tool-search-tool-2025-10-19";

/** Tools that the maker runs on servers of its own. */
const SERVER_TOOL = /^(?:web_search|web_fetch|code_execution|advisor|mcp_toolset)(?:_|$)/;

const NOT_THERE = "the cloud has no such thing, only the model's maker";

/**
 * Fits a chat to clouds that serve Claude: what only its maker has is left out and reported, the
 * automatic cache mark becomes one of the last block, and betas that members need are named. See
 * https://platform.claude.com/docs/en/build-with-claude/claude-on-amazon-bedrock-legacy and
 * https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages-request-response.html
 * (2026-11).
 */
export function fitToHost(chat: Chat): HostedFit {
  const report: FieldReport[] = [];
  const betas = new Set<string>();
  const drop = (field: string): void => {
    report.push(fieldEntry(field, FieldOutcome.DROPPED, NOT_THERE));
  };
  const fitted = mapExtras(chat, {
    map: (extras, path) => fitMembers(extras, path, { drop, betas }),
    opaque: (extras, path) => fitOpaque(extras, path, { drop, betas }),
  });
  fitted.tools = fitted.tools.filter((tool, index) => keepsTool(tool, index, { drop, betas }));
  if (fitted.webSearch !== undefined) {
    drop("web_search");
    delete fitted.webSearch;
  }
  if (fitted.cache !== undefined) {
    fitted.messages = markLast(fitted);
    delete fitted.cache;
    report.push(fieldEntry("cache", FieldOutcome.EMULATED, "as a mark of the last block"));
  }
  for (const message of fitted.messages) {
    if (message.parts.some(holdsReference)) betas.add(TOOL_SEARCH);
  }
  if (betas.size > 0) fitted.extrasJson = withBetas(fitted.extrasJson, betas);
  return { chat: fitted, report };
}

interface HostNotes {
  readonly drop: (field: string) => void;
  readonly betas: Set<string>;
}

/** Extras of a request, a message or a function. */
function fitMembers(extras: ExtrasMap, path: string, notes: HostNotes): ExtrasMap {
  const text = extras[DIALECT];
  if (text === undefined) return extras;
  const fitted = fitText(text, `${path}["${DIALECT}"]`, notes);
  return fitted === text ? extras : { ...extras, [DIALECT]: fitted };
}

/** Extras of a part. */
function fitOpaque(extras: Opaque, path: string, notes: HostNotes): Opaque {
  if (extras.dialect !== DIALECT) return extras;
  const json = fitText(extras.json, path, notes);
  return json === extras.json ? extras : { ...extras, json };
}

/** Members in JSON without those that only the maker has. */
function fitText(text: string, path: string, { drop, betas }: HostNotes): string {
  const members = membersOf(text);
  if (members === undefined) return text;
  const refused = path.startsWith("extras_json") ? makersOwn.request : makersOwn.inner;
  const kept: MemberText[] = [];
  for (const [name, value] of members) {
    const beta = betaOf.get(name);
    if (beta !== undefined) betas.add(beta);
    if (refused.has(name)) drop(`${path}.${name}`);
    else if (name !== "cache_control") kept.push([name, value]);
    else fitMark(kept, value, `${path}.${name}`, drop);
  }
  return printMembers(kept);
}

/** A mark of the cache holds good in its place alone: whom else it serves only the maker takes. */
function fitMark(kept: MemberText[], text: string, path: string, drop: HostNotes["drop"]): void {
  const others = (membersOf(text) ?? []).filter(([name]) => name !== "scope");
  if (others.length < (membersOf(text)?.length ?? 0)) drop(`${path}.scope`);
  if (others.length > 0) kept.push(["cache_control", printMembers(others)]);
}

/** A tool that a search found is named in the result of that search. */
function holdsReference({ content }: Message["parts"][number]): boolean {
  if (content.case === "toolResult") return content.value.content.some(holdsReference);
  return content.case === "opaque" && content.value.json.includes('"tool_reference"');
}

function keepsTool({ tool }: Tool, index: number, { drop, betas }: HostNotes): boolean {
  if (tool.case !== "builtin" || tool.value.dialect !== DIALECT) return true;
  const parsed = parseJson(tool.value.json);
  const type = parsed.ok && isObject(parsed.value) ? (stringAt(parsed.value, "type") ?? "") : "";
  if (type.startsWith("tool_search_tool")) betas.add(TOOL_SEARCH);
  if (!SERVER_TOOL.test(type)) return true;
  drop(`tools[${index}].builtin`);
  return false;
}

/** The messages with the chat's mark on their last part, where that has none of its own. */
function markLast({ messages, cache }: Chat): Message[] {
  const last = messages.at(-1);
  const part = last?.parts.at(-1);
  if (last === undefined || part === undefined || part.cache !== undefined || cache === undefined)
    return messages;
  const parts = [...last.parts.slice(0, -1), { ...part, cache }];
  return [...messages.slice(0, -1), { ...last, parts }];
}

/** Names betas beside those that the caller names. */
function withBetas(extras: ExtrasMap, betas: ReadonlySet<string>): ExtrasMap {
  const members = membersOf(extras[DIALECT] ?? "{}") ?? [];
  const own = members.find(([name]) => name === "betas")?.[1];
  const parsed = own === undefined ? undefined : parseJson(own);
  const named = parsed?.ok === true && Array.isArray(parsed.value) ? parsed.value : [];
  const all = new Set([...named, ...betas]);
  const others = members.filter(([name]) => name !== "betas");
  return {
    ...extras,
    [DIALECT]: printMembers([...others, ["betas", JSON.stringify([...all])]]),
  };
}
