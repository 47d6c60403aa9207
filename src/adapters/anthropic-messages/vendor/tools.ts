import type { Chat } from "../../../../gen/parlance/chat/v1/chat_pb.js";
import type { WebSearchOptions } from "../../../../gen/parlance/chat/v1/generation_pb.js";
import type { FunctionTool, Tool } from "../../../../gen/parlance/chat/v1/tool_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import {
  dropped,
  type EncodeReport,
  emulated,
  mapped,
  refuse,
} from "../../../core/fidelity/encode-report.ts";
import { editTopLevel } from "../../../json/edit.ts";
import { type Body, isObjectText, mergeMembers } from "../../../json/members.ts";
import { rawJson, type Writable } from "../../../json/write.ts";
import { toolName } from "../../shared/tool-name.ts";
import { objectSchema } from "../../shared/tool-schema.ts";
import { encodeCache } from "../cache-control.ts";
import { DIALECT } from "../wire.ts";

/**
 * The caller's tools, without those that an allowed set leaves out, and the vendor's web search
 * where it is requested.
 */
export function encodeTools(chat: Chat, report: EncodeReport): Writable[] {
  const allowed =
    chat.toolChoice?.choice.case === "allowed"
      ? new Set(chat.toolChoice.choice.value.names)
      : undefined;
  if (allowed !== undefined) emulated(report, "tool_choice.allowed");
  const tools: Writable[] = [];
  for (const [index, tool] of chat.tools.entries()) {
    if (allowed !== undefined && !allowed.has(toolName(tool))) continue;
    const encoded = encodeTool(tool, `tools[${index}]`, report);
    if (encoded !== undefined) tools.push(encoded);
  }
  if (chat.webSearch !== undefined) tools.push(encodeWebSearch(chat.webSearch, report));
  return tools;
}

function encodeTool(tool: Tool, path: string, report: EncodeReport): Writable | undefined {
  const { tool: kind, cache } = tool;
  switch (kind.case) {
    case "function":
      return withExtras(
        withCache(encodeFunction(kind.value, `${path}.function`, report), tool),
        kind.value,
        `${path}.function`,
        report,
      );
    case "builtin": {
      if (kind.value.dialect !== DIALECT) {
        dropped(report, `${path}.builtin`, `a tool of ${kind.value.dialect}`);
        return undefined;
      }
      const { json } = kind.value;
      if (!isObjectText(json)) {
        refuse(
          report,
          ErrorReason.INVALID_REQUEST,
          `${path}.builtin.json`,
          "must be one JSON object",
        );
        return undefined;
      }
      if (cache === undefined) return rawJson(json);
      const marked = editTopLevel(Buffer.from(json), {
        cache_control: JSON.stringify(encodeCache(cache)),
      });
      return rawJson(marked === undefined ? json : Buffer.from(marked).toString("utf8"));
    }
    case "custom":
    case undefined:
      return undefined;
  }
}

function withCache(body: Body, { cache }: Tool): Body {
  if (cache !== undefined) body.cache_control = encodeCache(cache);
  return body;
}

function encodeFunction(tool: FunctionTool, path: string, report: EncodeReport): Body {
  const schema = objectSchema(tool.parametersJson);
  if (schema === undefined) {
    refuse(report, ErrorReason.INVALID_REQUEST, `${path}.parameters_json`, "must be a JSON object");
  } else if (schema !== tool.parametersJson && tool.parametersJson !== "") {
    mapped(report, `${path}.parameters_json`);
  }
  const body: Body = { name: tool.name };
  if (tool.description !== "") body.description = tool.description;
  body.input_schema = rawJson(schema ?? "{}");
  if (tool.strict !== undefined) body.strict = tool.strict;
  return body;
}

function withExtras(
  body: Body,
  { extrasJson }: FunctionTool,
  path: string,
  report: EncodeReport,
): Body {
  const json = extrasJson[DIALECT];
  if (json !== undefined && !mergeMembers(body, json)) {
    const field = `${path}.extras_json["${DIALECT}"]`;
    refuse(report, ErrorReason.INVALID_REQUEST, field, "must be a JSON object");
  }
  return body;
}

/** See https://platform.claude.com/docs/en/agents-and-tools/tool-use/web-search-tool. */
function encodeWebSearch(options: WebSearchOptions, report: EncodeReport): Writable {
  emulated(report, "web_search");
  const place = options.userLocation;
  const location: Body = { type: "approximate" };
  for (const key of ["city", "region", "country", "timezone"] as const) {
    if (place !== undefined && place[key] !== "") location[key] = place[key];
  }
  return {
    type: "web_search_20250305",
    name: "web_search",
    ...(place === undefined ? undefined : { user_location: location }),
  };
}
