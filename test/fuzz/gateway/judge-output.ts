/** What must never be printed or answered: credentials, and words of prompts. */
export interface Planted {
  /** Must be in no reply and in no line of output. */
  readonly secrets: readonly string[];
  /** Must be in no line of output; replies may repeat them. */
  readonly prompts: readonly string[];
}

const signs: readonly (readonly [what: string, pattern: RegExp])[] = [
  ["a bug", /\bbug: /],
  ["a stack trace", /^\s+at .+(:\d+:\d+|<anonymous>)\)?$/],
  [
    "an error that nobody caught",
    /^(Uncaught |Unhandled|.*\b(Range|Type|Syntax|Reference)Error\b)/,
  ],
  ["the end of the process", /FATAL ERROR|<--- Last few GCs|Segmentation fault|panic:/],
  ["a warning of node", /^\(node:\d+\) .*Warning/],
];

/** What is wrong with one line that the gateway printed; undefined for nothing. */
export function judgeLine(line: string, { secrets, prompts }: Planted): string | undefined {
  if (secrets.some((secret) => line.includes(secret))) return "a credential was printed";
  // A model is logged, also where its name is words.
  const said = line.replace(/"model":"(?:[^"\\]|\\.)*"/, "");
  if (prompts.some((prompt) => said.includes(prompt))) return "words of a prompt were printed";
  const sign = signs.find(([, pattern]) => pattern.test(line));
  return sign === undefined ? undefined : `${sign[0]} was printed`;
}
