import type { MessagePort } from "node:worker_threads";
import { gatewayFailed } from "../../core/faults/fault.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import type { IntentFile } from "../journal/intent-files.ts";
import { linesOf, type Records } from "./call-lines.ts";
import type { FromStore, ToStore } from "./messages.ts";
import type { StoreHost } from "./store-host.ts";

/** Serves a gateway by its port until that is closed. Messages are taken in their order. */
export function servePort(
  port: MessagePort,
  host: StoreHost,
  onBug: (error: unknown) => void,
): void {
  const send = (message: FromStore): void => port.postMessage(message);
  let unwatch: (() => void) | undefined;
  let open: IntentFile | undefined;
  const unheard = [
    host.onKeeps((keeps) => send({ kind: "keeps", keeps })),
    host.onChanged(() => send({ kind: "changed" })),
  ];
  port.once("close", () => {
    unwatch?.();
    for (const end of unheard) end();
    // What is left there are the calls of a thread that died.
    const left = open?.take() ?? [];
    if (left.length > 0) host.take(left);
  });
  send({ kind: "keeps", keeps: host.keepsRecords() });
  port.on("message", (message: ToStore) => {
    switch (message.kind) {
      case "records":
        host.take(recordsOf(message));
        return send({ kind: "taken", count: message.count });
      case "open":
        open ??= host.openIntents();
        return message.all ? open.replace(message.lines) : open.add(message.lines);
      case "flush":
        return send({ kind: "flushed", id: message.id });
      case "watch":
        unwatch?.();
        unwatch = message.wanted ? host.watch((lines) => send({ kind: "seen", lines })) : undefined;
        return;
      case "request":
        void answer(message);
    }
  });
  const answer = async ({ id, name, argument }: ToStore & { kind: "request" }): Promise<void> => {
    try {
      send({ kind: "answer", id, value: await host.request(name, argument) });
    } catch (error) {
      if (!(error instanceof GatewayError)) onBug(error);
      const fault = error instanceof GatewayError ? error.fault : gatewayFailed;
      send({ kind: "refusal", id, fault });
    }
  };
}

function recordsOf({ lines, count, content }: ToStore & { kind: "records" }): Records {
  return content ? linesOf(lines) : { bytes: lines, count };
}
