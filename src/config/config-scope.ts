import { elementPath, entryPath, fieldPath } from "./document/field-path.ts";
import type { FoundSecret } from "./references/found-secret.ts";

/** Reads the text of a file; throws when it cannot. */
export type ReadText = (path: string) => string;

/** Where secrets come from. */
export interface SecretSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly readText: ReadText;
  /**
   * What secret managers have, by the keys of references. Undefined: they were not asked, for
   * something else is wrong. Absent: none can be asked.
   */
  readonly managed?: (key: string) => FoundSecret | undefined;
  /**
   * Told the path of each field whose variable or file is not looked up, because what is found
   * there is none of the business of whoever wrote the text. Absent: all are looked up.
   */
  readonly leaveOut?: (path: string) => void;
}

/** A violation before its place in the file is known. */
export interface Finding {
  /** The field, in the file's own spelling. */
  readonly path: string;
  readonly message: string;
  /**
   * "" when the message says it all. A function is called only if the finding is among the first
   * that are shown.
   */
  readonly hint: string | (() => string);
  readonly ruleId: string;
  /** Characters before the place in the text, when it is not the place of `path`. */
  readonly offset?: number;
  /** Where in the text that the field at `path` holds the problem is. Absent: at its start. */
  readonly within?: { readonly text: string; readonly at: number };
}

/** Takes note of a finding. */
export type Report = (finding: Finding) => void;

/** What is wrong with a field, apart from its path. The default hint is "". */
export type Problem = Omit<Finding, "path" | "hint"> & Partial<Pick<Finding, "hint">>;

/** What a function that compiles or checks a part of a config gets besides that part. */
export interface ConfigScope {
  /** The path of the part, in the file's own spelling; "" for the whole. */
  readonly path: string;
  /** Where its secrets are looked up. */
  readonly sources: SecretSources;
  /** Takes what is wrong with it. */
  readonly report: Report;
}

/** A scope as far as it says where a problem is. */
export type Placed = Pick<ConfigScope, "path" | "report">;

/** The scope of a field of the message in `scope`. */
export function inField<Scope extends Placed>(scope: Scope, name: string): Scope {
  return { ...scope, path: fieldPath(scope.path, name) };
}

/** The scope of an element of the list in `scope`. */
export function inElement<Scope extends Placed>(scope: Scope, index: number): Scope {
  return { ...scope, path: elementPath(scope.path, index) };
}

/** The scope of an entry of the map in `scope`. */
export function inEntry<Scope extends Placed>(scope: Scope, key: string): Scope {
  return { ...scope, path: entryPath(scope.path, key) };
}

/** Reports a problem at the path of a scope. */
export function problem({ path, report }: Placed, { hint = "", ...said }: Problem): undefined {
  report({ path, hint, ...said });
}
