import { clone, create } from "@bufbuild/protobuf";
import type { Duration } from "@bufbuild/protobuf/wkt";
import { type AwsOptions, AwsOptionsSchema } from "../../gen/parlance/config/v1/aws_options_pb.js";
import type { Config } from "../../gen/parlance/config/v1/config_pb.js";
import { type MediaFetch, MediaFetchSchema } from "../../gen/parlance/config/v1/media_fetch_pb.js";
import type { Provider, Timeouts } from "../../gen/parlance/config/v1/provider_pb.js";
import { ProviderSchema, TimeoutsSchema } from "../../gen/parlance/config/v1/provider_pb.js";
import {
  type Limits,
  LimitsSchema,
  type Server,
  ServerSchema,
} from "../../gen/parlance/config/v1/server_pb.js";
import {
  MemoryStateSchema,
  MemoryStoreSchema,
  StateSchema,
  StoreSchema,
} from "../../gen/parlance/config/v1/storage_pb.js";
import type { Catalog } from "../adapters/catalog/catalog.ts";
import { signedService } from "../adapters/catalog/catalog-row.ts";
import { variableValues } from "../adapters/catalog/row-variable.ts";
import type { Steps } from "../core/steps.ts";
import { durationOfSeconds } from "./duration-milliseconds.ts";
import { ownAddress } from "./providers/own-address.ts";

/** Server settings after defaults: nothing is left unset but TLS. */
export interface EffectiveServer extends Server {
  port: number;
  limits: EffectiveLimits;
  drainGrace: Duration;
  drainDelay: Duration;
}

/** Limits after defaults. */
export interface EffectiveLimits extends Limits {
  maxBodyBytes: number;
  maxHeaderBytes: number;
  headersTimeout: Duration;
  requestTimeout: Duration;
  idleTimeout: Duration;
  maxConcurrentStreams: number;
  sendTimeout: Duration;
  bodyMemoryBytes: number;
}

/** Timeouts after defaults: only the bound on the whole call may be missing. */
export interface EffectiveTimeouts extends Timeouts {
  connect: Duration;
  firstToken: Duration;
  idle: Duration;
}

/** How a provider's connections are shared out, after defaults. */
export interface EffectiveConnections {
  maxConnections: number;
  maxConnectionsPerKeyPercent: number;
}

/** How media are fetched, after defaults. */
export interface EffectiveMediaFetch extends MediaFetch {
  maxBytes: number;
  maxTotalBytes: number;
  timeout: Duration;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * A copy of the config in which every default that the proto files name is written out. This is the
 * one place of defaults. Shares the memory of what it does not change.
 */
export function* applyDefaults(config: Config, catalog: Catalog, env: Environment): Steps<Config> {
  const effective: Config = { ...config, providers: {}, models: [] };
  effective.server = serverDefaults(effective.server);
  if (effective.store?.kind.case === undefined) {
    effective.store = create(StoreSchema, {
      kind: { case: "memory", value: create(MemoryStoreSchema) },
    });
  }
  if (effective.state?.kind.case === undefined) {
    effective.state = create(StateSchema, {
      kind: { case: "memory", value: create(MemoryStateSchema) },
    });
  }
  effective.mediaFetch = mediaFetchDefaults(effective.mediaFetch);
  for (const [name, given] of Object.entries(config.providers)) {
    yield;
    const provider = clone(ProviderSchema, given);
    providerDefaults(provider, catalog, env);
    effective.providers[name] = provider;
  }
  for (const model of config.models) {
    yield;
    const targets = model.targets.map((target) => ({ ...target, weight: target.weight ?? 1 }));
    effective.models.push({ ...model, targets });
  }
  return effective;
}

/** The server settings with every default written out. */
export function serverDefaults(server: Server = create(ServerSchema)): EffectiveServer {
  return {
    ...server,
    host: server.host === "" ? "127.0.0.1" : server.host,
    port: server.port ?? 4000,
    limits: limitsDefaults(server.limits),
    drainGrace: server.drainGrace ?? durationOfSeconds(30),
    drainDelay: server.drainDelay ?? durationOfSeconds(5),
    workers: server.workers === "" ? "1" : server.workers,
  };
}

function limitsDefaults(limits: Limits = create(LimitsSchema)): EffectiveLimits {
  const maxBodyBytes = limits.maxBodyBytes ?? 64 * 1024 * 1024;
  return {
    ...limits,
    maxBodyBytes,
    maxHeaderBytes: limits.maxHeaderBytes ?? 64 * 1024,
    headersTimeout: limits.headersTimeout ?? durationOfSeconds(30),
    requestTimeout: limits.requestTimeout ?? durationOfSeconds(300),
    idleTimeout: limits.idleTimeout ?? durationOfSeconds(75),
    maxConcurrentStreams: limits.maxConcurrentStreams ?? 1000,
    sendTimeout: limits.sendTimeout ?? durationOfSeconds(30),
    bodyMemoryBytes: limits.bodyMemoryBytes ?? Math.max(512 * 1024 * 1024, maxBodyBytes),
  };
}

/** How media are fetched with every default written out. */
export function mediaFetchDefaults(
  media: MediaFetch = create(MediaFetchSchema),
): EffectiveMediaFetch {
  return {
    ...media,
    maxBytes: media.maxBytes ?? 20 * 1024 * 1024,
    maxTotalBytes: media.maxTotalBytes ?? 64 * 1024 * 1024,
    timeout: media.timeout ?? durationOfSeconds(10),
  };
}

/** The bounds on an upstream call with every default written out. */
export function timeoutsDefaults(timeouts: Timeouts = create(TimeoutsSchema)): EffectiveTimeouts {
  return {
    ...timeouts,
    connect: timeouts.connect ?? durationOfSeconds(10),
    firstToken: timeouts.firstToken ?? durationOfSeconds(600),
    idle: timeouts.idle ?? durationOfSeconds(120),
  };
}

/** The bounds on a provider's connections with every default written out. */
export function connectionsDefaults({
  maxConnections,
  maxConnectionsPerKeyPercent,
}: Provider): EffectiveConnections {
  return {
    maxConnections: maxConnections ?? 256,
    maxConnectionsPerKeyPercent: maxConnectionsPerKeyPercent ?? 50,
  };
}

function providerDefaults(provider: Provider, catalog: Catalog, env: Environment): void {
  const row = catalog.get(provider.kind);
  if (row !== undefined && signedService(row) !== undefined)
    provider.aws = awsDefaults(provider.aws, env);
  const variables = row?.variables ?? [];
  provider.variables = variableValues(variables, provider.variables, env, row?.baseUrl ?? null);
  if (provider.baseUrl === "") {
    provider.baseUrl = ownAddress(row?.baseUrl ?? "", variables, provider);
  }
  provider.timeouts = timeoutsDefaults(provider.timeouts);
  const { maxConnections, maxConnectionsPerKeyPercent } = connectionsDefaults(provider);
  provider.maxConnections = maxConnections;
  provider.maxConnectionsPerKeyPercent = maxConnectionsPerKeyPercent;
}

function awsDefaults(aws: AwsOptions = create(AwsOptionsSchema), env: Environment): AwsOptions {
  return { ...aws, region: aws.region === "" ? regionOf(env) : aws.region };
}

/** The region that the environment names, as AWS's own tools read it; "" where it names none. */
export function regionOf(env: Environment): string {
  return (
    [env.AWS_REGION, env.AWS_DEFAULT_REGION]
      .map((text) => (text ?? "").trim())
      .find((text) => text !== "") ?? ""
  );
}
