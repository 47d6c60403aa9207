import { timestampDate, timestampFromMs } from "@bufbuild/protobuf/wkt";
import { createClient } from "@connectrpc/connect";
import { ConfigService } from "../../../gen/parlance/admin/v1/config_service_pb.js";
import type { LogLevelState } from "../../../gen/parlance/admin/v1/log_level_pb.js";
import { LogLevel } from "../../../gen/parlance/config/v1/log_pb.js";
import { describeFailure } from "../chat-client.ts";
import { type CommandInput, textOption } from "../command.ts";
import { suggestion } from "../parse-input.ts";
import type { Shell } from "../shell.ts";
import { parseTime } from "./parse-time.ts";
import { reachGateway } from "./running-gateway.ts";

/** The exit code for a command line that cannot be understood. */
const usageExitCode = 2;

const levels = {
  debug: LogLevel.DEBUG,
  info: LogLevel.INFO,
  warn: LogLevel.WARN,
  error: LogLevel.ERROR,
  off: LogLevel.OFF,
  config: LogLevel.UNSPECIFIED,
} as const;

/** `parlance log-level [LEVEL]`. */
export async function runLogLevel(shell: Shell, input: CommandInput): Promise<number> {
  const [name] = input.positionals;
  const time = textOption(input, "for");
  const mistake = mistakeIn(name, time);
  if (mistake !== undefined) {
    shell.stderr.write(`parlance log-level: ${mistake}\nRun: parlance log-level --help\n`);
    return usageExitCode;
  }
  try {
    const client = createClient(ConfigService, await reachGateway(shell, input));
    const forMs = parseTime(time ?? "");
    const { state } =
      name !== undefined && isLevel(name)
        ? await client.setLogLevel({
            level: levels[name],
            ...(forMs !== undefined && { until: timestampFromMs(shell.clock.nowMs() + forMs) }),
          })
        : await client.getLogLevel({});
    shell.stdout.write(`${stateText(state)}\n`);
    return 0;
  } catch (error) {
    shell.stderr.write(`parlance log-level: ${describeFailure(error)}\n`);
    return 1;
  }
}

function isLevel(name: string): name is keyof typeof levels {
  return Object.hasOwn(levels, name);
}

function mistakeIn(name: string | undefined, time: string | undefined): string | undefined {
  const names = Object.keys(levels);
  if (name !== undefined && !isLevel(name))
    return `unknown level ${name}${suggestion(name, names, "")}: use ${names.join(", ")}`;
  if (time === undefined) return undefined;
  if (name === undefined || name === "config") return "--for goes with a level";
  return parseTime(time) === undefined
    ? `--for ${time} is no time: write 90s, 30m, 2h or 3d`
    : undefined;
}

function stateText(state: LogLevelState | undefined): string {
  if (state === undefined) return "unknown";
  const { level, configuredLevel, until } = state;
  const [name, configured] = [level, configuredLevel].map((one) => LogLevel[one].toLowerCase());
  const when = until === undefined ? "" : ` until ${timestampDate(until).toISOString()}`;
  return level === configuredLevel ? `${name}${when}` : `${name}${when} (config: ${configured})`;
}
