import type { Transport } from "@connectrpc/connect";
import { presentKey } from "../../composition/own-key.ts";
import { type CommandInput, textOption } from "../command.ts";
import { nonEmpty } from "../config-file.ts";
import type { Shell } from "../shell.ts";
import { signedInToken } from "../sign-in/signed-in-token.ts";

const usualUrl = "http://127.0.0.1:4000";

/** Where a command finds its gateway. */
export function gatewayUrl(shell: Shell, input: CommandInput): string {
  return textOption(input, "url") ?? nonEmpty(shell.env.PARLANCE_URL) ?? usualUrl;
}

/**
 * The way to a running gateway, by the options `url` and `key` of a command. Without a key it
 * calls as whoever has signed in there; throws SignInError where that has ended.
 */
export async function reachGateway(shell: Shell, input: CommandInput): Promise<Transport> {
  const baseUrl = gatewayUrl(shell, input);
  const key = keyOf(shell, input) ?? (await signedInToken(shell, baseUrl));
  return connectWith(baseUrl, key);
}

/** The key that a command presents; undefined where it has none. */
export function keyOf(shell: Shell, input: CommandInput): string | undefined {
  return textOption(input, "key") ?? nonEmpty(shell.env.PARLANCE_KEY);
}

/** The way to a gateway with a key or a token. */
export async function connectWith(baseUrl: string, key: string | undefined): Promise<Transport> {
  const { createConnectTransport } = await import("@connectrpc/connect-node");
  return createConnectTransport({
    baseUrl,
    httpVersion: "1.1",
    interceptors: [presentKey(() => key)],
  });
}
