import { describe, expect, it } from "vitest";
import { readRetryAfter } from "../../../src/adapters/shared/retry-after.ts";

const date = "Mon, 30 Nov 2026 10:00:00 GMT";

describe("how long a server asks to wait", () => {
  const cases: readonly (readonly [
    title: string,
    headers: Readonly<Record<string, string>>,
    ms: number | undefined,
  ])[] = [
    ["nothing", {}, undefined],
    ["seconds", { "retry-after": "2" }, 2000],
    ["milliseconds, which are exact", { "retry-after": "2", "retry-after-ms": "1500" }, 1500],
    ["a moment", { "retry-after": "Mon, 30 Nov 2026 10:00:05 GMT", date }, 5000],
    [
      "the reset of a limit that is used up",
      { "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "6m0.5s" },
      360_500,
    ],
    [
      "no reset of a limit of which something is left",
      { "x-ratelimit-remaining-requests": "9", "x-ratelimit-reset-requests": "6m0s" },
      undefined,
    ],
    [
      "no reset where it does not say what is left",
      { "x-ratelimit-reset-requests": "6m0s" },
      undefined,
    ],
    [
      "the later reset of two",
      {
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-reset-requests": "120ms",
        "x-ratelimit-remaining-tokens": "0",
        "x-ratelimit-reset-tokens": "1h2m",
      },
      3_720_000,
    ],
    [
      "a reset as a moment, in another order of words",
      {
        "anthropic-ratelimit-input-tokens-remaining": "0",
        "anthropic-ratelimit-input-tokens-reset": "2026-11-30T10:00:30Z",
        date,
      },
      30_000,
    ],
    [
      "a reset that has passed",
      {
        "anthropic-ratelimit-requests-remaining": "0",
        "anthropic-ratelimit-requests-reset": "2026-11-30T09:00:30Z",
        date,
      },
      undefined,
    ],
    [
      "a moment without a date to count from",
      {
        "anthropic-ratelimit-requests-remaining": "0",
        "anthropic-ratelimit-requests-reset": "2026-11-30T10:00:30Z",
      },
      undefined,
    ],
    ["plain seconds", { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "12.5" }, 12_500],
    [
      "of a standard without a prefix",
      { "ratelimit-remaining": "0", "ratelimit-reset": "7" },
      7000,
    ],
    [
      "seconds since 1970",
      { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1796032830", date },
      30_000,
    ],
    [
      "milliseconds since 1970",
      { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1796032830000", date },
      30_000,
    ],
    [
      "what it says itself before any reset",
      { "retry-after": "1", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "60" },
      1000,
    ],
    ["nonsense", { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "soon" }, undefined],
  ];
  for (const [title, headers, ms] of cases)
    it(`is ${title}`, () => expect(readRetryAfter(headers)).toBe(ms));
});
