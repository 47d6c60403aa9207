import type { KafkaSettings } from "../../config/sink-settings.ts";
import { callJson } from "../places/call-json.ts";
import type { Place, SinkRow } from "../sink.ts";
import { type QueueConnection, queuePlace } from "./queue-place.ts";
import { tlsOptions } from "./queue-tls.ts";

/** How long a connection may take, in milliseconds. */
const connectMs = 5_000;
/** How long a broker may take for a request, in milliseconds. */
const requestMs = 9_000;

/** A topic of Kafka: https://kafka.apache.org/documentation/#producerapi */
export function kafkaPlace(settings: KafkaSettings): Place {
  return queuePlace(() => connectKafka(settings));
}

/** The client is loaded when it is first needed. */
async function connectKafka(settings: KafkaSettings): Promise<QueueConnection> {
  const { brokers, tls, sasl, gzip, topic } = settings;
  const { ProduceAcks, Producer, stringSerializers } = await import("@platformatic/kafka");
  const producer = new Producer({
    clientId: "parlance",
    bootstrapBrokers: [...brokers],
    serializers: stringSerializers,
    acks: ProduceAcks.ALL,
    compression: gzip ? "gzip" : "none",
    autocreateTopics: false,
    // The sink tries again.
    retries: 0,
    connectTimeout: connectMs,
    requestTimeout: requestMs,
    timeout: requestMs,
    ...(tls && { tls: tlsOptions(tls) }),
    ...(sasl && {
      sasl: {
        mechanism: sasl.mechanism,
        username: sasl.username,
        password: sasl.password.reveal(),
      },
    }),
  });
  producer.on("error", () => undefined);
  type Message = Parameters<typeof producer.send>[0]["messages"][number];
  /** What is too large for one request is sent in halves, down to a message that is by itself. */
  const sendAll = async (messages: Message[]): Promise<number> => {
    try {
      await producer.send({ messages });
      return 0;
    } catch (error) {
      if (!isTooLarge(error)) throw error;
      if (messages.length <= 1) return messages.length;
      const half = Math.ceil(messages.length / 2);
      return (await sendAll(messages.slice(0, half))) + (await sendAll(messages.slice(half)));
    }
  };
  return {
    publish: (rows) =>
      sendAll(
        rows.map((row) => {
          const key = keyOf(row, settings.key);
          return { topic, value: callJson(row), ...(key !== "" && { key }) };
        }),
      ),
    close: () => producer.close(true).catch(() => undefined),
  };
}

function keyOf(row: SinkRow, key: KafkaSettings["key"]): string {
  switch (key) {
    case "call_id":
      return row.callId;
    case "team":
      return row.team;
    case "key":
      return row.key;
  }
}

/** https://kafka.apache.org/protocol.html#protocol_error_codes */
const tooLarge: ReadonlySet<string> = new Set(["MESSAGE_TOO_LARGE", "RECORD_LIST_TOO_LARGE"]);

function isTooLarge(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ("apiId" in error && tooLarge.has(String(error.apiId))) return true;
  return error instanceof AggregateError && error.errors.some(isTooLarge);
}
