import { isMessage } from "@bufbuild/protobuf";
import { ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import type { Tool } from "../../../gen/parlance/chat/v1/tool_pb.js";
import type { Call } from "../../core/call.ts";
import type { RequestMessage } from "../../core/operation.ts";
import { isObject, type Json, type JsonObject, parseJson } from "../../json/json.ts";

/** The part of a call that routing reads. */
export type RoutableCall = Pick<Call, "origin" | "request">;

/**
 * The members of a call by which its caller chooses models or upstreams beside `model`, as paths:
 * of a REST body as they stand in it, of a typed call those among its extras and in its tools. At
 * most 10. Takes time linear in the call.
 */
export type FindRoutingMembers = (call: RoutableCall) => readonly string[];

/**
 * Makes the search for members of a table, in which a dot leads into an object and `[]` into each
 * element of a list.
 */
export function createRoutingMembers(table: readonly string[]): FindRoutingMembers {
  const root = compile(table);
  const tool = root.next.get(`${fold("tools")}[]`) ?? { next: new Map(), end: false };
  return ({ origin, request }) => {
    const found: string[] = [];
    if (origin !== undefined) searchBody(origin.json, root, "", found);
    else searchTyped(request.message(), { root, tool }, found);
    return found.slice(0, maxFound);
  };
}

/**
 * The member that holds another body, in which the same members count and so does `model`: some
 * gateways send them on.
 */
const innerBody = "EXTRA_BODY";

/** As many as a refusal names. */
const maxFound = 10;

/** Longer names are no names of the table, whatever their case. */
const maxNameLength = 64;

/** The members of an object that the table names further, and those that it ends with. */
interface Node {
  /** By folded name, with `[]` behind it for the elements of a list. */
  readonly next: Map<string, Node>;
  /** Whether a path of the table ends here. */
  end: boolean;
}

/** What the body of a call may name, and what a tool of it may. */
interface Nodes {
  readonly root: Node;
  readonly tool: Node;
}

function compile(paths: readonly string[]): Node {
  const start: Node = { next: new Map(), end: false };
  for (const path of paths) {
    let node = start;
    for (const step of path.split(".")) {
      const name = step.endsWith("[]") ? `${fold(step.slice(0, -2))}[]` : fold(step);
      const known: Node = node.next.get(name) ?? { next: new Map(), end: false };
      node.next.set(name, known);
      node = known;
    }
    node.end = true;
  }
  return start;
}

/**
 * A body: what is called `model` but for its case is `model` to a vendor whose decoder goes by that
 * (Go's does).
 */
function searchBody(json: JsonObject, root: Node, path: string, found: string[]): void {
  search(json, root, path, found);
  for (const [key, value] of Object.entries(json)) {
    const name = fold(key);
    if (name === "MODEL" && key !== "model") found.push(path + key);
    if (name === innerBody && isObject(value)) searchInner(value, root, `${path}${key}.`, found);
  }
}

/** Members that are put over those of a body. */
function searchInner(json: JsonObject, root: Node, path: string, found: string[]): void {
  if (Object.hasOwn(json, "model")) found.push(`${path}model`);
  searchBody(json, root, path, found);
}

function searchTyped(typed: RequestMessage, { root, tool }: Nodes, found: string[]): void {
  for (const [dialect, text] of Object.entries(typed.extrasJson)) {
    searchText(text, (json) => searchInner(json, root, `extras_json["${dialect}"].`, found));
  }
  if (!isMessage(typed, ChatSchema)) return;
  for (const [index, one] of typed.tools.entries()) searchTool(one, tool, `tools[${index}]`, found);
}

function searchTool({ tool }: Tool, node: Node, path: string, found: string[]): void {
  if (tool.case === "builtin") {
    searchText(tool.value.json, (json) => search(json, node, `${path}.builtin.json.`, found));
  }
  if (tool.case !== "function") return;
  for (const [dialect, text] of Object.entries(tool.value.extrasJson)) {
    searchText(text, (json) =>
      search(json, node, `${path}.function.extras_json["${dialect}"].`, found),
    );
  }
}

/** A text that is not an object has no members; that it is none is for the dialect to say. */
function searchText(text: string, searchJson: (json: JsonObject) => void): void {
  const parsed = parseJson(text);
  if (parsed.ok && isObject(parsed.value)) searchJson(parsed.value);
}

function search(json: JsonObject, node: Node, path: string, found: string[]): void {
  for (const key of Object.keys(json)) {
    if (found.length >= maxFound) return;
    const name = fold(key);
    const value = json[key];
    const member = node.next.get(name);
    if (member?.end === true) found.push(path + key);
    else if (member !== undefined && isObject(value))
      search(value, member, `${path}${key}.`, found);
    const elements = node.next.get(`${name}[]`);
    if (elements !== undefined) searchElements(value, elements, path + key, found);
  }
}

function searchElements(value: Json | undefined, node: Node, path: string, found: string[]): void {
  if (!Array.isArray(value)) return;
  for (const [index, element] of value.entries()) {
    if (isObject(element)) search(element, node, `${path}[${index}].`, found);
  }
}

/**
 * A name without its case: letters that only Unicode takes for the same (`ſ`, `K`) are the same to
 * some decoders.
 */
function fold(name: string): string {
  return name.length > maxNameLength ? "" : name.toLowerCase().toUpperCase();
}
