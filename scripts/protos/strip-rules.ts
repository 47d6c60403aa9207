const token = /\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[\w.]+|./gy;
const rule = /^\(buf\.validate\./;

/**
 * The text of a .proto file without its `buf.validate` rules and their import. All else stays as it
 * is, comments too. A file without rules is returned unchanged.
 */
export function stripRules(text: string): string {
  const tokens = text.match(token) ?? [];
  const kept: string[] = [];
  let at = 0;
  while (at < tokens.length) {
    const end = endOfPart(tokens, at);
    const part = tokens.slice(at, end);
    const left = part[0] === "[" ? withoutRules(part) : isRuleStatement(part) ? "" : part.join("");
    if (left === "" && part.length > 0) dropBlanks(kept, part[0] === "[");
    if (left !== "") kept.push(left);
    at = end;
  }
  return kept.join("");
}

/** A list of options, an `option` or an `import` is one part; any other token is one by itself. */
function endOfPart(tokens: readonly string[], at: number): number {
  const first = tokens[at];
  if (first === "[") return endOf("]", tokens, at + 1) + 1;
  if (first === "option" || first === "import") return endOf(";", tokens, at + 1) + 1;
  return at + 1;
}

/** Where the mark stands that is inside of no brackets that open after `from`. */
function endOf(mark: string, tokens: readonly string[], from: number): number {
  let depth = 0;
  for (let at = from; at < tokens.length; at++) {
    const one = tokens[at];
    if (depth === 0 && one === mark) return at;
    if (one === "(" || one === "[" || one === "{") depth++;
    if (one === ")" || one === "]" || one === "}") depth--;
  }
  return tokens.length;
}

function isRuleStatement(part: readonly string[]): boolean {
  const [word, ...rest] = part.filter((one) => one.trim() !== "");
  if (word === "import") return rest.includes('"buf/validate/validate.proto"');
  return word === "option" && rule.test(rest.join(""));
}

/** A list of options without the rules; empty where it holds nothing else. */
function withoutRules(list: readonly string[]): string {
  const inner = list.slice(1, -1);
  const options: string[] = [];
  for (let at = 0; at < inner.length; ) {
    const end = endOf(",", inner, at);
    options.push(inner.slice(at, end).join("").trim());
    at = end + 1;
  }
  const kept = options.filter((option) => option !== "" && !rule.test(option.replace(/\s/g, "")));
  return kept.length === 0 ? "" : `[${kept.join(", ")}]`;
}

/** Removes the blanks in front of what was left out: a space, or what is left of its line. */
function dropBlanks(kept: string[], inLine: boolean): void {
  const last = kept.at(-1);
  if (last === undefined || last.trim() !== "") return;
  kept[kept.length - 1] = inLine ? "" : last.replace(/\n[^\n]*$/, "");
}
