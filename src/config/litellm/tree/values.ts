import { referenceOf, type Surroundings, sourceOf, variableOf } from "../surroundings.ts";
import { type Draft, secretOf, secretValue } from "./draft.ts";
import { isNothing, type Leaf, type Place, type Tree } from "./tree.ts";

/** A value that was read, with its place. */
export interface Read<T> {
  readonly value: T;
  readonly at: Place;
}

/** A value as text, with references followed. Undefined: there is none, or it is no single value. */
export function textOf(
  tree: Tree | undefined,
  surroundings: Surroundings,
): Read<string> | undefined {
  const leaf = leafOf(tree, surroundings);
  if (leaf === undefined) return undefined;
  const name = referenceOf(leaf.value);
  if (name === undefined) {
    const text = typeof leaf.value === "number" ? leaf.source : String(leaf.value);
    return { value: text, at: leaf.at };
  }
  const value = variableOf(name, surroundings);
  if (value === undefined) {
    noteUnset(name, leaf.at, surroundings);
    return undefined;
  }
  if (surroundings.written && sourceOf(name, surroundings).kind === "env")
    surroundings.note({
      kind: "changed",
      at: leaf.at,
      message: `is what the environment variable ${name} says now`,
      hint: "edit the written file when it changes",
    });
  return { value, at: leaf.at };
}

/** A number, which may be written as text. Undefined, after a note, where it is none. */
export function numberOf(
  tree: Tree | undefined,
  surroundings: Surroundings,
): Read<number> | undefined {
  const text = textOf(tree, surroundings);
  if (text === undefined) return undefined;
  const value = Number(text.value.trim().replaceAll("_", ""));
  if (text.value.trim() !== "" && Number.isFinite(value)) return { value, at: text.at };
  surroundings.note({
    kind: "wrong",
    at: text.at,
    message: "must be a number",
    hint: "write digits",
  });
  return undefined;
}

const words: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  "1": true,
  false: false,
  no: false,
  off: false,
  "0": false,
};

/** Whether something is so, which may be written as text. Undefined, after a note, where unclear. */
export function flagOf(
  tree: Tree | undefined,
  surroundings: Surroundings,
): Read<boolean> | undefined {
  const text = textOf(tree, surroundings);
  if (text === undefined) return undefined;
  const value = words[text.value.trim().toLowerCase()];
  if (value !== undefined) return { value, at: text.at };
  surroundings.note({ kind: "wrong", at: text.at, message: "must be true or false" });
  return undefined;
}

/** A secret: a reference stays one. Undefined: there is none. */
export function secretDraftOf(
  tree: Tree | undefined,
  surroundings: Surroundings,
): Draft | undefined {
  const leaf = leafOf(tree, surroundings);
  if (leaf === undefined) return undefined;
  const name = referenceOf(leaf.value);
  if (name === undefined) return secretValue(String(leaf.value), leaf.at);
  return variableSecret(name, leaf.at, surroundings);
}

/** The secret that a variable of the file or the environment holds. */
export function variableSecret(name: string, at: Place, surroundings: Surroundings): Draft {
  const source = sourceOf(name, surroundings);
  return source.kind === "file"
    ? secretValue(String(source.leaf.value ?? ""), source.leaf.at)
    : secretOf(source.name, at);
}

function leafOf(tree: Tree | undefined, { note }: Surroundings): Leaf | undefined {
  if (tree === undefined || isNothing(tree)) return undefined;
  if (tree.kind === "leaf") return tree;
  note({ kind: "wrong", at: tree.at, message: "must be a single value" });
  return undefined;
}

function noteUnset(name: string, at: Place, { lookUps, note }: Surroundings): void {
  // A name that is not in capitals may be a secret that was put in the wrong place.
  const shown = name === name.toUpperCase() ? ` ${name}` : "";
  note({
    kind: "none",
    at,
    message: lookUps
      ? `is left out: the environment variable${shown} is not set`
      : "was not checked: environment variables that a text names are looked up for admins only",
    hint: lookUps ? "set it before the start" : "check it with the admin key, or by parlance check",
  });
}

/** A duration in seconds, as configs of ours write it. */
export function seconds(value: number): string {
  return `${Number(value.toFixed(3))}s`;
}
