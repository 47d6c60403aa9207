import { openConnection, printCall, type RawConnection } from "../aborts/raw-connection.ts";
import { frame, reset, types, uint32 } from "../frames/h2-frames.ts";
import { type GatewayKind, promptMark } from "../fuzz-config.ts";
import type { FuzzPart } from "../fuzz-part.ts";
import { createRandom } from "../random.ts";

/** When a client leaves. */
const phases = ["head", "body", "waiting", "streaming", "idle"] as const;

type Phase = (typeof phases)[number];

/**
 * How a client leaves. The last two need HTTP/2. A FIN is that of a socket that nobody reads any
 * more.
 */
const means = ["fin", "rst", "rst_stream", "goaway"] as const;

type Means = (typeof means)[number];

interface Way {
  readonly kind: GatewayKind;
  readonly h2: boolean;
  readonly phase: Phase;
  readonly means: Means;
}

/** Every way to leave; the numbers of cases go round and round. */
const ways: readonly Way[] = (["plain", "tls"] as const).flatMap((kind) =>
  [false, true].flatMap((h2) =>
    phases.flatMap((phase) =>
      means.slice(0, h2 ? 4 : 2).map((each): Way => ({ kind, h2, phase, means: each })),
    ),
  ),
);

/**
 * How long to wait for the first content of a stream: where the connections to the vendor are used
 * up there is none.
 */
const contentMs = 3000;

/** Clients that leave in the middle of something. */
export const abortsPart: FuzzPart = {
  name: "aborts",
  title: "clients that left before, during or after a call",
  count: 5000,
  short: 120,
  concurrency: 24,
  gateways: ["plain", "tls"],
  begin: (world) => ({
    async run(at) {
      const way = ways[at % ways.length];
      if (way === undefined) return;
      const random = createRandom("aborts", world.seed, at);
      const { port } = await world.gateway(way.kind);
      const connection = await openConnection({ port, secure: way.kind === "tls", h2: way.h2 });
      await reach(
        connection,
        way.phase,
        random.pick(["openai_compatible", "anthropic_compatible"]),
        random.int(1e6),
      );
      await leave(connection, way.means);
    },
  }),
};

/** Brings a call as far as the phase. The vendor would never end it. */
async function reach(
  connection: RawConnection,
  phase: Phase,
  subject: string,
  seed: number,
): Promise<void> {
  const text = `${promptMark} ~${phase === "streaming" ? "content-by-drops" : "silence"}:${seed}~`;
  const asked = {
    model: `hold_${subject}/m-text`,
    stream: phase === "streaming",
    messages: [{ role: "user", content: text }],
  };
  const idle = { model: "sim/echo", messages: [{ role: "user", content: "hi" }] };
  const bytes = Buffer.from(JSON.stringify(phase === "idle" ? idle : asked));
  const [head, body] = printCall(
    connection.h2,
    bytes,
    phase === "body" ? bytes.length + 100 : bytes.length,
  );
  switch (phase) {
    case "head":
      return connection.write(head.subarray(0, head.length >> 1));
    case "body":
      await connection.write(head);
      return connection.write(body);
    case "waiting":
      return connection.write(Buffer.concat([head, body]));
    case "streaming":
    case "idle":
      await connection.write(Buffer.concat([head, body]));
      return connection.contentCame(contentMs);
  }
}

async function leave(connection: RawConnection, how: Means): Promise<void> {
  switch (how) {
    case "fin":
      return connection.close();
    case "rst":
      return connection.reset();
    case "rst_stream":
      // The call is over, and the connection of no use.
      await connection.write(reset(1));
      return connection.end();
    case "goaway":
      await connection.write(frame(types.goaway, 0, 0, Buffer.concat([uint32(0), uint32(0)])));
      return connection.end();
  }
}
