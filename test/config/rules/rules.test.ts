import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { loadConfig } from "../../../src/config/loading/load-config.ts";
import { printViolation } from "../../../src/config/violation.ts";

const head = `providers:
  near: { kind: openai_compatible, base_url: "http://127.0.0.1:8001/v1" }
models: [{ name: small, targets: [{ model: near/s }] }, { name: "any-*", targets: [{ model: near/t }] }]
rule_headers: [x-tenant]
rules:
`;

/** What is wrong with rules; their lines are counted from 1. */
function wrong(rules: string): readonly string[] {
  const text = head + rules;
  const result = loadConfig({ text, filename: "c.yaml" }, {}, () => "");
  if (result.ok) return [];
  return result.violations.map((violation) =>
    printViolation("c", { ...violation, line: violation.line - 5 }).slice(2),
  );
}

const rule = (when: string, more = "route: small") => `  - { name: r, when: '${when}', ${more} }`;

describe("conditions that are refused, with their place", () => {
  const cases: readonly [title: string, when: string, message: string][] = [
    [
      "a typing error",
      "call.^inptu_tokens < 2",
      "call has no attribute inptu_tokens (did you mean `call.input_tokens`?)",
    ],
    [
      "one in has()",
      "has(call.^temprature)",
      "call has no attribute temprature (did you mean `call.temperature`?)",
    ],
    [
      "an attribute without call",
      "!call.tools && ^input_tokens < 2",
      "unknown variable: input_tokens (did you mean call.input_tokens?)",
    ],
    ["types that do not compare", '^call.input_tokens < "a"', "no such overload: int < string"],
    [
      "numbers of two types",
      "^call.temperature == 1",
      "no such overload: double == int (numbers with a point and whole numbers differ: 1.0 and 1)",
    ],
    [
      "a number",
      "^call.input_tokens",
      "gives an int, not true or false (compare it, as in call.input_tokens < 200)",
    ],
    [
      "a text",
      "^call.text",
      "gives a string, not true or false (compare it, as in call.input_tokens < 200)",
    ],
    [
      "an expression that ends early",
      "call.tools &&^",
      "unexpected token: EOF (write && for and, || for or, ! for not, == for equal)",
    ],
    [
      "a word for an operator",
      "call.tools ^and call.stream",
      "unexpected character: 'd' (write && for and, || for or, ! for not, == for equal)",
    ],
    ["the whole call", "^call == call", "`call` alone is no value (read an attribute: call.NAME)"],
    [
      "a header that is not listed",
      'call.headers[^"x-team"] == "b"',
      "the header x-team is not among rule_headers (list it there)",
    ],
    [
      "a header in another case",
      '^"X-Tenant" in call.headers',
      "names of headers are in lower case (write x-tenant)",
    ],
    [
      "a function that is not there",
      'call.text.^startWith("a")',
      "there is no function startWith here (did you mean startsWith?)",
    ],
    ["a function that takes types away", "^dyn(call.tags) == 1", "there is no function dyn here"],
    [
      "a loop in a loop",
      "call.tags.exists(t, call.tool_names.^exists(n, n == t))",
      "goes through a list within a list (write two rules)",
    ],
    [
      "a pattern that refers back",
      'call.text.matches("(a)^\\\\1")',
      "references to groups cannot be done in linear time (patterns have the syntax of RE2)",
    ],
    [
      "a pattern that is broken",
      'call.text.matches("a^(b")',
      "a `(` without its `)` (patterns have the syntax of RE2)",
    ],
    [
      "a pattern that is computed",
      "call.text.matches(^call.user)",
      'a pattern must be written out (write call.text.matches("..."))',
    ],
    [
      "a time zone that is not there",
      'call.time.getHours(^"Mars") > 3',
      'there is no time zone Mars (write one such as "Europe/Berlin")',
    ],
    [
      "what never holds",
      "^call.tools && false",
      "never holds, whatever the call (take the rule out, or mend it)",
    ],
  ];
  for (const [title, marked, message] of cases)
    it(title, () => {
      const column = rule(marked).lastIndexOf("^") + 1;
      const [found = "", ...others] = wrong(rule(marked.replace("^", "")));
      expect(others).toEqual([]);
      expect(found.startsWith(`1:${column}: rules[0].when: ${message}`) ? "" : found).toBe("");
    });

  it("a condition that is too long", () => {
    expect(wrong(rule(`call.tools || ${"call.tools || ".repeat(160)}call.tools`))).toEqual([
      expect.stringContaining("rules[0].when: "),
    ]);
  });

  it("wherever they are in a text of YAML", () => {
    const words = fc.constantFrom(
      "call.tools",
      "!call.stream",
      "call.text == 'ü'",
      'call.user == "it\'s"',
    );
    const gap = fc.constantFrom(" && ", "\n && ", " &&\n\n ", "  &&  ");
    const condition = fc.array(fc.tuple(words, gap), { maxLength: 5 });
    const styles = fc.constantFrom("QUOTE_DOUBLE", "QUOTE_SINGLE", "PLAIN", "BLOCK_LITERAL");
    fc.assert(
      fc.property(
        condition,
        styles,
        fc.integer({ min: 20, max: 100 }),
        (parts, style, lineWidth) => {
          const when = `${parts.flat().join("")}call.lnguage == "x"`;
          const text = `${head}${stringify([{ name: "r", when, route: "small" }], { defaultStringType: style, lineWidth, defaultKeyType: "PLAIN" })}`;
          const result = loadConfig({ text, filename: "c" }, {}, () => "");
          if (result.ok) throw new Error("loaded");
          const [{ line, column } = { line: 0, column: 0 }] = result.violations;
          const rest = text
            .split("\n")
            .slice(line - 1)
            .join("\n")
            .slice(column - 1);
          // A line of a text in double quotes may end within a word.
          expect(rest.replaceAll(/\\\n\s*/g, "")).toMatch(/^lnguage/);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe("rules that are refused", () => {
  const cases: readonly [title: string, rules: string, found: string][] = [
    [
      "without an action",
      "  - { name: r, when: call.tools }",
      "1:5: rules[0]: does nothing (give it one of route, target, exclude, require_labels, set, cap, add_tags, refuse)",
    ],
    ["without a name", "  - { route: small }", "1:5: rules[0].name: "],
    [
      "with a name that is taken",
      `${rule("call.tools")}\n${rule("call.stream")}`,
      "2:13: rules[1].name: another rule has the name r (rename one)",
    ],
    [
      "that route nowhere",
      rule("call.tools", "route: smal"),
      "1:43: rules[0].route: there is no model smal (did you mean `small`?)",
    ],
    [
      "that route to a pattern",
      rule("call.tools", 'route: "any-*"'),
      "1:43: rules[0].route: is a pattern, and a call goes to one model (write the name of a model)",
    ],
    [
      "that pin a model",
      rule("call.tools", "target: small"),
      "1:44: rules[0].target: is no target (write route: small for a model of this file)",
    ],
    [
      "that pin at no provider",
      rule("call.tools", "target: nea/x"),
      "1:44: rules[0].target: there is no provider nea (did you mean `near`?)",
    ],
    [
      "that exclude no provider",
      rule("call.tools", "exclude: [neer]"),
      "1:46: rules[0].exclude[0]: there is no provider neer (did you mean `near`?)",
    ],
    [
      "that exclude what they pin",
      rule("call.tools", "target: near/s, exclude: [near/s]"),
      "1:62: rules[0].exclude[0]: is also the only target that the rule allows (take it out)",
    ],
    [
      "that refuse and do more",
      rule("call.tools", "refuse: n, route: small"),
      "1:54: rules[0].route: has no effect: the rule refuses the call (take out refuse or route)",
    ],
    [
      "that refuse and go on",
      rule("call.tools", "refuse: n, then: CONTINUE"),
      "1:53: rules[0].then: has no effect: the rule refuses the call (take it out)",
    ],
    [
      "that set nothing",
      rule("call.tools", "set: {}"),
      "1:36: rules[0].set: names no parameter (write one, such as { max_tokens: 500 })",
    ],
    [
      "that cap what they set",
      rule("call.tools", "set: { max_tokens: 1 }, cap: { max_tokens: 2 }"),
      "1:79: rules[0].cap.max_tokens: has no effect beside set (leave one of them out)",
    ],
    ["that refuse without words", rule("call.tools", 'refuse: ""'), "1:44: rules[0].refuse: "],
    [
      "behind one that holds for every call",
      "  - { name: a, route: small }\n  - { name: b, when: call.tools, refuse: n }",
      "2:22: rules[1].when: is never reached: the rule a before it holds for every call, and no rule is tried after it",
    ],
    [
      "behind a constant",
      "  - { name: a, when: call.tools || true, route: small }\n  - { name: b, refuse: n }",
      "2:5: rules[1].when: is never reached: the rule a before it holds for every call",
    ],
    [
      "with the condition of one before",
      `${rule("call.tools")}\n  - { name: b, when: (call.tools), refuse: n }`,
      "2:22: rules[1].when: is never reached: the rule r before it holds wherever this does",
    ],
    [
      "that ask for more than one before",
      `${rule("call.tools && 300 > call.input_tokens")}\n  - { name: b, when: call.input_tokens < 200 && call.stream && call.tools, refuse: n }`,
      "2:22: rules[1].when: is never reached: the rule r before it holds wherever this does",
    ],
  ];
  for (const [title, rules, expected] of cases)
    it(title, () => {
      const [found = "", ...others] = wrong(rules);
      expect(others).toEqual([]);
      expect(found.startsWith(expected) ? "" : found).toBe("");
    });

  it("to read headers with credentials", () => {
    for (const name of [
      "authorization",
      "cookie",
      "x-api-key",
      "api-key",
      "x-goog-api-key",
      "x-amz-security-token",
      "proxy-authorization",
      "x-auth-token",
    ]) {
      const text = `rule_headers: [${name}]`;
      const result = loadConfig({ text, filename: "c" }, {}, () => "");
      expect(result.ok ? [] : result.violations.map(({ ruleId }) => ruleId)).toEqual([
        "rule_header",
      ]);
    }
  });
});

describe("rules that are taken", () => {
  const cases: readonly [title: string, rules: string][] = [
    [
      "after one that goes on",
      `${rule("call.tools", "route: small, then: CONTINUE")}\n  - { name: b, when: call.tools, cap: { max_tokens: 5 } }`,
    ],
    [
      "where bounds leave some",
      `${rule("call.input_tokens < 200")}\n  - { name: b, when: call.input_tokens < 300, refuse: n }`,
    ],
    [
      "on tags that an earlier one may have added",
      `${rule('"x" in call.tags')}\n  - { name: a, add_tags: [x] }\n  - { name: b, when: '"x" in call.tags', refuse: n }`,
    ],
    ["that set 0", rule("call.tools", "set: { temperature: 0 }")],
    [
      "with every kind of condition",
      rule(
        'call.time > timestamp("2026-01-01T00:00:00Z") && call.time.getHours("Europe/Berlin") < 8 && call.tags.exists(t, t.startsWith("a")) && has(call.metadata.b) && call.metadata.b in ["x", "y"] && size(call.text) > 2 && call.text.matches("(?i)^(please|bitte)\\\\b.*[?!]$") && double(call.message_count) > 1.5 && call.modalities == ["text"] && (call.stream ? call.hour > 2 : call.weekday == 0)',
      ),
    ],
  ];
  for (const [title, rules] of cases) it(title, () => expect(wrong(rules)).toEqual([]));
});

describe("any text as a condition", () => {
  const words = fc.constantFrom(
    ...'call . text tools metadata headers [ ] ( ) { } && || ! ? : , == < > + - * / % in has( exists(t, map( matches( "a" \'b\' 1 2.5 1u 0x true null r"\\" b"x" """ time getHours( \\ @ # ü'.split(
      " ",
    ),
  );
  const texts = fc.oneof(
    fc.string({ unit: "grapheme", maxLength: 40 }),
    fc.array(words, { maxLength: 14 }).map((all) => all.join("")),
    fc.array(words, { maxLength: 14 }).map((all) => all.join(" ")),
  );

  it("is taken or refused, and never throws", () => {
    fc.assert(
      fc.property(texts, (when) => {
        const text = JSON.stringify({ rules: [{ name: "r", when, refuse: "n" }] });
        const result = loadConfig({ text, filename: "c" }, {}, () => "");
        if (!result.ok) expect(result.violations.length).toBeGreaterThan(0);
      }),
      { numRuns: 300 },
    );
  });

  it("may be nested as deep as it likes", () => {
    for (const when of [
      "(".repeat(2000),
      "!".repeat(2000),
      `${"[".repeat(900)}${"]".repeat(900)}`,
      `call.tools${" && call.tools".repeat(140)}`,
      "call.tools ? ".repeat(150),
    ]) {
      const text = JSON.stringify({ rules: [{ name: "r", when, refuse: "n" }] });
      const result = loadConfig({ text, filename: "c" }, {}, () => "");
      if (!result.ok) expect(result.violations[0]?.path).toMatch(/^rules\[0\]\.when/);
    }
  });
});
