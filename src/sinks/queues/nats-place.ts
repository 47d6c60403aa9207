import type { Authenticator } from "@nats-io/transport-node";
import type { NatsSettings } from "../../config/sink-settings.ts";
import { callJson } from "../places/call-json.ts";
import type { Place } from "../sink.ts";
import { type QueueConnection, queuePlace } from "./queue-place.ts";
import { tlsOptions } from "./queue-tls.ts";

/** How long a connection may take, in milliseconds. */
const connectMs = 5_000;
/** How long a stream may take for a message, in milliseconds. */
const publishMs = 9_000;

/** A stream of JetStream: https://docs.nats.io/nats-concepts/jetstream */
export function natsPlace(settings: NatsSettings): Place {
  return queuePlace(() => connectNats(settings));
}

/** The client is loaded when it is first needed. */
async function connectNats(settings: NatsSettings): Promise<QueueConnection> {
  const { subject, stream, servers, tls } = settings;
  const [core, { jetstream }] = await Promise.all([
    import("@nats-io/transport-node"),
    import("@nats-io/jetstream"),
  ]);
  const connection = await core.connect({
    servers: [...servers],
    name: "parlance",
    // Whoever sends next connects anew.
    reconnect: false,
    timeout: connectMs,
    noAsyncTraces: true,
    authenticator: authenticators(settings, core),
    ...(tls && { tls: tlsOptions(tls) }),
  });
  const client = jetstream(connection);
  const options = { timeout: publishMs, ...(stream && { expect: { streamName: stream } }) };
  return {
    async publish(rows) {
      const sent = rows.map((row) =>
        client.publish(subject, callJson(row), { ...options, msgID: row.callId }).then(
          () => 0,
          (error: unknown) => (isTooLarge(error) ? 1 : Promise.reject(error)),
        ),
      );
      const refused = await Promise.all(sent);
      return refused.reduce<number>((sum, count) => sum + count, 0);
    },
    close: () => connection.close().catch(() => undefined),
  };
}

type Core = typeof import("@nats-io/transport-node");

function authenticators(
  { credentials, token, user, password }: NatsSettings,
  core: Core,
): Authenticator[] {
  const all: Authenticator[] = [];
  if (credentials !== undefined)
    all.push(core.credsAuthenticator(new TextEncoder().encode(credentials.reveal())));
  if (token !== undefined) all.push(core.tokenAuthenticator(token.reveal()));
  if (user !== "") all.push(core.usernamePasswordAuthenticator(user, password?.reveal()));
  return all;
}

/** The server's bound on a message, or the stream's. */
function isTooLarge(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return /max_payload|message size exceeds maximum/i.test(error.message);
}
