import type { Alias } from "../../gen/parlance/config/v1/alias_pb.js";
import type { ExperimentUnit } from "../../gen/parlance/config/v1/experiment_pb.js";
import type { Guard } from "../../gen/parlance/config/v1/guard_pb.js";
import type { Key } from "../../gen/parlance/config/v1/key_pb.js";
import type { Rule } from "../../gen/parlance/config/v1/rule_pb.js";
import type { SinkOmission } from "../../gen/parlance/config/v1/sink_pb.js";
import type { AuthScheme, CatalogRow, ModelFamily } from "../adapters/catalog/catalog-row.ts";
import type { AddressList } from "../core/caller/address-list.ts";
import type { Tenant } from "../core/caller/tenant.ts";
import type { PriceRule } from "../core/money/price-rule.ts";
import type { Condition, CreateSubject } from "../core/rules/condition.ts";
import type { AttributeName } from "../core/rules/rule-attribute.ts";
import type { Target } from "../core/target/target.ts";
import type { AlertSettings, WebhookSettings } from "./alert-settings.ts";
import type { PrivacySettings } from "./content/privacy-settings.ts";
import type { FilledConfig, FilledModel, FilledProvider } from "./defaults.ts";
import type { EgressSettings } from "./egress/egress-settings.ts";
import type { GuardServiceSettings } from "./guard-service-settings.ts";
import type {
  AwsIdentity,
  BaseUrl,
  EntraTokenSource,
  GoogleIdentity,
  OAuth2Identity,
} from "./provider-identity.ts";
import type { RedisAddress } from "./redis-address.ts";
import type { SecretValue } from "./secret-value.ts";
import type {
  BigquerySettings,
  KafkaSettings,
  NatsSettings,
  ParquetSettings,
  S3Settings,
} from "./sink-settings.ts";
import type { CertificateWithKey, ClientTlsSettings } from "./tls/tls-settings.ts";
import type { TokenIssuer } from "./token-issuer.ts";

/**
 * The settings in force: the checked config as messages, and beside it what is compiled from it.
 * Deeply frozen. It is the runtime's only view of the configuration; a reload makes new settings
 * and swaps them in whole.
 */
export interface Settings {
  /** SHA-256 (lower-case hex) of the canonical `config`. */
  readonly hash: string;
  /**
   * The config with every default filled in. What is not listed below is read from here. Secrets
   * are redacted, and so is what may hold one (addresses, headers).
   */
  readonly config: FilledConfig;
  readonly auth: Auth;
  /** How many threads serve, from 1 to 64. */
  readonly workers: number;
  /** Present where the state is shared by a Redis. */
  readonly redis?: RedisAddress;
  /** Where the records of calls are sent to beside the store. */
  readonly sinks: readonly SinkSettings[];
  /** Who is told of what, and when. */
  readonly alerts: AlertSettings;
  /** Absent: no spans are made. */
  readonly tracing?: TracingSettings;
  /** Where the log is sent to, beside standard output. Absent: nowhere. */
  readonly logOtlp?: OtlpSettings;
  /** Where metrics are sent to. Absent: nowhere. */
  readonly metricsOtlp?: OtlpMetricsSettings;
  /** Where lasting records are kept. Absent: in memory, and nothing outlives the process. */
  readonly store?: StoreSettings;
  /** Encrypts stored answers in Redis: 32 bytes as hex digits. Absent: they are not encrypted. */
  readonly cacheEncryptionKey?: SecretValue;
  /** Encrypts credentials in the store: 32 bytes as hex digits. Absent: none can be kept there. */
  readonly storeEncryptionKey?: SecretValue;
  /** What encrypts stored content. Absent: none can be stored. */
  readonly privacy?: PrivacySettings;
  /** What of all this the store owns, and not the config. Absent: nothing. */
  readonly stored?: StoredNames;
  /** What the gateway may connect to. */
  readonly egress: EgressSettings;
  /** Present where the listener speaks TLS. */
  readonly tls?: CertificateWithKey;
  /** In the order of the file. */
  readonly keys: readonly CallerKey[];
  /** The teams of the config by name. */
  readonly teams: ReadonlyMap<string, Tenant>;
  /** What the config says of prices, in the order of the file. */
  readonly prices: readonly PriceRule[];
  /** Issuers whose tokens callers may send in place of a key. */
  readonly issuers: readonly TokenIssuer[];
  /** By provider name. */
  readonly providers: ReadonlyMap<string, ConfiguredProvider>;
  /**
   * By alias, in the order of the file; a name with a `*` is a pattern. `provider/model` names are
   * not listed: ask `resolve`.
   */
  readonly models: ReadonlyMap<string, ConfiguredModel>;
  /** Absent: there are none. */
  readonly rules?: ConfiguredRules;
  /** Checks of what callers and models say, in the order of the file. */
  readonly guards: readonly ConfiguredGuard[];
  /** Other names of models, in the order of the file; a name with a `*` is a pattern. */
  readonly aliases: ReadonlyMap<string, Alias>;
  /**
   * The model that a caller's name stands for: a name of `models` or `aliases` first, else
   * `provider/model` for any configured provider (the model part may contain
   * slashes), else the pattern of them that it fits, with what its `*` stands for in the
   * targets. Undefined when none fits, and for names with a `*`.
   */
  resolve(modelName: string): ConfiguredModel | undefined;
}

/** The names of what the store has added to a config. */
export interface StoredNames {
  readonly providers: ReadonlySet<string>;
  readonly models: ReadonlySet<string>;
  /** The last ones of `prices`, in their order. */
  readonly prices: ReadonlySet<string>;
}

/** A database for lasting records, compiled from `store`. */
export interface StoreSettings {
  readonly address:
    | { readonly kind: "sqlite"; readonly path: string }
    | { readonly kind: "postgres"; readonly url: SecretValue };
  /** Whether a gateway does not start while the database cannot be reached. */
  readonly refuseDown: boolean;
  readonly journal: JournalSettings;
}

/** Where the records of calls wait for the database. */
export interface JournalSettings {
  /** A folder. */
  readonly path: string;
  readonly maxBytes: number;
  /** Whether calls are refused while their records cannot be kept; else these are dropped. */
  readonly refuseFull: boolean;
  /** Whether calls are noted while they run. */
  readonly intents: boolean;
}

/** The rules of the config, in order. */
export interface ConfiguredRules {
  readonly rules: readonly ConfiguredRule[];
  readonly subjectOf: CreateSubject;
  /** The attributes that their conditions read. */
  readonly attributes: ReadonlySet<AttributeName>;
  /** The headers that they may read, in lower case. */
  readonly headers: readonly string[];
}

/** A guard of the config. */
export interface ConfiguredGuard {
  readonly settings: Guard;
  /** The same for as long as its settings are: 8 hex digits. */
  readonly version: string;
  /** The service that it asks. Absent: it looks by itself. */
  readonly service?: GuardServiceSettings;
}

/** A rule of the config, ready to be tried. */
export interface ConfiguredRule {
  readonly settings: Rule;
  readonly condition: Condition;
  /** Whether no other rule is tried where it holds. */
  readonly stops: boolean;
}

/** Who may call. */
export interface Auth {
  readonly adminKey?: SecretValue;
  /**
   * True when an admin key, any key or an issuer of tokens is configured: every call then needs
   * one.
   */
  readonly required: boolean;
}

/** A key of the config. */
export interface CallerKey {
  readonly settings: Key;
  /** Absent: its callers are known by their certificates alone. */
  readonly value?: SecretValue;
  /** The addresses that it may be used from. Absent: all. */
  readonly addresses?: AddressList;
}

/** What one model name stands for. */
export interface ConfiguredModel {
  readonly settings: FilledModel;
  /** At least one, with a positive sum of weights. */
  readonly targets: readonly WeightedTarget[];
  /** Splits its calls. Absent: they are not split. */
  readonly experiment?: ConfiguredExperiment;
  /** Gets copies of its calls. Absent: none are made. */
  readonly shadow?: ConfiguredShadow;
}

/** A model that gets copies of the calls to another. */
export interface ConfiguredShadow {
  /** The model whose calls are copied, or the pattern, as the file has it. */
  readonly of: string;
  /** The same for as long as nothing of the shadow changes. */
  readonly version: string;
  readonly model: string;
  /** How many calls are copied, above 0 and up to 100. */
  readonly percent: number;
  readonly maxConcurrent: number;
  readonly maxNanoUsdPerDay: bigint;
  /** How many copies a day may go to targets without known prices. */
  readonly maxUnpricedPerDay: number;
  readonly keepText: boolean;
}

/** An experiment of a model. */
export interface ConfiguredExperiment {
  readonly name: string;
  /** The same for as long as nothing of the experiment and of its model's targets changes. */
  readonly version: string;
  readonly unit: ExperimentUnit;
  /** What units are hashed with. */
  readonly salt: string;
  /** At least two, with shares that add up to 100 percent. */
  readonly arms: readonly ConfiguredArm[];
}

/** One of the ways in which an experiment has calls answered. */
export interface ConfiguredArm {
  readonly name: string;
  /** Its share of the units in hundredths of a percent, from 0 to 10000. */
  readonly share: number;
  /** Absent: the targets of the model. */
  readonly targets?: readonly WeightedTarget[];
}

/** A place where a model is served, with what the config says of the model there. */
export interface WeightedTarget extends Target {
  /** Share of the calls, relative to its siblings. 0 receives none. */
  readonly weight: number;
  /** Targets of a lower order are tried first. Absent: it comes after those with one. */
  readonly order?: number;
}

/** An upstream account at one vendor. */
export interface ConfiguredProvider {
  readonly name: string;
  readonly settings: FilledProvider;
  /** The vendor. */
  readonly row: CatalogRow;
  /** Where calls go. For `sim`, which makes no calls, a placeholder that never resolves. */
  readonly baseUrl: BaseUrl;
  /** Models that are served otherwise; the first that fits a model's name counts. */
  readonly families: readonly ConfiguredFamily[];
  /** Resolved credentials, used in turn. Empty when the provider needs none. */
  readonly credentials: readonly SecretValue[];
  /** How the credential travels. */
  readonly auth: AuthScheme;
  /** Static headers for every call; names in lower case. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** How TLS is spoken with it. Absent: as usual. */
  readonly tls?: ClientTlsSettings;
  /** How many of its connections one key may hold: all where there is one key or none. */
  readonly connectionsPerKey: number;
  /** Present when requests are signed for AWS. */
  readonly aws?: AwsIdentity;
  /** Present when the vendor is on Google Cloud. */
  readonly google?: GoogleIdentity;
  /** Present when a vendor on Azure is shown tokens instead of an API key. */
  readonly azure?: EntraTokenSource;
  /**
   * Present when a token of an OAuth 2.0 server travels as a bearer, or API keys are exchanged for
   * one.
   */
  readonly oauth2?: OAuth2Identity;
}

/** A family of a provider's models, and where calls for them go. */
export interface ConfiguredFamily extends Omit<ModelFamily, "baseUrl"> {
  readonly baseUrl: BaseUrl;
}

/** Where the records of calls are sent to. */
export interface SinkSettings {
  /** Unlike that of any other sink. */
  readonly name: string;
  /** Above 0, to 100. */
  readonly samplePercent: number;
  /** Whose calls are sent. Undefined: everybody's. */
  readonly only: SinkScopeSettings | undefined;
  readonly omit: readonly SinkOmission[];
  /** Where records wait on disk. Undefined: nowhere. */
  readonly spool: { readonly path: string; readonly maxBytes: number } | undefined;
  /** How many bytes of a prompt, and of an answer, it gets at most; 0: none. */
  readonly contentBytes: number;
  readonly to:
    | LangsmithSettings
    | LangfuseSettings
    | DatadogSettings
    | JsonlSettings
    | WebhookSettings
    | ClickhouseSettings
    | OtlpSinkSettings
    | ParquetSettings
    | S3Settings
    | BigquerySettings
    | KafkaSettings
    | NatsSettings;
}

/** Calls that are charged to one of these. */
export interface SinkScopeSettings {
  readonly organizations: ReadonlySet<string>;
  readonly teams: ReadonlySet<string>;
  readonly keys: ReadonlySet<string>;
}

/** A project of Langfuse. */
export interface LangfuseSettings {
  readonly kind: "langfuse";
  /** Where it is, without a slash at the end. */
  readonly url: string;
  readonly publicKey: SecretValue;
  readonly secretKey: SecretValue;
}

/** An account of Datadog. */
export interface DatadogSettings {
  readonly kind: "datadog";
  readonly apiKey: SecretValue;
  readonly service: string;
  readonly tags: readonly string[];
  /** Where logs are sent to. Undefined: none are. */
  readonly logsUrl: string | undefined;
  /** Where spans are sent to. Undefined: none are. */
  readonly spansUrl: string | undefined;
}

/** A project of LangSmith. */
export interface LangsmithSettings {
  readonly kind: "langsmith";
  /** Where its API is, without a slash at the end. */
  readonly url: string;
  readonly project: string;
  readonly apiKey: SecretValue;
}

/** Files of a folder, by day. */
export interface JsonlSettings {
  readonly kind: "jsonl";
  readonly dir: string;
}

/** A table of ClickHouse. */
export interface ClickhouseSettings {
  readonly kind: "clickhouse";
  readonly url: string;
  readonly database: string;
  readonly table: string;
  readonly user: string;
  readonly password: SecretValue | undefined;
}

/** A collector that takes OTLP. */
export interface OtlpSettings {
  /** With the path, where it is spoken to by HTTP. */
  readonly url: string;
  readonly protocol: "http" | "grpc";
  readonly headers: ReadonlyMap<string, SecretValue>;
  /** What is said of the gateway. */
  readonly resource: ReadonlyMap<string, string>;
}

/** A collector that takes calls as records of the log. */
export interface OtlpSinkSettings extends OtlpSettings {
  readonly kind: "otlp";
}

/** Where metrics are sent to. */
export interface OtlpMetricsSettings extends OtlpSettings {
  readonly intervalMs: number;
  /** What counts are of: all since the process started, or what came since they were sent before. */
  readonly temporality: "cumulative" | "delta";
}

/** Where the spans of calls are sent to. */
export interface TracingSettings extends OtlpSettings {
  /** From 0 to 100. */
  readonly samplePercent: number;
  /** From which duration on a call is slow, in milliseconds. */
  readonly slowMs: number;
  /** Whether vendors get a `traceparent` with the span of their attempt. */
  readonly propagate: boolean;
  /** How many bytes of a prompt, and of an answer, spans have at most; 0: none. */
  readonly contentBytes: number;
  /** The keys of the members of a baggage that spans have. */
  readonly baggage: ReadonlySet<string>;
}
