import type { Transport } from "@connectrpc/connect";
import { presentKey } from "../../composition/own-key.ts";
import { type CommandInput, textOption } from "../command.ts";
import { nonEmpty } from "../config-file.ts";
import type { Shell } from "../shell.ts";

const usualUrl = "http://127.0.0.1:4000";

/** The way to a running gateway, by the options `url` and `key` of a command. */
export async function reachGateway(shell: Shell, input: CommandInput): Promise<Transport> {
  const key = textOption(input, "key") ?? nonEmpty(shell.env.PARLANCE_KEY);
  const { createConnectTransport } = await import("@connectrpc/connect-node");
  return createConnectTransport({
    baseUrl: textOption(input, "url") ?? nonEmpty(shell.env.PARLANCE_URL) ?? usualUrl,
    httpVersion: "1.1",
    interceptors: [presentKey(() => key)],
  });
}
