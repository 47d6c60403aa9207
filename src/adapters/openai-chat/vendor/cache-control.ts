import type { Chat } from "../../../../gen/parlance/chat/v1/chat_pb.js";
import type { Message } from "../../../../gen/parlance/chat/v1/message_pb.js";
import { Role } from "../../../../gen/parlance/chat/v1/message_pb.js";
import { type CacheHint, CacheTtl, type Part } from "../../../../gen/parlance/chat/v1/part_pb.js";
import type { Tool } from "../../../../gen/parlance/chat/v1/tool_pb.js";
import { dropped, type EncodeReport } from "../../../core/fidelity/encode-report.ts";
import { servedModel } from "../../../core/target/served-model.ts";
import { holdsCacheMark, innerPartsOf, isMarked } from "../../../core/traits/cache-marks.ts";
import { type Body, mergeMembers } from "../../../json/members.ts";
import { writeJson } from "../../../json/write.ts";
import { takesBreakpoints } from "../../traits/cache-breakpoints.ts";
import { type ChatEncodeOptions, type ChatQuirks, NAME } from "../wire.ts";

type Marks = NonNullable<ChatQuirks["cacheMarks"]>;

/**
 * A chat whose cache marks are members of its content in the vendor's words; those that it has no
 * place for are reported. The same chat where it has none.
 */
export function withCacheMarks(
  chat: Chat,
  options: Pick<ChatEncodeOptions, "model" | "baseModel" | "quirks">,
  report: EncodeReport,
): Chat {
  if (!holdsCacheMark(chat)) return chat;
  const { cacheMarks } = options.quirks;
  const marks = cacheMarks ?? (takesBreakpoints(servedModel(options)) ? "breakpoint" : "none");
  const marking: Marking = { marks, report };
  const { cache, ...rest } = chat;
  const marked: Chat = {
    ...rest,
    messages: chat.messages.map((message, at) => markMessage(message, `messages[${at}]`, marking)),
    tools: chat.tools.map((tool, at) => markTool(tool, `tools[${at}]`, marking)),
  };
  if (cache === undefined) return marked;
  const extras = marks === "cache_control" ? addMark(chat.extrasJson[NAME], cache, marks) : "";
  if (extras === "") dropped(report, "cache");
  return extras === "" ? marked : { ...marked, extrasJson: { ...chat.extrasJson, [NAME]: extras } };
}

interface Marking {
  readonly marks: Marks;
  readonly report: EncodeReport;
}

function markMessage(message: Message, path: string, marking: Marking): Message {
  const answer = message.role === Role.ASSISTANT;
  const parts = message.parts.map((part, at) =>
    isMarked(part) ? markPart(part, `${path}.parts[${at}]`, answer, marking) : part,
  );
  return { ...message, parts };
}

/** OpenAI takes no marks on answers. */
function markPart(part: Part, path: string, answer: boolean, marking: Marking): Part {
  const { cache, content } = part;
  if (content.case === "toolResult") return markResult(part, content, path, marking);
  for (const [at, inner] of innerPartsOf(content).entries())
    if (isMarked(inner)) dropped(marking.report, `${path}.document.content.parts[${at}].cache`);
  if (cache === undefined) return part;
  const takes = MARKED.has(content.case) && !(answer && marking.marks === "breakpoint");
  const own = part.extras === undefined || part.extras.dialect === NAME;
  const json = takes && own ? addMark(part.extras?.json, cache, marking.marks) : "";
  if (json === "") {
    dropped(marking.report, `${path}.cache`);
    return unmarked(part);
  }
  if (marking.marks === "breakpoint" && cache.ttl !== CacheTtl.CACHE_TTL_UNSPECIFIED)
    dropped(marking.report, `${path}.cache.ttl`);
  const extras = { $typeName: "parlance.chat.v1.Opaque", dialect: NAME, json } as const;
  return { ...unmarked(part), extras };
}

type Result = Extract<Part["content"], { case: "toolResult" }>;

/** The mark of a result is that of its last text. */
function markResult(part: Part, content: Result, path: string, marking: Marking): Part {
  const { cache } = part;
  const at = content.value.content.findLastIndex((each) => each.content.case === "text");
  const inner = content.value.content.map((each, index) => {
    const mark = each.cache ?? (index === at ? cache : undefined);
    if (mark === undefined) return each;
    const place = each.cache === undefined ? path : `${path}.tool_result.content[${index}]`;
    return markPart({ ...each, cache: mark }, place, false, marking);
  });
  if (cache !== undefined && at === -1) dropped(marking.report, `${path}.cache`);
  return {
    ...unmarked(part),
    content: { ...content, value: { ...content.value, content: inner } },
  };
}

const MARKED: ReadonlySet<Part["content"]["case"]> = new Set(["text", "image", "document"]);

function unmarked({ cache: _, ...part }: Part): Part {
  return part;
}

function markTool(tool: Tool, path: string, { marks, report }: Marking): Tool {
  const { cache, ...rest } = tool;
  if (cache === undefined) return tool;
  const { tool: kind } = tool;
  const takes = kind.case === "function" && marks === "cache_control";
  const json = takes ? addMark(kind.value.extrasJson[NAME], cache, marks) : "";
  if (kind.case !== "function" || json === "") {
    dropped(report, `${path}.cache`);
    return rest;
  }
  const extrasJson = { ...kind.value.extrasJson, [NAME]: json };
  return { ...rest, tool: { ...kind, value: { ...kind.value, extrasJson } } };
}

/** Members with a mark added to them; "" where the vendor takes none. */
function addMark(members: string | undefined, { ttl }: CacheHint, marks: Marks): string {
  const body: Body = {};
  if (members !== undefined && members !== "" && !mergeMembers(body, members)) return "";
  if (marks === "none") return "";
  if (marks === "breakpoint") body.prompt_cache_breakpoint = { mode: "explicit" };
  else body.cache_control = { type: "ephemeral", ttl: LIFETIMES[ttl] };
  return writeJson(body);
}

const LIFETIMES: Readonly<Record<CacheTtl, string | undefined>> = {
  [CacheTtl.CACHE_TTL_UNSPECIFIED]: undefined,
  [CacheTtl.CACHE_TTL_5M]: "5m",
  [CacheTtl.CACHE_TTL_1H]: "1h",
};
