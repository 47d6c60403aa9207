import type { Tool } from "../../../gen/parlance/chat/v1/tool_pb.js";

/**
 * The name of a tool with its namespace, as a tool choice says it. Namespaces of MCP servers may
 * end with the separator themselves.
 */
export function qualifiedName(namespace: string, name: string): string {
  if (namespace === "") return name;
  return namespace.endsWith("__") ? `${namespace}${name}` : `${namespace}__${name}`;
}

/** What a tool of the caller's is called. */
export interface ToolIdentity {
  readonly name: string;
  /** "": none. */
  readonly namespace: string;
  /** Whether it takes free text. */
  readonly custom: boolean;
}

/** The names of a tool that the caller runs; undefined for one of the vendor's. */
export function toolIdentity({ tool, namespace }: Tool): ToolIdentity | undefined {
  if (tool.case !== "function" && tool.case !== "custom") return undefined;
  const custom = tool.case === "custom";
  return { name: tool.value.name, namespace: namespace?.name ?? "", custom };
}
