import { type Alias, type Document, isAlias, isCollection, isScalar, type Node, visit } from "yaml";
import type { Report } from "../config-scope.ts";

/** What the walk over a config document carries along. */
export interface ShapeContext {
  /**
   * What an alias of the document stands for; undefined where no anchor of its name comes before
   * it.
   */
  readonly targetOf: (alias: Alias) => Node | undefined;
  readonly report: Report;
  /**
   * Takes the characters before each field, element and entry of the file, by path. Undefined:
   * nobody asks for them.
   */
  readonly places: Map<string, number> | undefined;
  /** What is left of the bound on nodes, so that nested aliases cannot blow up. */
  readonly left: { nodes: number; aliases: number };
}

/** Nodes that are read from one file, aliases counted each time. */
export const maxNodes = 250_000;

/** Aliases that are followed in one file. */
export const maxAliases = 1000;

/**
 * The node that an alias stands for, or the node itself. Undefined, after a report, when it cannot
 * be followed.
 */
export function followAlias(context: ShapeContext, node: unknown, path: string): unknown {
  context.left.nodes -= 1;
  if (context.left.nodes < 0)
    return refuse(context, node, path, "the file has too many values, aliases counted each time");
  if (!isAlias(node)) return node;
  context.left.aliases -= 1;
  if (context.left.aliases < 0)
    return refuse(context, node, path, `more than ${maxAliases} aliases are used`);
  return (
    context.targetOf(node) ??
    refuse(context, node, path, "there is no anchor (&name) before this alias")
  );
}

/**
 * Finds what the aliases of a document stand for by going through it once, when the first is looked
 * up.
 */
export function createAliasTargets(document: Document): ShapeContext["targetOf"] {
  let targets: ReadonlyMap<Alias, Node | undefined> | undefined;
  return (alias) => {
    targets ??= findTargets(document);
    return targets.get(alias);
  };
}

function findTargets(document: Document): ReadonlyMap<Alias, Node | undefined> {
  const anchored = new Map<string, Node>();
  const targets = new Map<Alias, Node | undefined>();
  visit(document, {
    Node(_key, node) {
      if (isAlias(node)) targets.set(node, anchored.get(node.source));
      else if (node.anchor !== undefined) anchored.set(node.anchor, node);
    },
  });
  return targets;
}

/** The characters before a node. */
export function offsetOf(node: unknown): number | undefined {
  return isScalar(node) || isCollection(node) || isAlias(node)
    ? (node.range?.[0] ?? undefined)
    : undefined;
}

function refuse(context: ShapeContext, node: unknown, path: string, message: string): undefined {
  const offset = offsetOf(node);
  const exhausted = context.left.nodes < -1 || context.left.aliases < -1;
  if (!exhausted) {
    context.report({
      path,
      message,
      hint: "",
      ruleId: "alias",
      ...(offset === undefined ? {} : { offset }),
    });
  }
  return undefined;
}
