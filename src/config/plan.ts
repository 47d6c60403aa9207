import type { Config } from "../../gen/parlance/config/v1/config_pb.js";
import type { SimOptions } from "../../gen/parlance/config/v1/sim_options_pb.js";
import type {
  AuthScheme,
  CatalogDialect,
  CatalogRow,
  Operation,
  Quirks,
} from "../adapters/catalog/catalog-row.ts";
import type { ModelPlan } from "./model-plan.ts";
import type { ConnectionsPlan, TimeoutsPlan } from "./provider-bounds.ts";
import type { FamilyPlan } from "./providers/family-plan.ts";
import type { SecretValue } from "./secret-value.ts";

/**
 * The compiled configuration: checked, every default filled in, every secret
 * resolved, deeply frozen. It is the runtime's only view of the configuration;
 * a reload makes a new one and swaps it in whole.
 */
export interface Plan {
  /** SHA-256 (lower-case hex) of the canonical effective config, secrets left out. */
  readonly hash: string;
  readonly server: ServerPlan;
  readonly auth: AuthPlan;
  /** Undefined where nothing is to be fetched. */
  readonly mediaFetch: MediaFetchPlan | undefined;
  /** In the order of the file. */
  readonly keys: readonly KeyPlan[];
  /** By provider name. */
  readonly providers: ReadonlyMap<string, ProviderPlan>;
  /** By alias, in the order of the file. `provider/model` names are not listed: ask `resolve`. */
  readonly models: ReadonlyMap<string, ModelPlan>;
  /**
   * The model that a caller's name stands for: an alias of `models` first, else
   * `provider/model` for any configured provider (the model part may contain
   * slashes). Undefined when neither fits.
   */
  resolve(modelName: string): ModelPlan | undefined;
  /** The effective config with secrets redacted, for showing. */
  readonly config: Config;
}

/** The listener and its bounds. */
export interface ServerPlan {
  readonly host: string;
  /** 0 asks the system for a free port. */
  readonly port: number;
  readonly tls?: TlsPlan;
  readonly cors: { readonly allowedOrigins: readonly string[] };
  readonly limits: LimitsPlan;
  /** How long running calls may finish after a signal to stop. */
  readonly drainGraceMs: number;
  /** How long the port stays open after SIGTERM, to refuse new calls. */
  readonly drainDelayMs: number;
  /** Whether listening beyond loopback without any key was explicitly allowed. */
  readonly allowUnauthenticated: boolean;
  /** Threads that serve, from 1 to 64; not a number (NaN) where the setting is refused. */
  readonly workers: number;
}

/** The certificate and its key, both in PEM. */
export interface TlsPlan {
  readonly certificate: string;
  readonly key: SecretValue;
}

/** Bounds on what a client may send and how long it may take. */
export interface LimitsPlan {
  readonly maxBodyBytes: number;
  readonly maxHeaderBytes: number;
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly idleTimeoutMs: number;
  /** Per HTTP/2 connection. */
  readonly maxConcurrentStreams: number;
  /** How long a client may take nothing of what is sent to it. */
  readonly sendTimeoutMs: number;
  /** Of all request bodies that are held at a time. */
  readonly bodyMemoryBytes: number;
}

/** Who may call. */
export interface AuthPlan {
  readonly adminKey?: SecretValue;
  /** True when an admin key or any key is configured: every call then needs one. */
  readonly required: boolean;
}

/** How media are fetched for vendors that take only bytes. */
export interface MediaFetchPlan {
  /** Of one file. */
  readonly maxBytes: number;
  /** Of all files of a call. */
  readonly maxTotalBytes: number;
  /** For one file. */
  readonly timeoutMs: number;
  readonly allowPrivateAddresses: boolean;
  /** Names, addresses, and `*.` with a name. */
  readonly privateHosts: readonly string[];
}

/** A key of the config file. */
export interface KeyPlan {
  readonly name: string;
  readonly value: SecretValue;
  /** The model names it may call. Empty means all. */
  readonly models: ReadonlySet<string>;
  /** Its calls are refused where they would lose something. */
  readonly strict: boolean;
}

/** An upstream account at one vendor. */
export interface ProviderPlan {
  readonly name: string;
  /** The id of `row`. */
  readonly kind: string;
  readonly dialect: CatalogDialect;
  readonly row: CatalogRow;
  /** Where calls go. For `sim`, which makes no calls, a placeholder that never resolves. */
  readonly baseUrl: BaseUrl;
  /** Models that are served otherwise; the first that fits a model's name counts. */
  readonly families: readonly FamilyPlan[];
  /** Resolved credentials, used in turn. Empty when the provider needs none. */
  readonly credentials: readonly SecretValue[];
  readonly auth: AuthScheme;
  /** Static headers for every call; names in lower case. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly timeouts: TimeoutsPlan;
  readonly connections: ConnectionsPlan;
  readonly operations: ReadonlySet<Operation>;
  /** Those of the row. */
  readonly quirks: Partial<Quirks>;
  /**
   * What the vendor's requests carry and its address holds of the customer's own, by name; `region`
   * on AWS.
   */
  readonly variables: Readonly<Record<string, string>>;
  /** Present when requests are signed for AWS. */
  readonly aws?: AwsPlan;
  /** Present when the vendor is on Google Cloud. */
  readonly google?: GooglePlan;
  /** Present when the vendor is on Azure. */
  readonly azure?: AzurePlan;
  /**
   * Present when a token of an OAuth 2.0 server travels as a bearer, or API keys are exchanged for
   * one.
   */
  readonly oauth2?: OAuth2Plan;
  /** Present when the dialect is `sim`. */
  readonly sim?: SimOptions;
}

/** How requests are signed for AWS. What is absent the standard chain of credentials finds. */
export interface AwsPlan {
  readonly region: string;
  /** The service that requests are signed for. */
  readonly service: string;
  /** Present together with `secretAccessKey`. */
  readonly accessKeyId?: SecretValue;
  readonly secretAccessKey?: SecretValue;
  readonly sessionToken?: SecretValue;
  /** A profile of the shared configuration files. */
  readonly profile?: string;
  /** A role that is assumed with the credentials. */
  readonly roleArn?: string;
}

/** Which project of Google Cloud is called, where, and as whom. */
export interface GooglePlan {
  /** The project's id; "" only where an API key is used. */
  readonly project: string;
  /** Such as `europe-west4`; `global` by default. */
  readonly location: string;
  /** Where tokens come from; absent where an API key or another token is used instead. */
  readonly tokens?: GoogleTokenSource;
}

/** Where tokens of Google come from. */
export type GoogleTokenSource = { readonly scope: string } & (
  | GoogleCredentialsPlan
  | {
      /** The metadata server of the host. */ readonly kind: "metadata" /** Scheme, host and port. */;
      readonly origin: string;
    }
);

/** A credentials file of Google Cloud. */
export type GoogleCredentialsPlan = {
  /** The project that calls are counted for; "" for that of the identity. */
  readonly quotaProject: string;
} & (
  | {
      readonly kind: "service_account";
      readonly tokenUrl: BaseUrl;
      readonly email: string;
      /** "" where the file names none. */
      readonly keyId: string;
      /** In PEM. */
      readonly privateKey: SecretValue;
    }
  | {
      readonly kind: "authorized_user";
      readonly tokenUrl: BaseUrl;
      readonly clientId: string;
      readonly clientSecret: SecretValue;
      readonly refreshToken: SecretValue;
    }
  | {
      /** Stands for another identity. */ readonly kind: "federated" /** The whole file. */;
      readonly json: SecretValue;
    }
);

/** How a vendor on Azure is called, and as whom. */
export interface AzurePlan {
  /** "" where the vendor row's own is used. */
  readonly apiVersion: string;
  /** Where tokens come from; absent where an API key or another token is used instead. */
  readonly tokens?: EntraTokenSource;
}

/** Where tokens of Microsoft Entra ID come from. */
export type EntraTokenSource =
  | {
      readonly kind: "client_secret";
      readonly scope: string;
      /** Where the directory's tokens are issued. */
      readonly tokenUrl: BaseUrl;
      readonly clientId: string;
      readonly clientSecret: SecretValue;
    }
  | {
      readonly kind: "workload_identity";
      readonly scope: string;
      readonly tokenUrl: BaseUrl;
      readonly clientId: string;
      /** The file with the token of the cluster, which is read for each token. */
      readonly tokenFile: string;
    }
  | {
      readonly kind: "managed_identity";
      readonly scope: string;
      /** The identity that the user assigned; absent: the host's own. */
      readonly clientId?: string;
      /**
       * The endpoint of App Service and its like, and what it wants to be shown; absent: that of
       * virtual machines.
       */
      readonly service?: { readonly endpoint: BaseUrl; readonly header: SecretValue };
      /** Scheme, host and port of the instance metadata service. */
      readonly metadataOrigin: string;
    };

/** Where a token of OAuth 2.0 is fetched, and how. */
export interface OAuth2Plan {
  /** The path carries the query, if there is one. */
  readonly tokenUrl: BaseUrl;
  /** Who asks. */
  readonly grant:
    | {
        readonly kind: "client_credentials";
        readonly clientId: string;
        readonly clientSecret: SecretValue;
        /** Whether the client says who it is in the Authorization header, or in the body. */
        readonly authentication: "header" | "body";
        /** Name and value of what else is in the form: scope, audience and others. */
        readonly parameters: readonly (readonly [name: string, value: string])[];
      }
    | {
        /** Each API key of the provider is exchanged at IBM's IAM. */ readonly kind: "ibm_api_key";
      };
}

/** An upstream address, split as an HTTP client needs it. */
export interface BaseUrl {
  /** Scheme, host and port: `https://api.example.com`. */
  readonly origin: string;
  /** "" or a path that starts with a slash and does not end with one: `/v1`. */
  readonly path: string;
}
