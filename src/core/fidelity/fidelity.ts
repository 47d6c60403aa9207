import type { DescMessage, Message } from "@bufbuild/protobuf";
import { FieldOutcome } from "../../../gen/parlance/call/v1/call_report_pb.js";
import type { OperationName } from "../operation.ts";
import { innerContent } from "./contract-fields.ts";
import { compileDeclines, type Decline } from "./declines.ts";
import type { FidelityTable, FieldFate, OutcomeWord } from "./fidelity-table.ts";

/** One operation's table, ready for use. */
export interface Fidelity {
  readonly dialect: string;
  readonly schema: DescMessage;
  readonly table: FidelityTable;
  /**
   * Looks for fields whose only fate is to be dropped or refused, and for extras of other dialects;
   * tells each that is set.
   */
  declines(message: Message, tell: (decline: Decline) => void): void;
}

/** The tables of a dialect by operation; token counts go by that of `chat`. */
export type DialectFidelity = Readonly<Partial<Record<OperationName, Fidelity>>>;

/**
 * Declares what becomes of the fields of an operation. Nothing is compiled before the first call.
 */
export function declareFidelity(
  dialect: string,
  schema: DescMessage,
  table: FidelityTable,
): Fidelity {
  let compiled: ReturnType<typeof compileDeclines> | undefined;
  return {
    dialect,
    schema,
    table,
    declines(message, tell) {
      compiled ??= compileDeclines(schema, table, dialect);
      compiled(message, tell);
    },
  };
}

/** One fate for several fields. */
export function each(fate: FieldFate, ...paths: readonly string[]): FidelityTable {
  return Object.fromEntries(paths.map((path) => [path, fate]));
}

/**
 * The row that speaks for a path of a report, such as `messages[2].parts[0].image.detail`.
 * Undefined: none does.
 */
export function fateOf(table: FidelityTable, path: string): FieldFate | undefined {
  const [named = ""] = path.split(/#|\["/, 1);
  const plain = named.replaceAll(/\[\d+\]/g, "[]");
  const inner = innerContent.exec(plain);
  if (inner === null) return rowOf(table, plain, 0);
  const own = rowOf(table, plain, inner.index + inner[0].length - 1);
  return own ?? fateOf(table, plain.replace(innerContent, "."));
}

/** The row of a path or of what it is in, down to a path of a length. */
function rowOf(table: FidelityTable, path: string, minLength: number): FieldFate | undefined {
  for (let rest = path; rest !== "" && rest.length >= minLength; rest = parentOf(rest)) {
    const fate = table[rest] ?? (rest.endsWith("[]") ? table[rest.slice(0, -2)] : undefined);
    if (fate !== undefined) return fate;
  }
  return undefined;
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf(".")));
}

/** The outcomes as tables write them, from the best to the worst. */
export const outcomes: readonly (readonly [word: OutcomeWord, outcome: FieldOutcome])[] = [
  ["forwarded", FieldOutcome.FORWARDED],
  ["mapped", FieldOutcome.MAPPED],
  ["emulated", FieldOutcome.EMULATED],
  ["clamped", FieldOutcome.CLAMPED],
  ["dropped", FieldOutcome.DROPPED],
  ["refused", FieldOutcome.REFUSED],
];

/** An outcome as tables write it. */
export function outcomeWord(outcome: FieldOutcome): OutcomeWord | undefined {
  return outcomes.find(([, known]) => known === outcome)?.[0];
}

/** Outcomes that lose a part of the request: `strict` refuses these. */
export function isLoss(outcome: FieldOutcome): boolean {
  return outcome === FieldOutcome.DROPPED || outcome === FieldOutcome.CLAMPED;
}
