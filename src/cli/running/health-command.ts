import { type CommandInput, textOption } from "../command.ts";
import { nonEmpty } from "../config-file.ts";
import type { Shell } from "../shell.ts";

/** How long a gateway may take to answer, in milliseconds; probes of containers give up after it. */
const timeoutMs = 2_500;

/**
 * `parlance health`: 0 where the gateway lives, or with `--ready` takes calls, else 1. Needs no
 * key.
 */
export async function runHealth(shell: Shell, input: CommandInput): Promise<number> {
  const { PARLANCE_URL, PARLANCE_PORT } = shell.env;
  const base =
    textOption(input, "url") ??
    nonEmpty(PARLANCE_URL) ??
    `http://127.0.0.1:${nonEmpty(PARLANCE_PORT) ?? "4000"}`;
  const url = `${base.replace(/\/+$/, "")}${input.values.ready === true ? "/readyz" : "/healthz"}`;
  try {
    const reply = await fetch(url, {
      redirect: "manual",
      signal: AbortSignal.timeout(timeoutMs),
    });
    await reply.body?.cancel();
    if (reply.ok) {
      shell.stdout.write(`${url} answers ${reply.status}\n`);
      return 0;
    }
    shell.stderr.write(`parlance health: ${url} answers ${reply.status}\n`);
  } catch (error) {
    shell.stderr.write(`parlance health: ${url}: ${whyNot(error)}\n`);
  }
  return 1;
}

/** The cause that fetch wraps, where there is one. */
function whyNot(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (!(error.cause instanceof Error)) return error.message;
  // A refusal by each address of a name comes without a message of its own.
  const code = "code" in error.cause ? String(error.cause.code) : "";
  return error.cause.message === "" ? code : error.cause.message;
}
