import type { LogFormat } from "../../logging/call-line.ts";
import { type CommandInput, textOption } from "../command.ts";
import { configPath, nonEmpty } from "../config-file.ts";
import type { Shell } from "../shell.ts";

/** The settings of `parlance serve`, from its options and the environment. */
export interface ServeSettings {
  readonly config: string | undefined;
  readonly host: string | undefined;
  readonly port: number | undefined;
  readonly log: LogFormat | "none";
}

/** Reads the settings: options beat the environment. A message where one makes no sense. */
export function serveSettings(
  shell: Shell,
  input: CommandInput,
):
  | { readonly ok: true; readonly settings: ServeSettings }
  | { readonly ok: false; readonly message: string } {
  const portText = textOption(input, "port");
  const portSource = portText === undefined ? "PARLANCE_PORT" : "--port";
  const port = parsePort(portText ?? nonEmpty(shell.env.PARLANCE_PORT));
  if (port === null)
    return { ok: false, message: `${portSource} must be a whole number from 0 to 65535` };
  const log = textOption(input, "log") ?? (shell.stdout.isTerminal ? "text" : "json");
  if (log !== "json" && log !== "text" && log !== "none") {
    return { ok: false, message: "--log must be json, text or none" };
  }
  const host = textOption(input, "host") ?? nonEmpty(shell.env.PARLANCE_HOST);
  return { ok: true, settings: { config: configPath(shell, input), host, port, log } };
}

/** Undefined where no port is set, null where the text is not a port. */
function parsePort(text: string | undefined): number | undefined | null {
  if (text === undefined) return undefined;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  return port <= 65_535 ? port : null;
}
