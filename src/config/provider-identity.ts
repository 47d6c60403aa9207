import type { SecretValue } from "./secret-value.ts";

/**
 * With what requests are signed for AWS, beside the region and the role that the config says. What
 * is absent the standard chain of credentials finds.
 */
export interface AwsIdentity {
  /** The service that requests are signed for. */
  readonly service: string;
  /** Present together with `secretAccessKey`. */
  readonly accessKeyId?: SecretValue;
  readonly secretAccessKey?: SecretValue;
  readonly sessionToken?: SecretValue;
  /** A profile of the shared configuration files. */
  readonly profile?: string;
}

/** Which project of Google Cloud is called, where, and as whom. */
export interface GoogleIdentity {
  /** The project's id; "" only where an API key is used. */
  readonly project: string;
  /** Such as `europe-west4`; `global` by default. */
  readonly location: string;
  /** Where tokens come from; absent where an API key or another token is used instead. */
  readonly tokens?: GoogleTokenSource;
}

/** Where tokens of Google come from. */
export type GoogleTokenSource = { readonly scope: string } & (
  | GoogleCredentialsFile
  | {
      /** The metadata server of the host. */ readonly kind: "metadata" /** Scheme, host and port. */;
      readonly origin: string;
    }
);

/** A credentials file of Google Cloud. */
export type GoogleCredentialsFile = {
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
export interface OAuth2Identity {
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
