/** The samples of metrics in text: their values by name and labels as printed. */
export function readSamples(text: string): ReadonlyMap<string, number> {
  const samples = new Map<string, number>();
  for (const line of text.split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const [sample = ""] = line.split(" # ");
    const end = sample.lastIndexOf(" ");
    samples.set(sample.slice(0, end), Number(sample.slice(end + 1)));
  }
  return samples;
}

/** The sum of all samples of a name. */
export function sumOf(samples: ReadonlyMap<string, number>, name: string): number {
  let sum = 0;
  for (const [key, value] of samples) if (key === name || key.startsWith(`${name}{`)) sum += value;
  return sum;
}

/**
 * What a text in OpenMetrics 1.0 breaks of its rules:
 * https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md
 */
export function openMetricsFaults(text: string): readonly string[] {
  const seen = new Set<string>();
  const family: Family = { name: "", kind: "" };
  const faults = text.endsWith("\n# EOF\n") ? [] : ["does not end with # EOF and a line feed"];
  for (const line of text.trimEnd().split("\n").slice(0, -1)) {
    const [, word = "", name = "", rest = ""] = /^# (\w+) (\S+) (.+)$/.exec(line) ?? [];
    if (word === "HELP") Object.assign(family, { name, kind: "" });
    if (word === "HELP" && seen.has(name)) faults.push(`${name} comes twice`);
    seen.add(name);
    if (word === "TYPE") family.kind = rest;
    faults.push(
      ...(word === "" ? sampleFaults(line, family) : headFaults([word, name, rest], family)),
    );
  }
  return faults;
}

interface Family {
  name: string;
  kind: string;
}

function headFaults(
  [word, name, rest]: readonly [string, string, string],
  family: Family,
): readonly string[] {
  if (!/^(HELP|TYPE|UNIT)$/.test(word)) return [`${word} is no word of a head`];
  if (name !== family.name) return [`${word} of ${name} is out of place`];
  return word === "UNIT" && !name.endsWith(`_${rest}`) ? [`${name} lacks its unit`] : [];
}

const suffixes: Readonly<Record<string, readonly string[]>> = {
  counter: ["_total"],
  gauge: [""],
  info: ["_info"],
  histogram: ["_bucket", "_sum", "_count"],
};

const labels = String.raw`(?:\{\w+="(?:[^"\\\n]|\\[\\"n])*"(?:,\w+="(?:[^"\\\n]|\\[\\"n])*")*\})?`;
const number = String.raw`[+-]?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|Inf)`;
const sample = new RegExp(`^(\\w+)${labels} ${number}( # ${labels} ${number} \\d+\\.\\d{3})?$`);

function sampleFaults(line: string, family: Family): readonly string[] {
  const [, name = "", exemplar] = sample.exec(line) ?? [];
  if (name === "") return [`${line} is no sample`];
  const faults: string[] = [];
  const allowed = (suffixes[family.kind] ?? []).map((suffix) => `${family.name}${suffix}`);
  if (!allowed.includes(name)) faults.push(`${name} is none of ${family.kind} ${family.name}`);
  if (exemplar !== undefined && !name.endsWith("_bucket")) faults.push(`${line} has an exemplar`);
  return faults;
}
