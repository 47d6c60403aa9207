/** Who made a model; "" where its name does not tell. */
export type Maker =
  | "anthropic"
  | "cohere"
  | "deepseek"
  | "google"
  | "meta"
  | "mistral"
  | "moonshot"
  | "openai"
  | "qwen"
  | "xai"
  | "zhipu"
  | "";

/** A model by its name, whichever vendor's spelling the name has. */
export interface ModelName {
  readonly maker: Maker;
  /** The line of models within the maker's, such as `opus`, `gpt`, `o`, `glm`; "" where unknown. */
  readonly line: string;
  /** Major times 100 plus minor: 4.5 is 405. 0: no version, or an unknown one. */
  readonly number: number;
  /** The words behind line and version, dates and all, joined by hyphens: `codex-max`. */
  readonly tail: string;
}

const UNKNOWN: ModelName = { maker: "", line: "", number: 0, tail: "" };

/** The longest name that is looked at; longer ones are of no vendor. */
const MAX_LENGTH = 512;

/**
 * Reads a model's name in any vendor's spelling: `openai/gpt-5.1`, `databricks-gpt-5-1`,
 * `us.anthropic.claude-sonnet-4-5-20250929-v1:0`, `claude-4-sonnet`,
 * `accounts/fireworks/models/glm-4p6`, `publishers/google/models/gemini-2.5-pro`, an ARN.
 */
export function parseModelName(model: string): ModelName {
  if (model.length > MAX_LENGTH) return UNKNOWN;
  const known = parsed.get(model);
  if (known !== undefined) return known;
  const found = readName(model);
  if (parsed.size >= MAX_PARSED) parsed.clear();
  parsed.set(model, found);
  return found;
}

/** Names that were read, for a gateway's calls name few models, and a name takes two microseconds. */
const parsed = new Map<string, ModelName>();

/** Callers choose the names, so that what is kept is bounded: by half a megabyte. */
const MAX_PARSED = 1000;

function readName(model: string): ModelName {
  const name = model.toLowerCase();
  for (const { maker, lines } of makers) {
    for (const pattern of lines) {
      const found = pattern.exec(name);
      if (found !== null) return maker === "anthropic" ? claudeName(found) : named(maker, found);
    }
  }
  return UNKNOWN;
}

/** Where a name may begin within a longer one. */
const START = "(?:^|[^a-z0-9])";
/** `4`, `4.5`, `4-5` and `4p5`; digits of a date or a size are no version. */
const VERSION =
  "(?<major>\\d{1,2})(?:(?:[.p]|-(?=\\d{1,2}(?![0-9a-z])))(?<minor>\\d{1,2}))?(?![0-9])";
const TAIL = "(?<tail>.*)$";

function line(start: string, version = `[-_.]?${VERSION}`): RegExp {
  return new RegExp(`${START}(?<line>${start})${version}${TAIL}`);
}

/** Patterns of each maker's names, the more particular first. */
const makers: readonly { readonly maker: Maker; readonly lines: readonly RegExp[] }[] = [
  { maker: "anthropic", lines: [new RegExp(`${START}claude(?<tail>[-_.@:/v].*|\\d.*)$`)] },
  { maker: "google", lines: [line("gemini"), line("gemini", "")] },
  {
    maker: "openai",
    lines: [
      line("gpt-oss", ""),
      new RegExp(`${START}(?:chat)?(?<line>gpt-4o)(?![a-z0-9])${TAIL}`),
      line("gpt"),
      // A name such as `marco-o1` is another maker's.
      new RegExp(`(?:^|[/:]|openai[-.])(?<line>o)(?<major>\\d)(?![a-z0-9])${TAIL}`),
      line("codex|computer-use|gpt-chat|gpt-audio", ""),
    ],
  },
  {
    maker: "deepseek",
    lines: [
      new RegExp(
        `deepseek[-./](?:ai/deepseek-|chat-)?(?<line>v|r)(?<major>\\d)(?:[.p-](?<minor>\\d))?(?!\\d)${TAIL}`,
      ),
      new RegExp(`deepseek-(?<line>chat|reasoner)${TAIL}`),
    ],
  },
  { maker: "xai", lines: [line("grok-code", ""), line("grok"), line("grok", "")] },
  { maker: "qwen", lines: [line("qwen"), line("qwen|qwq|qvq", "")] },
  { maker: "zhipu", lines: [line("glm")] },
  { maker: "moonshot", lines: [line("kimi-k", VERSION), line("kimi|moonshot", "")] },
  {
    maker: "cohere",
    lines: [line("command-[ra](?![a-z])", ""), line("command", "(?=-|$)")],
  },
  {
    maker: "meta",
    // Other makers name what they made of these models after both.
    lines: [
      new RegExp(
        `^(?!.*(?:nemotron|hermes|distill|cogito|tulu)).*${START}(?<line>llama)[-_]?v?${VERSION}${TAIL}`,
      ),
    ],
  },
  {
    maker: "mistral",
    lines: [
      line(
        "magistral|ministral|codestral|devstral|pixtral|voxtral|open-mixtral|mixtral|open-mistral",
        "",
      ),
      line("mistral-(?:small|medium|large|tiny|nemo|saba|7b|embed|ocr)", ""),
    ],
  },
];

function named(maker: Maker, { groups = {} }: RegExpExecArray): ModelName {
  return {
    maker,
    line: groups.line ?? "",
    number: numberOf(groups.major, groups.minor),
    tail: words(groups.tail ?? "").join("-"),
  };
}

/** `35` of a cloud that takes no dots is 3.5. */
function numberOf(major: string | undefined, minor: string | undefined): number {
  if (major === undefined) return 0;
  if (major === "35") return 305;
  return Number(major) * 100 + Number(minor ?? 0);
}

const claudeLine = /^(?:opus|sonnet|haiku|fable|mythos)$/;

/**
 * Numbers stand behind the line (`claude-sonnet-4-5-20250929`) or before it
 * (`claude-3-7-sonnet-20250219`). A date is not a version. The preview that has no number came
 * between 4.6 and 4.7 and takes what 4.6 takes.
 */
function claudeName({ groups = {} }: RegExpExecArray): ModelName {
  const all = words(groups.tail ?? "");
  const family = all.find((word) => claudeLine.test(word)) ?? "";
  const at = all.findIndex((word) => /^\d{1,2}$/.test(word));
  const rest = (from: number) =>
    all.filter((word, index) => index >= from && !claudeLine.test(word)).join("-");
  if (at === -1) {
    return {
      maker: "anthropic",
      line: family,
      number: family === "mythos" ? 406 : 0,
      tail: rest(0),
    };
  }
  const minor = all[at + 1] ?? "";
  const hasMinor = /^\d{1,2}$/.test(minor);
  const number = Number(all[at]) * 100 + (hasMinor ? Number(minor) : 0);
  return { maker: "anthropic", line: family, number, tail: rest(at + (hasMinor ? 2 : 1)) };
}

function words(text: string): readonly string[] {
  return text.split(/[-.@:_/ ]/).filter((word) => word !== "");
}
