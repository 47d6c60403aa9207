import { Environment } from "@marcbachmann/cel-js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createConditions, isFault } from "../../../src/config/rules/compile-condition.ts";
import { isNode } from "../../../src/config/rules/expression-tree.ts";
import { compilePlain } from "../../../src/config/rules/plain-condition.ts";
import { createSubject } from "../../../src/config/rules/subject.ts";
import type { AttributeName, AttributeValue } from "../../../src/core/rules/rule-attribute.ts";

const flags = ["stream", "tools", "has_files", "reasoning"] as const;
const wholes = ["input_tokens", "message_count", "hour"] as const;
const texts = ["key", "team", "model"] as const;

const leaf = fc.oneof(
  fc.constantFrom(...flags).map((name) => `call.${name}`),
  fc
    .tuple(fc.constantFrom(...wholes), fc.constantFrom("==", "!=", "<", "<=", ">", ">="), fc.nat(3))
    .map(([name, op, value]) => `call.${name} ${op} ${value}`),
  fc
    .tuple(fc.constantFrom(...texts), fc.constantFrom("==", "!="), fc.constantFrom("", "a", "é"))
    .map(([name, op, value]) => `call.${name} ${op} "${value}"`),
);
const { condition } = fc.letrec<{ condition: string }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 3 },
    leaf,
    tie("condition").map((one) => `!(${one})`),
    fc
      .tuple(tie("condition"), fc.constantFrom("&&", "||"), tie("condition"))
      .map(([one, op, other]) => `(${one} ${op} ${other})`),
  ),
}));
const call = fc
  .tuple(
    fc.tuple(...flags.map(() => fc.boolean())),
    fc.tuple(...wholes.map(() => fc.bigInt({ min: -1n, max: 3n }))),
    fc.tuple(...texts.map(() => fc.constantFrom("", "a", "é"))),
  )
  .map((values) =>
    Object.fromEntries(
      [...flags, ...wholes, ...texts].map((name, at) => [name, values.flat()[at]]),
    ),
  );

const library = new Environment().registerVariable("call", "map");
const compile = createConditions(new Set());
const reading = (values: Readonly<Record<string, AttributeValue>>) =>
  createSubject((name: AttributeName) => values[name]);

function plainOf(expression: string) {
  const root: unknown = library.parse(expression).ast;
  return isNode(root) ? compilePlain(root) : undefined;
}

describe("a plain condition", () => {
  it("holds where the library of CEL says so", () => {
    fc.assert(
      fc.property(condition, call, (expression, values) => {
        expect(plainOf(expression)).toBeTypeOf("function");
        const compiled = compile(expression);
        if (isFault(compiled)) throw new Error(compiled.message);
        expect(compiled.holds(reading(values))).toBe(
          library.evaluate(expression, { call: values }),
        );
      }),
      { numRuns: 300 },
    );
  });

  for (const expression of [
    "call.max_tokens > 5",
    "call.temperature > 0.5",
    '"a" in call.tags',
    "call.input_tokens > call.message_count",
    "call.input_tokens + 1 > 5",
    'call.text.contains("a")',
    "call.stream ? call.tools : call.reasoning",
    '!call.stream && call.user.startsWith("a")',
    'call.key < "b"',
  ])
    it(`is not one that says ${expression}`, () => {
      expect(plainOf(expression)).toBeUndefined();
    });

  it("throws what reading an attribute throws", () => {
    const compiled = compile("!call.has_files && call.input_tokens > 5");
    if (isFault(compiled)) throw new Error(compiled.message);
    const unreadable = createSubject(() => {
      throw new Error("the request cannot be read");
    });
    expect(() => compiled.holds(unreadable)).toThrow("the request cannot be read");
  });
});
