import { Role } from "../../../gen/parlance/access/v1/access_pb.js";
import type {
  Identity,
  TokenIssuer as IssuerSettings,
  TokenMapping as MappingSettings,
} from "../../../gen/parlance/config/v1/identity_pb.js";
import { createClaimTest } from "../../core/caller/claims.ts";
import { createNameSet, isWildcard } from "../../core/names/name-pattern.ts";
import { createNameIndex } from "../../core/names/nearest-name.ts";
import { durationMs } from "../../core/time/duration-ms.ts";
import { type ConfigScope, inElement, inField, problem } from "../config-scope.ts";
import { resolveSecret } from "../resolve-secret.ts";
import type { TokenIssuer, TokenMapping } from "../token-issuer.ts";
import { isLoopback } from "./compile-server.ts";
import { readCertificates } from "./read-pem.ts";

/** What mappings may name. */
export interface Callers {
  readonly keys: readonly string[];
  readonly teams: readonly string[];
  /** Whether there are keys and teams elsewhere, so that others than these may be named. */
  readonly open: boolean;
}

/** What a skew of clocks is where the config says none, in milliseconds. */
const defaultSkewMs = 30_000;

/** Compiles the issuers whose tokens callers may send. `scope` is that of `identity`. */
export function compileIdentity(
  { shown, secrets }: Readonly<Record<"shown" | "secrets", Identity | undefined>>,
  callers: Callers,
  scope: ConfigScope,
): readonly TokenIssuer[] {
  const names = new Set<string>();
  const addresses = new Set<string>();
  const ofIssuers = inField(scope, "issuers");
  const known = { ...callers, nearest: nearestOf(callers) };
  return (shown?.issuers ?? []).map((settings, index) => {
    const at = inElement(ofIssuers, index);
    checkUnique(settings.name, names, inField(at, "name"));
    checkUnique(settings.issuer, addresses, inField(at, "issuer"));
    checkAddress(settings.issuer, inField(at, "issuer"));
    checkAddress(settings.jwksUrl, inField(at, "jwks_url"));
    const jwksToken = resolveSecret(secrets?.issuers[index]?.jwksToken, inField(at, "jwks_token"));
    return {
      ...compileIssuer(settings, at),
      mappings: settings.mappings.map((mapping, position) =>
        compileMapping(mapping, known, inElement(inField(at, "mappings"), position)),
      ),
      ...(jwksToken === undefined ? {} : { jwksToken }),
    };
  });
}

function compileIssuer(
  settings: IssuerSettings,
  scope: ConfigScope,
): Omit<TokenIssuer, "mappings" | "jwksToken"> {
  const { name, issuer, audiences, jwksUrl, clockSkew, userClaim, caFile } = settings;
  const ca = readCertificates(caFile, inField(scope, "ca_file"));
  return {
    name,
    issuer,
    audiences,
    ...(jwksUrl === "" ? {} : { jwksUrl }),
    clockSkewMs: clockSkew === undefined ? defaultSkewMs : durationMs(clockSkew),
    userClaim: (userClaim || "sub").split("."),
    ...(ca === undefined ? {} : { ca }),
    ...signInOf(settings, scope),
  };
}

/**
 * How people sign in by the command line. An ID token is made for the client, so that it is the one
 * to send where the client is an audience.
 */
function signInOf(
  { name, issuer, audiences, cliClientId, cliScopes }: IssuerSettings,
  scope: ConfigScope,
): Pick<TokenIssuer, "signIn"> {
  if (cliClientId === "") {
    if (cliScopes.length > 0)
      problem(inField(scope, "cli_scopes"), {
        message: "says nothing without cli_client_id",
        hint: "name the client that parlance login signs in as, or leave out the scopes",
        ruleId: "cli_scopes",
      });
    return {};
  }
  const token = audiences.includes(cliClientId) ? "id_token" : "access_token";
  return { signIn: { name, issuer, clientId: cliClientId, scopes: cliScopes, token } };
}

/** Finds names that were probably meant, of keys and of teams. */
type NearestName = Readonly<Record<"key" | "team", (name: string) => string | undefined>>;

function nearestOf({ keys, teams }: Callers): NearestName {
  return { key: createNameIndex(keys), team: createNameIndex(teams) };
}

function compileMapping(
  { claim, value, key, team, admin, models, role }: MappingSettings,
  callers: Callers & { readonly nearest: NearestName },
  scope: ConfigScope,
): TokenMapping {
  checkTest(claim, value, scope);
  if (key !== "" && team !== "")
    problem(inField(scope, "team"), {
      message: "says nothing beside key: the team is that of the key",
      hint: "leave out one of the two",
      ruleId: "token_mapping",
    });
  if (key !== "" && models.length > 0)
    problem(inField(scope, "models"), {
      message: "says nothing beside key: the models are those of the key",
      hint: "leave out one of the two",
      ruleId: "token_mapping",
    });
  checkRole({ key, team, admin, role }, scope);
  checkName("key", key, value, callers, scope);
  checkName("team", team, value, callers, scope);
  return {
    test: createClaimTest(claim, value),
    key,
    team,
    admin,
    role,
    ...(models.length === 0 ? {} : { models: createNameSet(models) }),
  };
}

/** A role that could never act, or that would be less than what the mapping gives. */
function checkRole(
  { key, team, admin, role }: Pick<MappingSettings, "key" | "team" | "admin" | "role">,
  scope: ConfigScope,
): void {
  if (role === Role.UNSPECIFIED) return;
  const why =
    key !== ""
      ? "says nothing beside key: the callers may do what the key may"
      : admin
        ? "says nothing beside admin: admins may do everything"
        : role === Role.TEAM_ADMIN && team === ""
          ? "is of a team, and the mapping has none"
          : "";
  if (why === "") return;
  const hint = "leave out one of the two, or write team beside TEAM_ADMIN";
  problem(inField(scope, "role"), { message: why, hint, ruleId: "token_mapping" });
}

function checkTest(claim: string, value: string, scope: ConfigScope): void {
  if (claim === "" && value !== "")
    problem(inField(scope, "claim"), {
      message: "is required where there is a value",
      hint: "name the claim that has it, such as groups",
      ruleId: "token_mapping",
    });
  if (value.indexOf("*") !== value.lastIndexOf("*"))
    problem(inField(scope, "value"), {
      message: "has more than one `*`",
      hint: "one `*` stands for any text",
      ruleId: "token_mapping",
    });
}

/** A key or a team that a mapping names must be there, unless its name comes from the claim. */
function checkName(
  kind: "key" | "team",
  name: string,
  value: string,
  { keys, teams, open, nearest }: Callers & { readonly nearest: NearestName },
  scope: ConfigScope,
): void {
  if (isWildcard(name)) {
    if (isWildcard(value)) return;
    problem(inField(scope, kind), {
      message: "has a `*` that nothing stands for",
      hint: "write a value with a `*`",
      ruleId: "token_mapping",
    });
    return;
  }
  const known = new Set(kind === "key" ? keys : teams);
  // Teams of free choice, as keys may name them.
  const free = open || (kind === "team" && known.size === 0);
  if (name === "" || free || known.has(name)) return;
  const near = nearest[kind](name);
  problem(inField(scope, kind), {
    message: `${JSON.stringify(name)} is none of the ${kind}s`,
    hint: near === undefined ? `add it to ${kind}s` : `did you mean ${JSON.stringify(near)}?`,
    ruleId: `unknown_${kind}`,
  });
}

function checkUnique(text: string, earlier: Set<string>, scope: ConfigScope): void {
  if (text !== "" && earlier.has(text))
    problem(scope, { message: "another issuer has it too", ruleId: "duplicate_issuer" });
  earlier.add(text);
}

/** Whoever could change what comes from these addresses could call as anybody. */
function checkAddress(address: string, scope: ConfigScope): void {
  if (address === "") return;
  const url = URL.parse(address);
  const safe =
    url?.protocol === "https:" || (url?.protocol === "http:" && isLoopback(url.hostname));
  if (safe && url?.username === "" && url.hash === "") return;
  problem(scope, {
    message: "must be an https address, or an http one of loopback",
    hint: "write it as the issuer does: https://login.example.com",
    ruleId: "issuer_address",
  });
}
