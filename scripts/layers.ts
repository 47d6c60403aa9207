/** What the files of one folder of `src` may import besides each other. */
export interface LayerRule {
  /** Other folders or files, from `src`; `gen` is the generated code. */
  readonly modules: readonly string[];
  /**
   * Packages by the name that is imported; a name that ends in `/**` also stands for its subpaths.
   */
  readonly packages: readonly string[];
  /** What the linter says to an import that is not allowed. */
  readonly message: string;
}

const settings = [
  "config/alert-settings.ts",
  "config/egress/egress-settings.ts",
  "config/egress/public-address.ts",
  "config/settings.ts",
  "config/guard-service-settings.ts",
  "config/sink-settings.ts",
  "config/content/privacy-settings.ts",
  "config/provider-identity.ts",
  "config/redis-address.ts",
  "config/secret-value.ts",
  "config/references/found-secret.ts",
  "config/references/key-service-settings.ts",
  "config/references/secret-manager-settings.ts",
  "config/references/secret-reference.ts",
  "config/tls/tls-settings.ts",
  "config/token-issuer.ts",
];
const state = [
  "state/state.ts",
  "state/rate-window.ts",
  "state/reserve/reservations.ts",
  "state/shared-entries.ts",
  "state/shared-tallies.ts",
  "state/redis/shared-redis.ts",
];
const texts = ["gen", "json", "events"];
const pure = ["node:buffer", "@bufbuild/protobuf", "@bufbuild/protobuf/**"];
const system = ["node:*", "node:*/**", "@bufbuild/protobuf", "@bufbuild/protobuf/**"];

/**
 * The folders of `src`, innermost first. The linter's rules in biome.json are generated from this
 * table, and a test plants an import of everything into every folder.
 */
export const layers: Readonly<Record<string, LayerRule>> = {
  json: {
    modules: [],
    packages: ["node:buffer"],
    message: "json/ imports nothing of this repository: it reads and edits JSON on bytes.",
  },
  events: {
    modules: ["gen", "json"],
    packages: pure,
    message:
      "events/ imports gen/ and json/ only: it takes answers apart into events and puts them together.",
  },
  core: {
    modules: texts,
    // For its checksum, which AWS's frames have.
    packages: [...pure, "node:zlib"],
    message:
      "core/ imports gen/, json/ and events/ only: it is the centre that everything else depends on.",
  },
  validation: {
    modules: [...texts, "core"],
    packages: [...pure, "node:module", "node:url", "@bufbuild/protovalidate"],
    message:
      "validation/ imports core/, gen/ and protovalidate only: it checks messages against the contract's rules.",
  },
  adapters: {
    modules: [...texts, "core"],
    packages: pure,
    message:
      "adapters/ are pure functions over core/, json/, events/ and gen/: no I/O, no clock, no other layer.",
  },
  policies: {
    modules: [...texts, "core", ...state, ...settings],
    packages: [...pure, "node:crypto", "@bufbuild/protovalidate"],
    message:
      "policies/ import core/, gen/ and the settings only: what they act through comes in as an argument.",
  },
  store: {
    modules: [...texts, "core", ...settings],
    packages: [...system, "kysely", "kysely/**", "pg"],
    message:
      "store/ imports core/, gen/ and the settings only: it keeps records and knows nothing of calls.",
  },
  sinks: {
    modules: [
      ...texts,
      "core",
      ...settings,
      "upstream/credentials/credential-sigv4.ts",
      "upstream/credentials/credential-sigv4-chain.ts",
      "upstream/credentials/credential-google.ts",
      "upstream/credentials/expiring-value.ts",
      "upstream/credentials/token.ts",
      "upstream/client.ts",
    ],
    packages: [
      ...system,
      "@connectrpc/connect",
      "@connectrpc/connect-node",
      "hyparquet-writer",
      "@nats-io/jetstream",
      "@nats-io/transport-node",
      "@platformatic/kafka",
    ],
    message:
      "sinks/ import core/, gen/, the settings, clients of warehouses and what signs for clouds only: they send what they are handed.",
  },
  guards: {
    modules: [...texts, "core", ...settings, "sinks/places/webhook-signature.ts"],
    packages: [...system, "undici", "ajv/dist/2020.js", "libphonenumber-js/max"],
    message:
      "guards/ import core/, gen/, json/, the settings, the signature of webhooks and what knows schemas and telephone numbers only: they look at texts and know no calls.",
  },
  privacy: {
    modules: [...texts, "core", ...settings, "config/stored/aes-gcm.ts"],
    packages: system,
    message:
      "privacy/ imports core/, gen/, json/, the settings and node only: it encrypts content and knows neither calls nor the store.",
  },
  state: {
    modules: [...texts, "core", ...settings, "config/stored/aes-gcm.ts"],
    packages: [...system, "ioredis", "lru-cache"],
    message:
      "state/ imports core/, gen/, the settings and what encrypts only: counters, locks and caches know nothing of calls.",
  },
  identity: {
    modules: [...texts, "core", ...settings],
    packages: [...system, "jose", "undici"],
    message:
      "identity/ imports core/, gen/, json/, the settings, jose and undici only: it says who sent a token.",
  },
  tokens: {
    modules: [...texts, "core"],
    packages: [...pure, "gpt-tokenizer/**", "eld/**"],
    message:
      "tokens/ imports core/, gen/, the tokenizer and the detector of languages only: it reads texts and knows no dialect.",
  },
  upstream: {
    modules: [...texts, "core", ...state, ...settings],
    packages: [
      ...system,
      "undici",
      "undici/lib/dispatcher/pool.js",
      "undici/lib/dispatcher/client.js",
      "ipaddr.js",
      "@smithy/signature-v4",
      "google-auth-library",
      "@aws-sdk/credential-providers",
    ],
    message:
      "upstream/ imports core/, gen/, the settings, undici, the clouds' credential libraries and node only: it moves bytes and knows no dialect.",
  },
  secrets: {
    modules: [
      ...texts,
      "core",
      ...settings,
      "privacy/master-key.ts",
      "upstream/client.ts",
      "upstream/credentials/expiring-value.ts",
      "upstream/credentials/request-signing.ts",
      "upstream/response.ts",
      "upstream/upstream-error.ts",
    ],
    packages: system,
    message:
      "secrets/ imports core/, gen/, json/, the settings, the port of master keys and what sends requests only: it asks services that keep secrets and keys.",
  },
  config: {
    modules: [...texts, "core", "validation", "adapters/catalog", "adapters/traits", ...settings],
    packages: [...system, "@bufbuild/protovalidate", "@marcbachmann/cel-js", "ipaddr.js", "yaml"],
    message:
      "config/ imports core/, validation/, gen/, the catalog and traits of models only: it makes the settings and runs nothing.",
  },
  observe: {
    modules: [
      ...texts,
      "core",
      ...settings,
      "sinks/batch-sink.ts",
      "sinks/otlp",
      "sinks/lazy-place.ts",
      "sinks/replaceable.ts",
      "sinks/sink.ts",
    ],
    packages: system,
    message:
      "observe/ imports core/, gen/, the settings and what sends batches only: it watches calls and never changes them.",
  },
  alerts: {
    modules: [
      ...texts,
      "core",
      ...state,
      ...settings,
      "sinks/batch-sink.ts",
      "sinks/places/post.ts",
      "sinks/places/webhook-place.ts",
      "sinks/replaceable.ts",
      "sinks/sink.ts",
    ],
    packages: [...system, "nodemailer"],
    message:
      "alerts/ import core/, gen/, the state, the settings, what sends batches and nodemailer only: they say what happened, and change nothing.",
  },
  sim: {
    modules: [...texts, "core", "adapters", "adapters/catalog", ...settings],
    packages: pure,
    message:
      "sim/ stands where an upstream would and imports core/, gen/, adapters/ and the settings only.",
  },
  edge: {
    modules: [
      ...texts,
      "core",
      "validation",
      "adapters",
      "adapters/catalog",
      ...state,
      ...settings,
    ],
    packages: [
      ...system,
      "@connectrpc/connect",
      "@connectrpc/connect/**",
      "@connectrpc/connect-node",
      "@connectrpc/connect-node/**",
      "@bufbuild/protovalidate",
      "ipaddr.js",
    ],
    message:
      "edge/ turns protocols into calls and imports core/, gen/, adapters/, the settings, connect and node only.",
  },
};

/**
 * Folders and files that put the others together: they may import all of them, but nothing else
 * imports them.
 */
export const outermost = {
  folders: ["composition", "logging", "workers", "cli"],
  files: [
    "gateway.ts",
    "configured-gateway.ts",
    "pipeline.ts",
    "library.ts",
    "serve.ts",
    "main.ts",
    "outputs.ts",
  ],
} as const;
