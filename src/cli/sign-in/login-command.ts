import { createClient } from "@connectrpc/connect";
import { ModelService } from "../../../gen/parlance/admin/v1/model_service_pb.js";
import type { SignIn } from "../../core/caller/sign-in.ts";
import { describeFailure } from "../chat-client.ts";
import { type CommandInput, textOption } from "../command.ts";
import { nonEmpty } from "../config-file.ts";
import { connectWith, gatewayUrl } from "../running/running-gateway.ts";
import type { Shell } from "../shell.ts";
import { type DevicePrompt, revoke, signIn } from "./device-flow.ts";
import { readSignIns } from "./read-sign-ins.ts";
import { SignInError } from "./sign-in-error.ts";
import { tokenFile } from "./token-file.ts";

/** `parlance login`. */
export async function runLogin(shell: Shell, input: CommandInput): Promise<number> {
  const url = gatewayUrl(shell, input);
  try {
    const { clientId, issuer, scopes, token } = await chosen(url, input);
    const clientSecret = nonEmpty(shell.env.PARLANCE_CLIENT_SECRET) ?? "";
    const show = (prompt: DevicePrompt) => shell.stderr.write(printPrompt(prompt));
    const client = { issuer, clientId, clientSecret, kind: token };
    const kept = await signIn(client, scopes, { clock: shell.clock, show });
    // A token that the gateway does not take is said so now, and not with the next command.
    await createClient(ModelService, await connectWith(url, kept.token)).listModels({
      pageSize: 1,
    });
    const file = tokenFile(shell.env);
    file.write(url, kept);
    shell.stdout.write(`signed in at ${url} by ${issuer}; kept in ${file.path}\n`);
    return 0;
  } catch (error) {
    shell.stderr.write(`parlance login: ${describeFailure(error)}\n`);
    return 1;
  }
}

/** `parlance logout`. */
export async function runLogout(shell: Shell, input: CommandInput): Promise<number> {
  const url = gatewayUrl(shell, input);
  try {
    const kept = tokenFile(shell.env).remove(url);
    // What is not here any more is forgotten at the issuer too, where that can be reached.
    if (kept !== undefined) await revoke(kept).catch(() => undefined);
    shell.stdout.write(
      kept === undefined ? `nobody is signed in at ${url}\n` : `signed out of ${url}\n`,
    );
    return 0;
  } catch (error) {
    shell.stderr.write(`parlance logout: ${describeFailure(error)}\n`);
    return 1;
  }
}

function printPrompt({ url, code, urlWithCode }: DevicePrompt): string {
  const shortcut = urlWithCode === "" ? "" : `or open ${urlWithCode}\n`;
  const first = `open ${url} and enter the code ${code}\n`;
  return `${first}${shortcut}waiting until you have signed in ...\n`;
}

/** Whom to sign in at: as the options say, and for the rest as the gateway does. */
async function chosen(url: string, input: CommandInput): Promise<SignIn> {
  const [issuer, clientId] = [textOption(input, "issuer"), textOption(input, "client-id")];
  const idToken = input.values["id-token"] === true;
  const scopes = textOption(input, "scope")
    ?.split(/[ ,]+/)
    .filter((scope) => scope !== "");
  const own = {
    ...(clientId === undefined ? {} : { clientId }),
    ...(idToken ? { token: "id_token" as const } : {}),
    ...(scopes === undefined ? {} : { scopes }),
  };
  if (issuer !== undefined && clientId !== undefined)
    return { name: issuer, issuer, scopes: [], token: "access_token", ...own, clientId };
  const all = await readSignIns(url);
  const fitting = all.filter(
    (one) => issuer === undefined || [one.name, one.issuer].includes(issuer),
  );
  const [first, second] = fitting;
  if (first !== undefined && second === undefined) return { ...first, ...own };
  throw new SignInError(notOne(url, all, issuer));
}

function notOne(url: string, all: readonly SignIn[], issuer: string | undefined): string {
  const names = all.map(({ name }) => name).join(", ");
  if (all.length === 0)
    return `${url} names no issuer to sign in at (cli_client_id): write --issuer and --client-id`;
  return issuer === undefined
    ? `${url} has several issuers: write --issuer with one of ${names}`
    : `${issuer} is no issuer to sign in at: ${url} has ${names}`;
}
