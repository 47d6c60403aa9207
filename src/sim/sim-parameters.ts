import type { Decoded } from "../core/dialect.ts";
import { invalidField } from "../core/faults/fault.ts";

/** What a model name may carry after `?`. All are optional. */
export interface SimParameters {
  latencyMs?: number;
  timeToFirstTokenMs?: number;
  tokensPerSecond?: number;
  reply?: string;
  toolCalls?: number;
  cutAfterTokens?: number;
  malformedAfterTokens?: number;
  retryAfterMs?: number;
  every?: number;
  message?: string;
}

/**
 * Parses `latency=200ms&ttft=0.5s`, the part of a model name after `?`. Values are percent-encoded.
 * A name that is not known, a value out of its range and a repeated name are faults that name the
 * parameter and the known ones.
 */
export function parseParameters(query: string): Decoded<SimParameters> {
  const result: SimParameters = {};
  const seen = new Set<string>();
  for (const pair of query.split("&").filter((it) => it !== "")) {
    const at = pair.indexOf("=");
    const name = at < 0 ? pair : pair.slice(0, at);
    const parameter = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
    if (parameter === undefined) return refused(name, "is not a parameter of the simulator");
    if (seen.has(name)) return refused(name, "is given twice");
    seen.add(name);
    const value = percentDecoded(at < 0 ? "" : pair.slice(at + 1));
    if (value === undefined || !parameter.set(result, value))
      return refused(name, `is not ${parameter.range}`);
  }
  return { ok: true, value: result };
}

interface Parameter {
  /** What the value must be, to follow "is not". */
  readonly range: string;
  /** Whether the value is in the range; it is then set. */
  readonly set: (parameters: SimParameters, value: string) => boolean;
}

const DURATION = "a time such as 200ms, 1.5s or 2m, at most 10m";
const TEN_MINUTES_MS = 600_000;
const MAX_TOKENS = 1_000_000;

const parameters: Readonly<Record<string, Parameter>> = {
  latency: duration((to, ms) => {
    to.latencyMs = ms;
  }),
  ttft: duration((to, ms) => {
    to.timeToFirstTokenMs = ms;
  }),
  rate: number(false, MAX_TOKENS, (to, value) => {
    to.tokensPerSecond = value;
  }),
  reply: words((to, value) => {
    to.reply = value;
  }),
  tool_calls: number(true, 64, (to, value) => {
    to.toolCalls = value;
  }),
  cut_after: number(true, MAX_TOKENS, (to, value) => {
    to.cutAfterTokens = value;
  }),
  malformed_after: number(true, MAX_TOKENS, (to, value) => {
    to.malformedAfterTokens = value;
  }),
  retry_after: duration((to, ms) => {
    to.retryAfterMs = ms;
  }),
  every: number(true, MAX_TOKENS, (to, value) => {
    to.every = value;
  }),
  message: words((to, value) => {
    to.message = value;
  }),
};

function duration(assign: (to: SimParameters, ms: number) => void): Parameter {
  return {
    range: DURATION,
    set: (to, value) => {
      const match = /^(\d{1,9}(?:\.\d{1,9})?)(ms|s|m)$/.exec(value);
      const ms = Number(match?.[1]) * (match?.[2] === "m" ? 60_000 : match?.[2] === "s" ? 1000 : 1);
      if (!(ms <= TEN_MINUTES_MS)) return false;
      assign(to, ms);
      return true;
    },
  };
}

function number(
  whole: boolean,
  max: number,
  assign: (to: SimParameters, value: number) => void,
): Parameter {
  return {
    range: `a ${whole ? "whole " : ""}number from 0 to ${max}`,
    set: (to, value) => {
      const ok =
        (whole ? /^\d{1,9}$/ : /^\d{1,9}(\.\d{1,9})?$/).test(value) && Number(value) <= max;
      if (ok) assign(to, Number(value));
      return ok;
    },
  };
}

function words(assign: (to: SimParameters, value: string) => void): Parameter {
  return {
    range: "percent-encoded text",
    set: (to, value) => {
      assign(to, value);
      return true;
    },
  };
}

function percentDecoded(value: string): string | undefined {
  try {
    return decodeURIComponent(value);
  } catch {
    return undefined;
  }
}

function refused(name: string, why: string): Decoded<never> {
  const known = Object.keys(parameters).join(", ");
  return {
    ok: false,
    fault: invalidField("model", `parameter ${JSON.stringify(name)} ${why}; there are ${known}`),
  };
}
