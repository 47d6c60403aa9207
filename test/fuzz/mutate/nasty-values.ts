import type { Random } from "../random.ts";

const numbers = [
  "0",
  "-0",
  "-1",
  "1.5",
  "1e308",
  "1e309",
  "-1e999",
  "1e-400",
  "9007199254740993",
  "18446744073709551616",
  "4294967296",
  "-2147483649",
  "0.1000000000000000055511151231257827",
  "123456789012345678901234567890",
] as const;

const texts = [
  "",
  " ",
  "\u0000",
  "\u0000\u0001\u001f",
  "\u202e\u2066right to left",
  "\ufeffmark",
  "e\u0301\u0301\u0301\u0301",
  "\u{1f468}\u200d\u{1f469}\u200d\u{1f467}",
  "__proto__",
  "constructor",
  "toString",
  "../../etc/passwd",
  "..%2f..%2f",
  "a/b/c/d",
  "%00",
  "\r\nx-injected: 1",
  "data:image/png;base64,",
  "data:image/png;base64,AAAA",
  "data:;base64,!!!!",
  "data:text/html,<script>",
  "http://127.0.0.1:1/x.png",
  "http://169.254.169.254/latest/meta-data",
  "file:///etc/passwd",
  "gs://bucket/object",
  "AAAA",
  "AA=A",
  "====",
  "true",
  "null",
  "NaN",
  "{}",
  "[1,",
  '{"type":"object"}',
  "<script>alert(1)</script>",
  "auto",
  "none",
  "user",
  "assistant",
  "system",
  "tool",
  "developer",
  "ephemeral",
  "text",
  "image_url",
  "tool_result",
  "reasoning",
] as const;

/** Texts that JSON.stringify would not print so. */
const rawTexts = [
  '"\\ud800"',
  '"\\udc00\\ud800"',
  '"\\u0000"',
  '"\\/"',
  '"\ud83d"',
  '"a\\u"',
  '"\t"',
  '"\u007f"',
] as const;

const others = [
  "null",
  "true",
  "false",
  "[]",
  "{}",
  "[[]]",
  "[{}]",
  "[null]",
  '{"":{}}',
  '{"__proto__":{"a":1}}',
] as const;

/**
 * The text of a JSON value that programs do not expect; at most about `maxBytes` long. Some are no
 * JSON.
 */
export function nastyValue(random: Random, maxBytes = 4096): string {
  switch (random.int(9)) {
    case 0:
      return random.pick(numbers);
    case 1:
    case 2:
      return JSON.stringify(random.pick(texts));
    case 3:
      return random.pick(rawTexts);
    case 4:
      return JSON.stringify(
        random
          .pick(["x", "a ", "é", "\u{1f600}", "\\", '"', "\u0001", "-", "a-", "*"])
          .repeat(random.int(maxBytes / 8)),
      );
    case 5:
      return nest(random, random.pick([1, 8, 60, 511, 512, 513, Math.floor(maxBytes / 2)]));
    case 6:
      return wide(random, random.pick([2, 20, 200]), maxBytes);
    case 7:
      return "9".repeat(1 + random.int(random.pick([3, 20, 400])));
    default:
      return random.pick(others);
  }
}

function nest(random: Random, depth: number): string {
  const [open, close] = random.pick([
    ["[", "]"],
    ['{"a":', "}"],
    ['[{"a":', "}]"],
  ] as const);
  // Now and then it is not closed.
  return `${open.repeat(depth)}1${close.repeat(random.chance(0.9) ? depth : depth - 1)}`;
}

function wide(random: Random, count: number, maxBytes: number): string {
  const item = random.pick([
    "1",
    "null",
    '""',
    "{}",
    "[]",
    '{"type":"text","text":"a"}',
    '{"type":"x"}',
  ]);
  const items = Array.from(
    { length: Math.min(count, Math.floor(maxBytes / (item.length + 1))) },
    () => item,
  );
  if (random.chance(0.5)) return `[${items.join(",")}]`;
  const same = random.chance(0.5);
  return `{${items.map((each, at) => `"${same ? "a" : at}":${each}`).join(",")}}`;
}
