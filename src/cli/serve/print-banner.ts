import type { Settings } from "../../config/settings.ts";
import { createNameSet, isWildcard } from "../../core/names/name-pattern.ts";
import { product } from "../../edge/product.ts";
import { modelRows } from "../model-rows.ts";

/** Models beyond these are counted, not listed. */
const maxListed = 12;

/**
 * What is printed when the gateway listens: where, for whom, which models it has, and one line to
 * try.
 */
export function printBanner(
  settings: Settings,
  url: string,
  configFile: string | undefined,
): string {
  const rows = modelRows(settings);
  const width = rows
    .slice(0, maxListed)
    .reduce((widest, { name }) => Math.max(widest, name.length), 0);
  const listed = rows
    .slice(0, maxListed)
    .map(({ name, targets }) => `  ${name.padEnd(width)}  ${targets.join(", ")}`);
  if (rows.length > maxListed)
    listed.push(`  and ${rows.length - maxListed} more: parlance models`);
  const access = settings.auth.required
    ? "callers need a key"
    : "open: no key is configured, anyone who reaches it may call";
  return `${product.name} ${product.version} listens on ${url}
config: ${configFile ?? "none, providers are those whose credential is in the environment"}
access: ${access}
models:
${listed.join("\n")}

try it:
  ${tryLine(settings, url)}

`;
}

/** One curl line that works as printed in a shell that has the gateway's environment. */
function tryLine(settings: Settings, url: string): string {
  const authorization = settings.auth.required
    ? ` -H "authorization: Bearer ${keyText(settings)}"`
    : "";
  const insecure = settings.tls === undefined ? "" : " -k";
  const body = JSON.stringify({
    model: tryModel(settings),
    messages: [{ role: "user", content: "Hello!" }],
  });
  const reachable = url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:");
  return `curl${insecure} ${reachable}/v1/chat/completions -H "content-type: application/json"${authorization} -d '${body.replaceAll("'", "'\\''")}'`;
}

/**
 * The simulator where it may be used, for it costs nothing and always answers; else the first name
 * of the config.
 */
function tryModel({ providers, models, keys, auth }: Settings): string {
  const allowed =
    auth.required && auth.adminKey === undefined ? keys[0]?.settings.models : undefined;
  const may = (name: string) =>
    !isWildcard(name) &&
    (allowed === undefined || allowed.length === 0 || createNameSet(allowed).has(name));
  const simulated = [...providers.values()]
    .filter(({ row }) => row.dialect === "sim")
    .map(({ name }) => `${name}/echo`);
  const [first = ""] = providers.keys();
  return (
    [...simulated, ...models.keys()].find(may) ??
    allowed?.find((name) => !isWildcard(name)) ??
    `${first}/MODEL`
  );
}

/** The key as a shell finds it; its text is never printed. */
function keyText({ config }: Settings): string {
  const [key] = config.keys;
  const source = (config.auth?.adminKey ?? key?.value)?.source;
  switch (source?.case) {
    case "env":
      return `$${source.value}`;
    case "file":
      return `$(cat '${source.value}')`;
    case "value":
    case "vault":
    case "awsSecret":
    case "gcpSecret":
    case "azureSecret":
    case undefined:
      return `<${nameOfKey(config)}>`;
  }
}

/** Where neither is in the config, keys are in the store. */
function nameOfKey({ auth, keys: [key] }: Settings["config"]): string {
  if (auth?.adminKey !== undefined) return "the admin key";
  return key === undefined ? "a key of the store" : `the key ${key.name}`;
}
