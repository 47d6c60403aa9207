import type { Plan } from "../config/plan.ts";
import { product } from "../edge/product.ts";
import { modelRows } from "./model-rows.ts";

/** Models beyond these are counted, not listed. */
const maxListed = 12;

/**
 * What is printed when the gateway listens: where, for whom, which models it has, and one line to
 * try.
 */
export function printBanner(plan: Plan, url: string, configFile: string | undefined): string {
  const rows = modelRows(plan);
  const width = rows
    .slice(0, maxListed)
    .reduce((widest, { name }) => Math.max(widest, name.length), 0);
  const listed = rows
    .slice(0, maxListed)
    .map(({ name, targets }) => `  ${name.padEnd(width)}  ${targets.join(", ")}`);
  if (rows.length > maxListed)
    listed.push(`  and ${rows.length - maxListed} more: parlance models`);
  const access = plan.auth.required
    ? "callers need a key"
    : "open: no key is configured, anyone who reaches it may call";
  return `${product.name} ${product.version} listens on ${url}
config: ${configFile ?? "none, providers are those whose credential is in the environment"}
access: ${access}
models:
${listed.join("\n")}

try it:
  ${tryLine(plan, url)}

`;
}

/** One curl line that works as printed in a shell that has the gateway's environment. */
function tryLine(plan: Plan, url: string): string {
  const authorization = plan.auth.required ? ` -H "authorization: Bearer ${keyText(plan)}"` : "";
  const insecure = plan.server.tls === undefined ? "" : " -k";
  const body = JSON.stringify({
    model: tryModel(plan),
    messages: [{ role: "user", content: "Hello!" }],
  });
  const reachable = url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:");
  return `curl${insecure} ${reachable}/v1/chat/completions -H "content-type: application/json"${authorization} -d '${body.replaceAll("'", "'\\''")}'`;
}

/**
 * The simulator where it may be used, for it costs nothing and always answers; else the first name
 * of the config.
 */
function tryModel({ providers, models, keys, auth }: Plan): string {
  const allowed = auth.required && auth.adminKey === undefined ? keys[0]?.models : undefined;
  const may = (name: string) => allowed === undefined || allowed.size === 0 || allowed.has(name);
  const simulated = [...providers.values()]
    .filter(({ dialect }) => dialect === "sim")
    .map(({ name }) => `${name}/echo`);
  const [first = ""] = providers.keys();
  return (
    [...simulated, ...models.keys()].find(may) ?? allowed?.values().next().value ?? `${first}/MODEL`
  );
}

/** The key as a shell finds it; its text is never printed. */
function keyText({ config }: Plan): string {
  const [key] = config.keys;
  const source = (config.auth?.adminKey ?? key?.value)?.source;
  switch (source?.case) {
    case "env":
      return `$${source.value}`;
    case "file":
      return `$(cat '${source.value}')`;
    case "value":
    case undefined:
      return `<the ${config.auth?.adminKey === undefined ? `key ${key?.name}` : "admin key"}>`;
  }
}
