import type { DescMessage } from "@bufbuild/protobuf";
import { stringify } from "yaml";
import { TimeoutsSchema } from "../../gen/parlance/config/v1/provider_pb.js";
import { LimitsSchema, ServerSchema } from "../../gen/parlance/config/v1/server_pb.js";
import { selfSigned } from "../upstream/self-signed.ts";
import { subjects, vendorSecrets } from "./vendor/subjects.ts";

/** Keys of the gateway that is attacked. None may be in a reply or a line of output. */
export const callerKeys = {
  caller: "zq-caller-key-83d9c40e",
  limited: "zq-limited-key-1b7f20d6",
  admin: "zq-admin-key-77aa0c53",
} as const;

/** Words that stand in every prompt. None may be in a line of output. */
export const promptMark = "zq-words-of-a-prompt";

/** Everything that must stay where it is. */
export const planted = {
  secrets: [...Object.values(callerKeys), ...vendorSecrets],
  prompts: [promptMark],
};

/** Which gateway: `plain` speaks HTTP/1.1 and h2c, `tls` both over TLS. */
export type GatewayKind = "plain" | "tls";

/** Bounds of time, short enough to be waited for. */
export const bounds = {
  /**
   * `limits.headers_timeout`, `limits.request_timeout` and `limits.idle_timeout` of the gateway.
   */
  headersMs: 2000,
  requestMs: 4000,
  idleMs: 3000,
  /** `limits.send_timeout`: how long a client may take nothing. */
  sendMs: 2000,
  /** Of calls to a vendor: to the first content, between two pieces, and in all. */
  firstMs: 1000,
  pieceMs: 1000,
  totalMs: 4000,
} as const;

/** The settings of a message that this contract has. */
function known(
  message: DescMessage,
  settings: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const names = new Set(message.fields.map(({ name }) => name));
  return Object.fromEntries(Object.entries(settings).filter(([name]) => names.has(name)));
}

const seconds = (milliseconds: number): string => `${milliseconds / 1000}s`;

/** What a configuration is made of. */
export interface ConfigFacts {
  /** Where every vendor is. */
  readonly origin: string;
  readonly kind: GatewayKind;
  /** Files of the certificate and its key, for `tls`. */
  readonly tls: { readonly cert_file: string; readonly key_file: string };
  /** Makes one configuration differ from another. */
  readonly note?: string;
}

/** The certificate's files by their names. */
export const tlsFiles: Readonly<Record<string, string>> = {
  "cert.pem": selfSigned.cert,
  "key.pem": selfSigned.key,
};

/**
 * The configuration under attack. Providers named after subjects give up soon; those that begin
 * with `hold_` wait for hours, so that only the end of their caller ends a call. Keys come last: a
 * file that was cut has none.
 */
export function printConfig({ origin, kind, tls, note = "" }: ConfigFacts): string {
  const first = (time: string) => ({ first_byte: time, first_token: time });
  const timeouts = known(TimeoutsSchema, {
    connect: "2s",
    ...first(seconds(bounds.firstMs)),
    idle: seconds(bounds.pieceMs),
    total: seconds(bounds.totalMs),
  });
  const patient = known(TimeoutsSchema, { connect: "10s", ...first("3600s"), idle: "3600s" });
  const attacked = subjects.map(({ name, provider }) => [name, { ...provider(origin), timeouts }]);
  const held = subjects
    .filter(({ name }) => name === "openai_compatible" || name === "anthropic_compatible")
    .map(({ name, provider }) => [`hold_${name}`, { ...provider(origin), timeouts: patient }]);
  return stringify({
    server: {
      host: "127.0.0.1",
      port: 0,
      ...known(ServerSchema, { drain_grace: "1s", drain_delay: "0s" }),
      limits: known(LimitsSchema, {
        headers_timeout: seconds(bounds.headersMs),
        request_timeout: seconds(bounds.requestMs),
        idle_timeout: seconds(bounds.idleMs),
        send_timeout: seconds(bounds.sendMs),
      }),
      ...(kind === "tls" ? { tls } : {}),
    },
    auth: { admin_key: { value: callerKeys.admin } },
    models: [
      {
        name: "fast",
        description: `Quick answers ${note}`,
        targets: [{ model: "sim/echo" }],
        fallbacks: ["spare"],
      },
      { name: "spare", targets: [{ model: "sim/lorem-5" }] },
      { name: "shaky", targets: [{ model: "openai_compatible/shaky" }], fallbacks: ["fast"] },
    ],
    providers: { ...Object.fromEntries([...attacked, ...held]), sim: { kind: "sim" } },
    media_fetch: { timeout: "1s" },
    keys: [
      { name: "caller", value: { value: callerKeys.caller } },
      { name: "limited", value: { value: callerKeys.limited }, models: ["fast", "sim/echo"] },
    ],
  });
}
