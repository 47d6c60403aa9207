import { splitSource } from "./source-text.ts";

/** A file of the repository: its path from the root, with forward slashes, and its text. */
export interface RepositoryFile {
  readonly path: string;
  readonly text: string;
}

/** A house rule that a linter does not know. */
export interface HouseRule {
  readonly name: string;
  readonly applies: (path: string) => boolean;
  /** What is wrong with the file; empty when nothing is. */
  readonly find: (file: RepositoryFile) => readonly string[];
}

/** One breach of one rule. */
export interface Violation {
  readonly rule: string;
  readonly path: string;
  readonly detail: string;
}

/** Every breach of every rule, in the order of the files. */
export function findViolations(files: readonly RepositoryFile[]): Violation[] {
  return files.flatMap((file) =>
    houseRules
      .filter(({ applies }) => applies(file.path))
      .flatMap(({ name, find }) =>
        find(file).map((detail) => ({ rule: name, path: file.path, detail })),
      ),
  );
}

const typescript = (path: string) => path.endsWith(".ts");
const programs = new Set(["src/main.ts", "src/workers/worker.ts"]);

const source = (path: string) => typescript(path) && path.startsWith("src/");

const vendorName =
  /openai|anthropic|claude|gemini|vertex|bedrock|azure|mistral|groq|cohere(?!n)|ollama|deepseek|\bxai\b|openrouter|fireworks|perplexity|cerebras|huggingface|databricks/gi;

/**
 * Where vendors may be named. A file of LiteLLM names them, and so does who reads it; a guard that
 * asks a vendor's service is an adapter too, and so is who asks one that keeps secrets.
 */
const vendorPlaces = [
  "src/adapters/",
  "src/edge/rest/",
  "src/config/litellm/",
  "src/config/compile/guards/",
  "src/config/guard-service-settings.ts",
  "src/guards/services/",
  "src/secrets/",
  "src/config/references/",
  "src/config/compile/compile-secret-managers.ts",
  "src/config/compile/compile-key-service.ts",
];

/**
 * Names that contain a vendor's but are ours: the dialects, the kinds for servers that speak one,
 * and the settings of a cloud, whose identities and secrets are a matter of credentials and not of a
 * vendor.
 */
const ownNames =
  /(openai[-_]?(chat|completions|responses|compatible)|anthropic[-_]?(messages|compatible)|\bazure(_(options|credentials)|Secret)?\b|\bAZURE_[A-Z_]+\b|\b(compile)?AzureOptions(Schema)?\b|\bcompileAzure\b)/gi;

/**
 * A call that takes a list apart into its arguments, which all lie on the stack: a hundred thousand
 * overflow it. Not seen are calls of functions of our own, which take lists of their own.
 */
const spreadCall =
  /\.(?:push|unshift|splice|concat|apply)\((?:[^(){}[\]]|\([^()]*\)|\{[^{}]*\}|\[[^[\]]*\])*\.\.\.|\b(?:Math\.(?:max|min)|String\.from\w+)\(\s*\.\.\./g;

/**
 * A function that is assigned to a property as it stands. V8 takes it for a method of a prototype
 * and makes it in the old generation, where it outlives what it was made for, with all that it
 * refers to: given a name first, it is young. Not seen is one within an expression.
 */
const assignedFunction =
  /(?<=(?:^|[;{})]|=>|\belse)\s*)[\w$#]+(?:[!?]?\.#?\w+|\[[^\]\n]*\])+ (?:\?\?|\|\||&&)?= (?:async )?(?:function\b|\w+ =>|\((?:[^()]|\([^()]*\))*\)(?:: [^=;{}\n]+)? =>)/gm;

/**
 * Identifiers that say nothing of what they hold, or that have a standard word: `max` and `min` for
 * most and least, `request` for asked, `isPresent` for given. LEAST_BUSY is what users of other
 * gateways know as a strategy.
 */
const vagueName =
  /(?<![\w$])(?:told|given|asked|owed|blame|(?:most|least)[A-Z]\w*|(?:MOST|LEAST)_(?!BUSY\b)\w+)(?![\w$])/g;

/** The rules, by name. Each keeps one line of docs/decisions or of CONTRIBUTING.md true. */
export const houseRules: readonly HouseRule[] = [
  {
    name: "a file name says what is inside",
    applies: (path) => !path.startsWith("proto/vendor/"),
    find: ({ path }) =>
      path
        .split("/")
        .filter((part) => /^(utils?|helpers?|common|misc|manager|base)(\.[a-z.]+)?$/i.test(part)),
  },
  { name: "a source file has at most 400 lines", applies: source, find: longerThan(400) },
  {
    name: "a line of a source file has at most 100 columns",
    applies: source,
    find: ({ text }) => longLines(text),
  },
  {
    name: "a contract file has at most 300 lines",
    applies: (path) => path.startsWith("proto/parlance/"),
    find: longerThan(300),
  },
  {
    name: "a decision has fewer than 60 lines",
    applies: (path) => path.startsWith("docs/decisions/"),
    find: longerThan(59),
  },
  {
    name: "the architecture has at most 200 lines",
    applies: (path) => path === "ARCHITECTURE.md",
    find: longerThan(200),
  },
  {
    name: "only main.ts and workers touch the process and the console",
    applies: (path) => source(path) && !programs.has(path),
    find: matchesIn("bareCode", /\b(process\.\w+|console\.\w+)/g),
  },
  {
    name: "only json/json.ts parses JSON",
    applies: (path) => source(path) && path !== "src/json/json.ts",
    find: matchesIn("bareCode", /\bJSON\.parse\b/g),
  },
  {
    name: "a vendor is named only in its adapter, the catalog and the REST edge",
    applies: (path) => source(path) && !vendorPlaces.some((at) => path.startsWith(at)),
    find: ({ text }) => splitSource(text).code.replace(ownNames, "").match(vendorName) ?? [],
  },
  {
    name: "an identifier is none of told, given, asked, owed, blame, most... and least...",
    applies: source,
    find: matchesIn("bareCode", vagueName),
  },
  {
    name: "no list is spread into the arguments of a call",
    applies: source,
    find: matchesIn("bareCode", spreadCall),
  },
  {
    name: "a function has a name before it is assigned to a property",
    applies: source,
    find: matchesIn("bareCode", assignedFunction),
  },
  {
    name: "an export says what it promises",
    applies: source,
    find: ({ text }) => undocumentedExports(text),
  },
  {
    name: "no lint or type finding is suppressed",
    applies: typescript,
    find: matchesIn(
      "comments",
      /biome-ignore|@ts-(ignore|expect-error|nocheck)|\b(v8|c8|istanbul) ignore/g,
    ),
  },
  {
    name: "no test is skipped or focused",
    applies: (path) => typescript(path) && path.startsWith("test/"),
    find: matchesIn(
      "bareCode",
      /\b(it|test|describe|suite)\.(skip|only|todo|skipIf|runIf|fails)\b/g,
    ),
  },
  {
    name: "what is left to do is an issue",
    applies: (path) => typescript(path) || path.startsWith("proto/parlance/"),
    find: matchesIn("comments", /\b(TODO|FIXME|XXX)\b(?!\(#\d+\))/g),
  },
  {
    name: "the lockfile names no host",
    applies: (path) => path === "package-lock.json",
    find: ({ text }) => text.match(/"resolved": .*/g) ?? [],
  },
];

/**
 * Lines that are too long, but for those that cannot be broken: a text, or a regular expression.
 * What the formatter leaves longer is one of them.
 */
function longLines(text: string): string[] {
  return text
    .split("\n")
    .filter((line) => line.length > 100 && !/["'`/].{40,}["'`/]|https?:\/\/\S{40,}/.test(line));
}

function longerThan(limit: number): HouseRule["find"] {
  return ({ text }) => {
    const count = text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
    return count > limit ? [`${count} lines`] : [];
  };
}

function matchesIn(part: "code" | "bareCode" | "comments", pattern: RegExp): HouseRule["find"] {
  return ({ text }) => splitSource(text)[part].match(pattern) ?? [];
}

const exported =
  /(\*\/\n)?^export (?:async |abstract )*(?:const|function\*?|interface|type|class|let) (\w+).*/gm;

/**
 * The names exported without a doc comment. Of overloads, one comment is enough; lists of
 * re-exports need none.
 */
function undocumentedExports(text: string): string[] {
  const found = [...text.matchAll(exported)].map(([, comment, name = ""]) => ({
    documented: comment !== undefined,
    name,
  }));
  const documented = new Set(found.filter((one) => one.documented).map(({ name }) => name));
  return [...new Set(found.map(({ name }) => name))].filter((name) => !documented.has(name));
}
