import {
  KafkaKey,
  type KafkaSasl,
  KafkaSaslMechanism,
  type KafkaSink,
  type NatsSink,
} from "../../../../gen/parlance/config/v1/queue_sink_pb.js";
import { type ConfigScope, inField, problem } from "../../config-scope.ts";
import { resolveSecret } from "../../resolve-secret.ts";
import type {
  KafkaSaslSettings,
  KafkaSettings,
  NatsSettings,
  QueueTlsSettings,
} from "../../sink-settings.ts";
import { compileClientFiles } from "../../tls/compile-client-tls.ts";

/** A topic of Kafka; undefined after a report. */
export function compileKafka(sink: KafkaSink, scope: ConfigScope): KafkaSettings | undefined {
  const tls = compileClientFiles(sink.tls, inField(scope, "tls"));
  const sasl = compileSasl(sink.sasl, inField(scope, "sasl"));
  if (tls === "broken" || sasl === "broken") return undefined;
  const { brokers, topic, gzip } = sink;
  return { kind: "kafka", brokers, topic, key: keys[sink.key], tls, sasl, gzip };
}

const keys: Readonly<Record<KafkaKey, KafkaSettings["key"]>> = {
  [KafkaKey.UNSPECIFIED]: "call_id",
  [KafkaKey.CALL_ID]: "call_id",
  [KafkaKey.TEAM]: "team",
  [KafkaKey.KEY]: "key",
};

const mechanisms: Readonly<Record<KafkaSaslMechanism, KafkaSaslSettings["mechanism"]>> = {
  [KafkaSaslMechanism.UNSPECIFIED]: "SCRAM-SHA-512",
  [KafkaSaslMechanism.PLAIN]: "PLAIN",
  [KafkaSaslMechanism.SCRAM_SHA_256]: "SCRAM-SHA-256",
  [KafkaSaslMechanism.SCRAM_SHA_512]: "SCRAM-SHA-512",
};

/** A stream of NATS; undefined after a report. */
export function compileNats(sink: NatsSink, scope: ConfigScope): NatsSettings | undefined {
  const tls = compileClientFiles(sink.tls, inField(scope, "tls"));
  const { url, subject, stream, user } = sink;
  const others = ["credentials", "token", "user"].filter(
    (_, at) => [sink.credentials !== undefined, sink.token !== undefined, user !== ""][at],
  );
  if (others.length > 1)
    return problem(inField(scope, others[1] ?? ""), {
      message: `stands beside ${others[0]}`,
      hint: "leave one of them out",
      ruleId: "nats_credentials",
    });
  if (tls === "broken") return undefined;
  return {
    kind: "nats",
    servers: url.split(","),
    subject,
    stream,
    credentials: resolveSecret(sink.credentials, inField(scope, "credentials")),
    token: resolveSecret(sink.token, inField(scope, "token")),
    user,
    password: resolveSecret(sink.password, inField(scope, "password")),
    // The scheme alone says that TLS is wanted.
    tls: tls ?? (/(^|,)tls:/.test(url) ? systemTls : undefined),
  };
}

const systemTls: QueueTlsSettings = { ca: undefined, cert: undefined, key: undefined };

function compileSasl(
  sasl: KafkaSasl | undefined,
  scope: ConfigScope,
): KafkaSaslSettings | undefined | "broken" {
  if (sasl === undefined) return undefined;
  const password = resolveSecret(sasl.password, inField(scope, "password"));
  if (password === undefined) return "broken";
  return { mechanism: mechanisms[sasl.mechanism], username: sasl.username, password };
}
