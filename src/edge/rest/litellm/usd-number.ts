import { parseUsd, printUsd } from "../../../core/facts/nano-usd.ts";
import { type RawJson, rawJson } from "../../../json/write.ts";

/** Nano-USD as a JSON number of US dollars, all of its digits as they are: 0.25, 20.0. */
export function usdNumber(nanoUsd: bigint): RawJson {
  const sign = nanoUsd < 0n ? "-" : "";
  const text = printUsd(nanoUsd < 0n ? -nanoUsd : nanoUsd);
  return rawJson(`${sign}${text.replace(/(\.\d)0$/, "$1")}`);
}

/** The amount of a budget as a JSON number. */
export function budgetNumber(usd: string): RawJson {
  return usdNumber(parseUsd(usd) ?? 0n);
}
