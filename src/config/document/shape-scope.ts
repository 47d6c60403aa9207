import { type Alias, type Document, isAlias, isCollection, isScalar, type Node, visit } from "yaml";
import { type Placed, type Problem, problem } from "../config-scope.ts";

/** What the walk over a config document carries along, beside where it is. */
export interface ShapeScope extends Placed {
  /**
   * What an alias of the document stands for; undefined where no anchor of its name comes before
   * it.
   */
  readonly targetOf: (alias: Alias) => Node | undefined;
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
export function followAlias(scope: ShapeScope, node: unknown): unknown {
  const { left, targetOf } = scope;
  left.nodes -= 1;
  if (left.nodes < 0)
    return refuse(scope, node, "the file has too many values, aliases counted each time");
  if (!isAlias(node)) return node;
  left.aliases -= 1;
  if (left.aliases < 0) return refuse(scope, node, `more than ${maxAliases} aliases are used`);
  return targetOf(node) ?? refuse(scope, node, "there is no anchor (&name) before this alias");
}

/**
 * Finds what the aliases of a document stand for by going through it once, when the first is looked
 * up.
 */
export function createAliasTargets(document: Document): ShapeScope["targetOf"] {
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

/** Reports a problem at the place of a node, where that is known. */
export function problemAt(scope: Placed, node: unknown, said: Problem): undefined {
  const offset = offsetOf(node);
  return problem(scope, offset === undefined ? said : { ...said, offset });
}

/** The characters before a node. */
export function offsetOf(node: unknown): number | undefined {
  return isScalar(node) || isCollection(node) || isAlias(node)
    ? (node.range?.[0] ?? undefined)
    : undefined;
}

/** Reports the first node that goes beyond a bound, and no more. */
function refuse(scope: ShapeScope, node: unknown, message: string): undefined {
  const { nodes, aliases } = scope.left;
  if (nodes >= -1 && aliases >= -1) problemAt(scope, node, { message, ruleId: "alias" });
}
