import { posix } from "node:path";
import { type Document, isMap, isScalar } from "yaml";
import type { Catalog } from "../../adapters/catalog/catalog.ts";
import { appendAll } from "../../core/append-all.ts";
import type { Finding, ReadText, Report } from "../config-scope.ts";
import { parseDocument } from "../document/parse-document.ts";
import { readOrReason } from "../resolve-secret.ts";
import type { Note } from "./note.ts";
import { type Translated, translateLitellm } from "./translate-litellm.ts";
import { readTree } from "./tree/read-tree.ts";
import { type Branch, itemsOf, type Member, type Tree } from "./tree/tree.ts";

/** What a LiteLLM file needs of its surroundings, as threads can exchange it. */
export interface LitellmInputs {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly lookUps: boolean;
  /** The texts of the files that it includes, by path. */
  readonly files: Readonly<Record<string, string>>;
  readonly filename: string;
  /** Whether the config is to be written rather than run. Absent: it is run. */
  readonly written?: boolean;
}

/** Keys that tell a file of LiteLLM. */
const telling = ["model_list", "litellm_settings", "router_settings", "general_settings"];

/** Keys of ours that one never has. */
const ours = ["providers", "models", "keys", "server", "auth"];

/** Whether a text may be a file of LiteLLM, at a glance: what is not is read as fast as before. */
export function mayBeLitellm(text: string): boolean {
  return telling.some((key) => text.includes(key));
}

/** Whether a document is a config of LiteLLM's. */
export function isLitellm({ contents }: Document): boolean {
  if (!isMap(contents)) return false;
  const keys = contents.items.map(({ key }) => (isScalar(key) ? String(key.value) : ""));
  return keys.some((key) => telling.includes(key)) && !keys.some((key) => ours.includes(key));
}

/** As many files are included at most. */
const maxFiles = 100;

/** Reads the files that a LiteLLM file includes, and those that they do. */
export function gatherIncludes(
  text: string,
  filename: string,
  readText: ReadText,
): Readonly<Record<string, string>> {
  const files: Record<string, string> = {};
  const queue: (readonly [text: string, path: string])[] = [[text, filename]];
  for (const [current, path] of queue) {
    for (const name of includedBy(current)) {
      const at = pathOf(name, path);
      if (Object.hasOwn(files, at) || Object.keys(files).length >= maxFiles) continue;
      const read = readOrReason(at, readText);
      if (!read.ok) continue;
      files[at] = read.text;
      queue.push([read.text, at]);
    }
  }
  return files;
}

function includedBy(text: string): readonly string[] {
  if (!text.includes("include")) return [];
  const document = parseDocument(text, () => undefined);
  if (document === undefined || !isMap(document.contents)) return [];
  const tree = readTree(document, { report: () => undefined, base: 0 });
  return tree.kind === "branch" ? includeNames(tree).map(([name]) => name) : [];
}

function includeNames({ members }: Branch): readonly (readonly [string, Tree])[] {
  return itemsOf(members.get("include")?.value).flatMap((tree) =>
    tree.kind === "leaf" && typeof tree.value === "string" ? [[tree.value, tree] as const] : [],
  );
}

/** Paths are relative to the file that names them. */
function pathOf(name: string, from: string): string {
  return posix.isAbsolute(name) ? name : posix.join(posix.dirname(from), name);
}

/** A LiteLLM file with those that it includes. */
export interface ReadLitellm extends Translated {
  /** Where a character of the texts, which count on from one to the next, stands. */
  readonly origin: (offset: number) => Origin;
}

/** Where something stands in a LiteLLM file. */
export interface Origin {
  /** Characters before it in the file itself; of an included file: before its name there. */
  readonly offset: number;
  /** In the spelling of the file; undefined: not known. */
  readonly path: string | undefined;
  /** `models.yaml:3:5`, where it stands in an included file; else "". */
  readonly within: string;
}

/** Reads a LiteLLM file and puts it into our words. */
export function readLitellm(
  document: Document,
  text: string,
  inputs: LitellmInputs,
  catalog: Catalog,
  report: Report,
): ReadLitellm {
  const files = new Includes(text, inputs, report);
  const root = files.merged(document);
  const { env, lookUps, written = false } = inputs;
  const translated = translateLitellm(root, { catalog, env, lookUps, written });
  return { ...translated, origin: (offset) => files.origin(offset) };
}

/** What notes are to whoever loads a file: mistakes, and what is not honoured as it stands. */
export function findingsOf(notes: readonly Note[]): {
  readonly wrong: readonly Finding[];
  readonly warnings: readonly Finding[];
} {
  const finding = ({ at, message, hint = "" }: Note): Finding => ({
    path: at.path,
    offset: at.offset,
    message,
    hint,
    ruleId: "litellm",
  });
  return {
    wrong: notes.filter(({ kind }) => kind === "wrong").map(finding),
    warnings: notes
      .filter(({ kind }) => kind === "none" || kind === "changed" || kind === "unknown")
      .map(finding),
  };
}

/** Where an included text is, and where it is named. */
interface Included {
  readonly base: number;
  readonly text: string;
  readonly path: string;
  readonly namedAt: number;
}

class Includes {
  readonly #inputs: LitellmInputs;
  readonly #report: Report;
  readonly #included: Included[] = [];
  readonly #paths = new Map<number, string>();
  #end: number;

  constructor(text: string, inputs: LitellmInputs, report: Report) {
    this.#inputs = inputs;
    this.#report = report;
    this.#end = text.length;
  }

  /** The document with all that it includes: lists are joined, later values replace earlier ones. */
  merged(document: Document): Branch {
    let root = this.#read(document, 0);
    const queue = this.#named(root, this.#inputs.filename, 0);
    const seen = new Set<string>();
    for (const { path, tree, namedAt } of queue) {
      if (seen.has(path)) continue;
      seen.add(path);
      const text = this.#inputs.files[path];
      if (text === undefined) {
        this.#refuse(tree, "the file cannot be read", namedAt);
        continue;
      }
      const base = this.#end + 1;
      this.#end = base + text.length;
      this.#included.push({ base, text, path, namedAt });
      const shifted: Report = (finding) =>
        this.#report({ ...finding, offset: (finding.offset ?? 0) + base });
      const other = parseDocument(text, shifted);
      if (other === undefined || !isMap(other.contents)) continue;
      const branch = this.#read(other, base);
      appendAll(queue, this.#named(branch, path, namedAt));
      root = join(root, branch);
    }
    return root;
  }

  /** Where a character stands. */
  origin(offset: number): Origin {
    const path = this.#paths.get(offset);
    const file = this.#included.findLast(({ base }) => base <= offset);
    if (file === undefined) return { offset, path, within: "" };
    const before = file.text.slice(0, offset - file.base).split("\n");
    const column = (before.at(-1) ?? "").length + 1;
    return {
      offset: file.namedAt,
      path,
      within: `${file.path}:${before.length}:${column}`,
    };
  }

  #read(document: Document, base: number): Branch {
    const tree = readTree(document, { report: this.#report, base });
    this.#keep(tree);
    return tree.kind === "branch" ? tree : { kind: "branch", members: new Map(), at: tree.at };
  }

  /** Keeps the path of each place; where two are the same, the outer one. */
  #keep(tree: Tree): void {
    this.#place(tree.at);
    if (tree.kind === "series") for (const item of tree.items) this.#keep(item);
    if (tree.kind !== "branch") return;
    for (const { at, value } of tree.members.values()) {
      this.#place(at);
      this.#keep(value);
    }
  }

  #place({ offset, path }: Tree["at"]): void {
    if (path !== "" && !this.#paths.has(offset)) this.#paths.set(offset, path);
  }

  #named(branch: Branch, from: string, namedAt: number) {
    return includeNames(branch).map(([name, tree]) => ({
      path: pathOf(name, from),
      tree,
      namedAt: namedAt === 0 ? tree.at.offset : namedAt,
    }));
  }

  #refuse(tree: Tree, message: string, offset: number): void {
    const hint = "paths start at the folder of the file that names them";
    this.#report({ path: tree.at.path, offset, message, hint, ruleId: "litellm_include" });
  }
}

function join(one: Branch, other: Branch): Branch {
  const members = new Map<string, Member>(one.members);
  for (const [name, member] of other.members) {
    const earlier = members.get(name);
    const both = earlier?.value.kind === "series" && member.value.kind === "series";
    if (earlier === undefined || !both) {
      members.set(name, member);
      continue;
    }
    const items = [...itemsOf(earlier.value), ...itemsOf(member.value)];
    members.set(name, { ...earlier, value: { kind: "series", items, at: earlier.value.at } });
  }
  return { ...one, members };
}
