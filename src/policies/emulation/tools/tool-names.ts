import { createHash } from "node:crypto";
import type { Tool } from "../../../../gen/parlance/chat/v1/tool_pb.js";
import {
  qualifiedName,
  type ToolIdentity,
  toolIdentity,
} from "../../../core/names/tool-namespace.ts";

/** The names that tools are sent under in place of their own. */
export interface ToolNames {
  /** The tools that are declared, by the names that they are sent under. */
  readonly callers: ReadonlyMap<string, ToolIdentity>;
  /** The name that a call of the caller's history is sent under. */
  sentFor(namespace: string, name: string): string;
  /** The name that stands for one of a tool choice. */
  chosenFor(name: string): string;
}

/** What vendors take for a name at least. */
const MAX_LENGTH = 64;

/**
 * Gives each tool a name of its own: a tool of no namespace keeps its name, and one of a namespace
 * is called `namespace__name`, as its caller's own clients call it. A name that is too long or
 * taken ends with a hash of it, so that it is the same in each turn of a conversation.
 */
export function createToolNames(tools: readonly Tool[], flatten: boolean): ToolNames {
  const callers = new Map<string, ToolIdentity>();
  const sent = new Map<string, string>();
  const own = tools.flatMap((tool) => toolIdentity(tool) ?? []);
  const plain = own.filter(({ namespace }) => namespace === "" || !flatten);
  for (const tool of plain) {
    callers.set(tool.name, tool);
    sent.set(keyOf(tool.namespace, tool.name), tool.name);
  }
  for (const tool of flatten ? own.filter(({ namespace }) => namespace !== "") : []) {
    const key = keyOf(tool.namespace, tool.name);
    if (sent.has(key)) continue;
    const name = flatName(tool.namespace, tool.name, callers);
    callers.set(name, tool);
    sent.set(key, name);
  }
  const sentFor = (namespace: string, name: string): string => {
    if (namespace === "" || !flatten) return name;
    const known = sent.get(keyOf(namespace, name));
    if (known !== undefined) return known;
    // OpenAI names a function that its search has found as its own namespace.
    return namespace === name ? name : flatName(namespace, name, none);
  };
  const chosen = new Map<string, string>();
  for (const { namespace, name } of own) {
    chosen.set(qualifiedName(namespace, name), sentFor(namespace, name));
  }
  for (const { namespace, name } of own)
    if (!chosen.has(name)) chosen.set(name, sentFor(namespace, name));
  return { callers, sentFor, chosenFor: (name) => chosen.get(name) ?? name };
}

const none: ReadonlyMap<string, unknown> = new Map();

function keyOf(namespace: string, name: string): string {
  return `${namespace}\u0000${name}`;
}

function flatName(namespace: string, name: string, taken: ReadonlyMap<string, unknown>): string {
  const flat = qualifiedName(namespace, name);
  if (flat.length <= MAX_LENGTH && !taken.has(flat)) return flat;
  const hash = hashOf(keyOf(namespace, name));
  return `${flat.slice(0, MAX_LENGTH - hash.length - 1)}_${hash}`;
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 8);
}
