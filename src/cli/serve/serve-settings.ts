import type { LogFormats } from "../../logging/gateway-log.ts";
import { type CommandInput, textOption } from "../command.ts";
import { configPath, nonEmpty } from "../config-file.ts";
import type { Shell } from "../shell.ts";

/** The settings of `parlance serve`, from its options and the environment. */
export interface ServeSettings {
  readonly config: string | undefined;
  readonly host: string | undefined;
  readonly port: number | undefined;
  /** Undefined: no log is written. */
  readonly log: LogFormats | undefined;
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
  const wanted = portText ?? nonEmpty(shell.env.PARLANCE_PORT);
  const port = parsePort(wanted);
  if (port === null) {
    // https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
    const hint = wanted?.startsWith("tcp://")
      ? "; Kubernetes sets it where a Service is named parlance: say enableServiceLinks: false in the pod"
      : "";
    return { ok: false, message: `${portSource} must be a whole number from 0 to 65535${hint}` };
  }
  const chosen = textOption(input, "log");
  if (chosen !== undefined && !isLogOption(chosen))
    return { ok: false, message: `--log must be ${Object.keys(logOptions).join(", ")}` };
  const usual = shell.stdout.isTerminal ? "pretty" : "json";
  const fixed = chosen === undefined ? undefined : logOptions[chosen];
  const log: LogFormats | undefined = fixed === "none" ? undefined : { fixed, usual };
  const host = textOption(input, "host") ?? nonEmpty(shell.env.PARLANCE_HOST);
  return { ok: true, settings: { config: configPath(shell, input), host, port, log } };
}

/** What may be said of the log; `text` is another name of `pretty`. */
const logOptions = { json: "json", pretty: "pretty", text: "pretty", none: "none" } as const;

function isLogOption(text: string): text is keyof typeof logOptions {
  return Object.hasOwn(logOptions, text);
}

/** Undefined where no port is set, null where the text is not a port. */
function parsePort(text: string | undefined): number | undefined | null {
  if (text === undefined) return undefined;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  return port <= 65_535 ? port : null;
}
