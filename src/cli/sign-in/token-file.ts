import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import type { SignInToken } from "../../core/caller/sign-in.ts";
import { isObject, type JsonObject, numberAt, parseJson, stringAt } from "../../json/json.ts";
import type { Shell } from "../shell.ts";
import { SignInError } from "./sign-in-error.ts";

/** Somebody who has signed in at a gateway. */
export interface KeptSignIn {
  readonly issuer: string;
  readonly clientId: string;
  /** "": the client is a public one. */
  readonly clientSecret: string;
  /** Which token of the issuer's `token` is. */
  readonly kind: SignInToken;
  readonly token: string;
  /** Until when the token holds, in milliseconds since 1970; 0: nobody says. */
  readonly expiresMs: number;
  /** Brings another token. "": there is none. */
  readonly refreshToken: string;
}

/** The file of those who have signed in, of one user of this machine. */
export interface TokenFile {
  readonly path: string;
  /** Undefined where nobody has signed in there. */
  read(gatewayUrl: string): KeptSignIn | undefined;
  write(gatewayUrl: string, signIn: KeptSignIn): void;
  /** Gives what was there. */
  remove(gatewayUrl: string): KeptSignIn | undefined;
}

/**
 * The file that tokens are kept in, under XDG_CONFIG_HOME, else ~/.config. Only its owner may read
 * it, and it is replaced as a whole.
 */
export function tokenFile({ XDG_CONFIG_HOME = "", HOME = homedir() }: Shell["env"]): TokenFile {
  const base = isAbsolute(XDG_CONFIG_HOME) ? XDG_CONFIG_HOME : join(HOME, ".config");
  const path = join(base, "parlance", "sign-in.json");
  return {
    path,
    read(gatewayUrl) {
      const kept = readGateways(path)[nameOf(gatewayUrl)];
      return isObject(kept) ? signInOf(kept) : undefined;
    },
    write(gatewayUrl, signIn) {
      replace(path, { ...readGateways(path), [nameOf(gatewayUrl)]: { ...signIn } });
    },
    remove(gatewayUrl) {
      const { [nameOf(gatewayUrl)]: kept, ...others } = readGateways(path);
      if (kept === undefined) return undefined;
      if (Object.keys(others).length === 0) rmSync(path);
      else replace(path, others);
      return isObject(kept) ? signInOf(kept) : undefined;
    },
  };
}

/** One gateway has one name, so that a token goes to no other. */
function nameOf(gatewayUrl: string): string {
  return (URL.parse(gatewayUrl)?.href ?? gatewayUrl).replace(/\/$/, "");
}

function readGateways(path: string): JsonObject {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (isMissing(error)) return {};
    throw new SignInError(`${path} cannot be read: ${String(error)}`, { cause: error });
  }
  const read = parseJson(text);
  if (read.ok && isObject(read.value) && isObject(read.value.gateways)) return read.value.gateways;
  throw new SignInError(`${path} is not as parlance login wrote it: delete it, and sign in again`);
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

function replace(path: string, gateways: JsonObject): void {
  const next = `${path}.${randomUUID()}`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(next, `${JSON.stringify({ gateways }, null, 2)}\n`, { mode: 0o600, flag: "wx" });
    renameSync(next, path);
  } catch (error) {
    throw new SignInError(`${path} cannot be written: ${String(error)}`, { cause: error });
  }
}

function signInOf(kept: JsonObject): KeptSignIn {
  const text = (member: string): string => stringAt(kept, member) ?? "";
  return {
    issuer: text("issuer"),
    clientId: text("clientId"),
    clientSecret: text("clientSecret"),
    kind: text("kind") === "id_token" ? "id_token" : "access_token",
    token: text("token"),
    expiresMs: numberAt(kept, "expiresMs") ?? 0,
    refreshToken: text("refreshToken"),
  };
}
