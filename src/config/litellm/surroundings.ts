import type { TakeNote } from "./note.ts";
import type { Leaf } from "./tree/tree.ts";

/** What a LiteLLM file is read with. */
export interface Surroundings {
  /** A variable of the environment; undefined where it is not set, or not looked up. */
  readonly env: (name: string) => string | undefined;
  /** Whether variables are looked up at all. */
  readonly lookUps: boolean;
  /**
   * Whether a config is written that others will read, so that secrets stay references and what
   * is read from the environment now is said.
   */
  readonly written: boolean;
  /** What `environment_variables` of the file says, by name. */
  readonly variables: ReadonlyMap<string, Leaf>;
  readonly note: TakeNote;
}

/** The variable that a value names by `os.environ/NAME`; undefined: it names none. */
export function referenceOf(value: unknown): string | undefined {
  return typeof value === "string" && value.startsWith("os.environ/")
    ? value.slice("os.environ/".length)
    : undefined;
}

/** As many references in a row are followed through `environment_variables`. */
const maxHops = 8;

/** Where the value of a variable comes from, after `environment_variables` was looked at. */
export type VariableSource =
  | { readonly kind: "file"; readonly leaf: Leaf }
  | { readonly kind: "env"; readonly name: string };

/** Finds where the value of a variable comes from. */
export function sourceOf(name: string, { variables }: Surroundings): VariableSource {
  let current = name;
  for (let hops = 0; hops < maxHops; hops++) {
    const leaf = variables.get(current);
    if (leaf === undefined) break;
    const next = referenceOf(leaf.value);
    if (next === undefined) return { kind: "file", leaf };
    if (next === current) break;
    current = next;
  }
  return { kind: "env", name: current };
}

/** The value of a variable, of the file or of the environment; undefined: it has none. */
export function variableOf(name: string, surroundings: Surroundings): string | undefined {
  const source = sourceOf(name, surroundings);
  const text =
    source.kind === "file" ? String(source.leaf.value ?? "") : surroundings.env(source.name);
  return text === undefined || text.trim() === "" ? undefined : text.trim();
}
