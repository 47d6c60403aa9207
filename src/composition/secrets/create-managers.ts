import { createHash } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type { ManagerSettings } from "../../config/references/secret-manager-settings.ts";
import { createManagers, type Managers, type SignFor } from "../../secrets/managers.ts";
import type { Clock } from "../../upstream/call-clock.ts";
import { createUpstream, type Upstream } from "../../upstream/client.ts";
import { fetchEntraToken } from "../../upstream/credentials/credential-entra.ts";
import { createExpiringValue } from "../../upstream/credentials/expiring-value.ts";
import { createTokenSigning } from "../../upstream/credentials/token-signing.ts";
import { createCloudSigning } from "../signing.ts";

/** The world of a process, as services that keep secrets and keys see it. */
export interface ManagerWorld {
  /** Milliseconds since 1970. */
  readonly wallMs: () => number;
  /** A number from 0 up to but not including 1. */
  readonly random: () => number;
  /** Resolves after so many milliseconds. Default: by a timer. */
  readonly wait?: ((ms: number) => Promise<void>) | undefined;
  /** The time that bounds of requests go by. Default: that of the process. */
  readonly clock?: Clock | undefined;
}

/** Services that keep secrets and keys; nothing is opened before the first is asked. */
export function openManagers({ wallMs, random, ...world }: ManagerWorld): Managers {
  const sign: SignFor = (access, upstream) => signingFor(access, upstream, wallMs);
  return createManagers(
    {
      nowMs: wallMs,
      random,
      wait: world.wait ?? ((ms) => wait(ms)),
      openUpstream: (ca) =>
        createUpstream({
          connections: 8,
          ...(world.clock === undefined ? {} : { clock: world.clock }),
          ...(ca === "" ? {} : { tls: { ca } }),
        }),
      sign,
    },
    keyOf,
  );
}

function signingFor(
  access: Parameters<SignFor>[0],
  upstream: Upstream,
  nowMs: () => number,
): ReturnType<SignFor> {
  const name = `secret_managers.${access.kind}`;
  switch (access.kind) {
    case "aws": {
      const { settings, service, region } = access;
      const identity = { ...settings.identity, service };
      return createCloudSigning(name, { ...settings, identity, region }, upstream, nowMs);
    }
    case "google":
      return createCloudSigning(
        name,
        { kind: "google", tokens: access.settings.tokens },
        upstream,
        nowMs,
      );
    case "azure": {
      const source = { ...access.settings.tokens, scope: access.scope };
      const client = { provider: name, upstream, nowMs };
      const load = () => fetchEntraToken(source, client);
      return createTokenSigning([createExpiringValue(load, { now: nowMs })]);
    }
  }
}

/** A hash of settings with their secrets. */
function keyOf(settings: ManagerSettings): string {
  return createHash("sha256")
    .update(JSON.stringify(revealed(settings)))
    .digest("hex");
}

function revealed(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if ("reveal" in value && typeof value.reveal === "function") return value.reveal();
  return Object.entries(value).map(([name, member]) => [name, revealed(member)]);
}
