import { FieldOutcome, type FieldReport } from "../../../../gen/parlance/call/v1/call_report_pb.js";
import type { Chat } from "../../../../gen/parlance/chat/v1/chat_pb.js";
import type { Message } from "../../../../gen/parlance/chat/v1/message_pb.js";
import type { Opaque } from "../../../../gen/parlance/chat/v1/part_pb.js";
import type { Tool } from "../../../../gen/parlance/chat/v1/tool_pb.js";
import type { OriginBody } from "../../../core/dialect.ts";
import { fieldEntry } from "../../../core/fidelity/field-entry.ts";
import { type ExtrasMap, mapExtras } from "../../../core/fidelity/map-extras.ts";
import { arrayAt, asBuffer, isObject, type Json, parseJson, stringAt } from "../../../json/json.ts";
import { isPresent, type MemberText, membersOf, printMembers } from "../../../json/members.ts";
import { DIALECT } from "../wire.ts";

/** A chat as a cloud takes it that serves Claude, and what became of the fields it has not. */
export interface HostedFit {
  readonly chat: Chat;
  readonly report: readonly FieldReport[];
}

/** What a cloud that serves Claude takes of its maker's API. */
export interface HostRules {
  /** Members of requests that it does not take. */
  readonly lacks: ReadonlySet<string>;
  /** Members of tools and of content that it does not take. */
  readonly lacksInside: ReadonlySet<string>;
  /** Members that it takes where a beta is named with them. */
  readonly betaOf: ReadonlyMap<string, string>;
  /** Types of tools that it does not run. */
  readonly lacksTool: RegExp;
  /** Types of tools that it runs where a beta is named with them. */
  readonly betaOfTool: readonly (readonly [type: RegExp, beta: string])[];
  /** The one version of the search of the web that it has. Absent: it has no search. */
  readonly webSearch?: string;
  /** The beta with which results may name tools that a search found. Absent: none is needed. */
  readonly referenceBeta?: string;
}

/** Members of requests that the maker's own API has alone. */
export const makersOwn: ReadonlySet<string> = new Set([
  "thread",
  "container",
  "mcp_servers",
  "fallbacks",
  "inference_geo",
  "speed",
  "diagnostics",
]);

/** Members of tools that the maker's own API has alone. */
export const makersOwnInside: ReadonlySet<string> = new Set([
  "eager_input_streaming",
  "allowed_callers",
]);

const NOT_THERE = "the cloud has no such thing, only the model's maker";

/**
 * Fits a chat to a cloud that serves Claude: what only its maker has is left out and reported, the
 * automatic cache mark becomes one of the last block, and betas that members need are named.
 */
export function fitToHost(chat: Chat, host: HostRules): HostedFit {
  const report: FieldReport[] = [];
  const betas = new Set<string>();
  const drop = (field: string): void => {
    report.push(fieldEntry(field, FieldOutcome.DROPPED, NOT_THERE));
  };
  const notes: HostNotes = { host, report, betas, drop };
  const fitted = mapExtras(chat, {
    map: (extras, path) => fitMembers(extras, path, notes),
    opaque: (extras, path) => fitOpaque(extras, path, notes),
  });
  fitted.tools = fitted.tools.flatMap((tool, index) => fitTool(tool, index, notes));
  if (fitted.webSearch !== undefined && host.webSearch === undefined) {
    drop("web_search");
    delete fitted.webSearch;
  } else if (fitted.webSearch !== undefined) nameBeta(host.webSearch ?? "", notes);
  if (fitted.cache !== undefined) {
    fitted.messages = markLast(fitted);
    delete fitted.cache;
    report.push(fieldEntry("cache", FieldOutcome.EMULATED, "as a mark of the last block"));
  }
  const { referenceBeta } = host;
  if (
    referenceBeta !== undefined &&
    fitted.messages.some(({ parts }) => parts.some(holdsReference))
  )
    betas.add(referenceBeta);
  if (betas.size > 0) fitted.extrasJson = withBetas(fitted.extrasJson, betas);
  return { chat: fitted, report };
}

/**
 * Whether a body of the Messages API says anything that `fitToHost` would change. Words that look
 * like a member of it count too: encoding such a body anew changes nothing else.
 */
export function exceedsHost({ body, json }: OriginBody, host: HostRules): boolean {
  if (isPresent(json.cache_control)) return true;
  for (const name of Object.keys(json))
    if (host.lacks.has(name) || host.betaOf.has(name)) return true;
  if (arrayAt(json, "tools")?.some((tool) => exceedsInside(tool, host)) === true) return true;
  const bytes = asBuffer(body);
  return bytes.includes('"scope"') || bytes.includes('"tool_reference"');
}

function exceedsInside(tool: Json, { lacksInside, betaOf }: HostRules): boolean {
  if (!isObject(tool)) return false;
  const type = stringAt(tool, "type") ?? "custom";
  if (type !== "custom") return true;
  return Object.keys(tool).some((name) => lacksInside.has(name) || betaOf.has(name));
}

interface HostNotes {
  readonly host: HostRules;
  readonly report: FieldReport[];
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
function fitText(text: string, path: string, { host, drop, betas }: HostNotes): string {
  const members = membersOf(text);
  if (members === undefined) return text;
  const refused = path.startsWith("extras_json") ? host.lacks : host.lacksInside;
  const kept: MemberText[] = [];
  for (const [name, value] of members) {
    const beta = refused.has(name) ? undefined : host.betaOf.get(name);
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

function fitTool(tool: Tool, index: number, notes: HostNotes): Tool[] {
  const { host, drop, report } = notes;
  if (tool.tool.case !== "builtin" || tool.tool.value.dialect !== DIALECT) return [tool];
  const { value } = tool.tool;
  const parsed = parseJson(value.json);
  const type = parsed.ok && isObject(parsed.value) ? (stringAt(parsed.value, "type") ?? "") : "";
  if (host.lacksTool.test(type)) {
    drop(`tools[${index}].builtin`);
    return [];
  }
  const { webSearch } = host;
  if (webSearch === undefined || !type.startsWith("web_search_") || type === webSearch) {
    nameBeta(type, notes);
    return [tool];
  }
  nameBeta(webSearch, notes);
  report.push(fieldEntry(`tools[${index}].builtin`, FieldOutcome.MAPPED, `sent as ${webSearch}`));
  return [
    { ...tool, tool: { case: "builtin", value: { ...value, json: basic(value.json, webSearch) } } },
  ];
}

/** A search of the web without what its later versions have. */
function basic(json: string, type: string): string {
  const kept = (membersOf(json) ?? []).filter(([name]) => BASIC_SEARCH.has(name));
  return printMembers([["type", JSON.stringify(type)], ...kept]);
}

/** See https://platform.claude.com/docs/en/agents-and-tools/tool-use/web-search-tool (2026-11). */
const BASIC_SEARCH: ReadonlySet<string> = new Set([
  "name",
  "max_uses",
  "allowed_domains",
  "blocked_domains",
  "user_location",
  "cache_control",
]);

function nameBeta(type: string, { host, betas }: HostNotes): void {
  for (const [pattern, beta] of host.betaOfTool) if (pattern.test(type)) betas.add(beta);
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
