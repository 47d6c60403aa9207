import { Code, ConnectError, type ServiceImpl } from "@connectrpc/connect";
import {
  type Health,
  HealthCheckResponse_ServingStatus as Status,
} from "../../../../gen/grpc/health/v1/health_pb.js";
import { drainingError } from "../to-connect-error.ts";

/** Whether the process can serve, and news of it. */
export interface Readiness {
  ready(): boolean;
  /** Calls `listener` after each change of `ready`, until the returned function is called. */
  onChange(listener: () => void): () => void;
}

/** What the health service reports on. */
export interface HealthOptions {
  readonly readiness: Readiness;
  /**
   * Full names of the services that share this state; the empty name, for the whole server, is
   * always known.
   */
  readonly services: readonly string[];
  /**
   * Ends running Watch calls with UNAVAILABLE, after they have sent their last state; else they
   * hold up a drain.
   */
  readonly shutdown?: AbortSignal;
}

/**
 * Implements grpc.health.v1.Health: SERVING while ready, else NOT_SERVING. Check fails with
 * NOT_FOUND for an unknown service; Watch reports SERVICE_UNKNOWN and stays.
 * https://github.com/grpc/grpc/blob/master/doc/health-checking.md
 */
export function createHealth(options: HealthOptions): ServiceImpl<typeof Health> {
  const known = new Set(["", ...options.services]);

  function statusOf(service: string): Status {
    if (!known.has(service)) return Status.SERVICE_UNKNOWN;
    return options.readiness.ready() ? Status.SERVING : Status.NOT_SERVING;
  }

  return {
    check(request) {
      const status = statusOf(request.service);
      if (status === Status.SERVICE_UNKNOWN) {
        throw new ConnectError(`unknown service ${request.service.toWellFormed()}`, Code.NotFound);
      }
      return { status };
    },
    list() {
      return {
        statuses: Object.fromEntries(
          [...known].map((service) => [service, { status: statusOf(service) }]),
        ),
      };
    },
    async *watch(request, context) {
      const news = listen(options, context.signal);
      let last: Status | undefined;
      try {
        for (;;) {
          const status = statusOf(request.service);
          if (status !== last) yield { status };
          last = status;
          if (context.signal.aborted) throw context.signal.reason;
          if (options.shutdown?.aborted === true) throw drainingError();
          await news.next();
        }
      } finally {
        news.close();
      }
    },
  };
}

/** Waits for a change or an abort. News that arrives while nobody waits is kept. */
function listen(
  options: HealthOptions,
  signal: AbortSignal,
): { next(): Promise<void>; close(): void } {
  let pending = false;
  let wake: (() => void) | undefined;
  const notify = () => {
    pending = true;
    wake?.();
  };
  const stop = options.readiness.onChange(notify);
  signal.addEventListener("abort", notify);
  options.shutdown?.addEventListener("abort", notify);
  return {
    async next() {
      if (!pending) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      pending = false;
    },
    close() {
      stop();
      signal.removeEventListener("abort", notify);
      options.shutdown?.removeEventListener("abort", notify);
    },
  };
}
