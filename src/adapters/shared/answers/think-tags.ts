import { type Maker, parseModelName } from "../../traits/model-name.ts";

/** Thinking that an answer begins with between tags, read piece by piece. Belongs to one answer. */
export interface ThinkTags {
  phase: "begin" | "opened" | "thinking" | "closed" | "said";
  /** What may be a part of a tag. */
  held: string;
}

/** What a piece of an answer holds; "" for none. */
export interface SplitText {
  readonly thought: string;
  readonly said: string;
}

const OPEN = "<think>";
const CLOSE = "</think>";

/** White space before the first tag, beyond which there is none. In UTF-16 units. */
const MAX_BLANK = 64;

/** Makers whose models think in a place of their own: tags in what they say are their words. */
const untagged: ReadonlySet<Maker> = new Set(["anthropic", "google", "openai", "xai"]);

/**
 * For answers of a model whose host may leave its thinking in the text, as Groq does with
 * `reasoning_format: "raw"` and servers of open models without a parser of reasoning do. Undefined:
 * the model has no such tags. See https://console.groq.com/docs/reasoning#reasoning-format,
 * https://inference-docs.cerebras.ai/capabilities/reasoning and
 * https://docs.vllm.ai/en/latest/features/reasoning_outputs.html (2026-11).
 */
export function createThinkTags(model: string): ThinkTags | undefined {
  return untagged.has(parseModelName(model).maker) ? undefined : { phase: "begin", held: "" };
}

/** Splits the next piece of an answer. White space beside tags is left out, as hosts do. */
export function splitThinking(tags: ThinkTags, piece: string): SplitText {
  if (tags.phase === "said") return { thought: "", said: piece };
  let text = tags.held + piece;
  tags.held = "";
  if (tags.phase === "begin") {
    const begun = text.trimStart();
    if (OPEN.startsWith(begun) && text.length - begun.length < MAX_BLANK) {
      tags.held = text;
      return nothing;
    }
    if (!begun.startsWith(OPEN)) return say(tags, text);
    tags.phase = "opened";
    text = begun.slice(OPEN.length);
  }
  return tags.phase === "closed" ? { thought: "", said: sayAfter(tags, text) } : think(tags, text);
}

/** What is left at the end of the answer. */
export function endThinking(tags: ThinkTags): SplitText {
  const { phase, held } = tags;
  tags.phase = "said";
  tags.held = "";
  return phase === "begin" ? { thought: "", said: held } : { thought: held, said: "" };
}

const nothing: SplitText = { thought: "", said: "" };

function say(tags: ThinkTags, said: string): SplitText {
  tags.phase = "said";
  return { thought: "", said };
}

function think(tags: ThinkTags, piece: string): SplitText {
  const text = tags.phase === "opened" ? piece.trimStart() : piece;
  if (text !== "") tags.phase = "thinking";
  const at = text.indexOf(CLOSE);
  if (at < 0) {
    const kept = text.length - beginningOfClose(text);
    tags.held = text.slice(kept);
    return { thought: text.slice(0, kept), said: "" };
  }
  tags.phase = "closed";
  const said = sayAfter(tags, text.slice(at + CLOSE.length));
  return { thought: text.slice(0, at), said };
}

/** The answer itself, from its first word on. */
function sayAfter(tags: ThinkTags, piece: string): string {
  const text = piece.trimStart();
  if (text !== "") tags.phase = "said";
  return text;
}

/** How many characters at the end of a text may begin the tag. */
function beginningOfClose(text: string): number {
  for (let length = Math.min(text.length, CLOSE.length - 1); length > 0; length -= 1)
    if (text.endsWith(CLOSE.slice(0, length))) return length;
  return 0;
}
