import type { Finding } from "./finding.ts";
import type { FuzzPart } from "./fuzz-part.ts";
import { createWorld } from "./fuzz-world.ts";
import type { FuzzOptions } from "./options.ts";
import { casesOf, playPart } from "./play-part.ts";

/**
 * Plays the parts one after the other against the same gateways. Resolves with all that was found.
 */
export async function runFuzz(
  parts: readonly FuzzPart[],
  options: FuzzOptions,
  print: (line: string) => void,
): Promise<readonly Finding[]> {
  const world = await createWorld(options);
  const findings: Finding[] = [];
  try {
    for (const part of parts.filter(
      ({ name }) => options.only === undefined || name === options.only,
    )) {
      const cases = casesOf(part, options);
      const startMs = performance.now();
      const result = await playPart(part, cases, world);
      const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
      const cut = result.played < cases.length ? ` of ${cases.length}, then its time was up` : "";
      print(
        `${part.name}: ${result.played}${cut} ${part.title}, ${seconds} s, findings: ${result.findings.length}`,
      );
      for (const note of result.notes) print(`  ${note}`);
      findings.push(...result.findings);
    }
  } finally {
    await world.close();
  }
  return findings;
}
