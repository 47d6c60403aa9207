// Runs ahead of the gateway, in its process and in each of its threads, and is the world that they
// live in: it tells the test of connections, and does on demand what a world may do to a thread.
import { subscribe } from "node:diagnostics_channel";
import { registerHooks } from "node:module";
import { BroadcastChannel, isMainThread, threadName } from "node:worker_threads";

/** What a test has happen. `worker` is the index of the thread that it happens to. */
export type Happening = {
  readonly kind: "throw" | "fill" | "hang" | "lose_module";
  readonly worker: number;
  readonly module?: string;
};

/** What a test hears of a thread. */
export type Heard = {
  readonly kind: "started" | "connection" | "lost_module";
  readonly worker: number;
};

const index = Number(/^parlance worker (\d+)$/.exec(threadName ?? "")?.[1]);
const down = new BroadcastChannel("to-threads");
const up = new BroadcastChannel("from-threads");
// Neither is to keep a thread alive.
down.unref();
up.unref();

if (isMainThread) {
  process.on("message", (happening) => down.postMessage(happening));
  process.channel?.unref();
  up.onmessage = ({ data }) => void process.send?.(data);
} else if (Number.isInteger(index)) {
  const tell = (kind: Heard["kind"]) => up.postMessage({ kind, worker: index });
  subscribe("net.server.socket", () => tell("connection"));
  down.onmessage = ({ data }) => happen(data, tell);
  tell("started");
  if (process.env.CRASHING_WORKER === String(index)) throw new Error("crashes at once");
}

function happen(happening: Happening, tell: (kind: Heard["kind"]) => void): void {
  if (happening.worker !== index) return;
  if (happening.kind === "throw") {
    setImmediate(() => {
      throw new Error("thrown by the test");
    });
  }
  if (happening.kind === "fill") fill();
  if (happening.kind === "hang") for (;;);
  if (happening.kind === "lose_module") {
    registerHooks({
      resolve(specifier, context, next) {
        if (specifier.includes(happening.module ?? "?")) throw new Error("the disk has gone");
        return next(specifier, context);
      },
    });
    tell("lost_module");
  }
}

/** Takes memory until there is none. */
function fill(): void {
  const held: number[][] = [];
  for (;;) held.push(Array.from({ length: 10_000 }, Math.random));
}
