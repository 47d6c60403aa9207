import { describe, expect, it } from "vitest";
import { stripRules } from "../../../scripts/protos/strip-rules.ts";

const cases: readonly (readonly [title: string, text: string, expected: string])[] = [
  ["a rule alone", "string a = 1 [(buf.validate.field).string.max_bytes = 9];", "string a = 1;"],
  [
    "a rule with brackets of its own",
    "Role a = 1 [(buf.validate.field).enum = {\n  defined_only: true\n  not_in: [0, 1]\n}];\nint32 b = 2;",
    "Role a = 1;\nint32 b = 2;",
  ],
  [
    "a rule between other options",
    'bytes a = 1 [json_name = "b", (buf.validate.field).bytes = {max_len: 1, in: ["x", "]"]}, deprecated = true];',
    'bytes a = 1 [json_name = "b", deprecated = true];',
  ],
  [
    "a rule of a oneof",
    "  oneof a {\n    option (buf.validate.oneof).required = true;\n    int32 b = 1;\n  }",
    "  oneof a {\n    int32 b = 1;\n  }",
  ],
  [
    "a rule of a message",
    'message A {\n  option (buf.validate.message).cel = {id: "x;y"};\n  int32 b = 1;\n}',
    "message A {\n  int32 b = 1;\n}",
  ],
  [
    "the import of the rules",
    'package a;\n\nimport "buf/validate/validate.proto";\nimport "b/c.proto";\n',
    'package a;\n\nimport "b/c.proto";\n',
  ],
  ["a rule in odd spacing", "int32 a = 1 [ ( buf.validate.field ).int32.gt = 0 ];", "int32 a = 1;"],
];

const untouched: readonly (readonly [title: string, text: string])[] = [
  ["options of the file", 'option java_package = "a.b";\noption go_package = "a/b;b";\n'],
  [
    "options of others",
    "int32 a = 1 [(acme.field).string.max_bytes = 9];\noption (acme.x) = {a: [1]};",
  ],
  ["comments about rules", "// Not a rule: [(buf.validate.field).required = true];\nint32 a = 1;"],
  ["texts that look like a rule", 'option (a) = "[(buf.validate.field).required = true]";'],
  ["a field that is called option", "string option = 1;\nstring import = 2;\nreserved 3, 4 to 5;"],
];

describe("a contract without its rules", () => {
  for (const [title, text, expected] of cases)
    it(`lacks ${title}`, () => expect(stripRules(text)).toBe(expected));

  for (const [title, text] of untouched)
    it(`keeps ${title}`, () => expect(stripRules(text)).toBe(text));
});
