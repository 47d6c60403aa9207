import { GuardFailure } from "../../core/guards/guard-failure.ts";
import type { GuardPorts, ServicePost } from "../../guards/services/ports.ts";
import type { UpstreamTimeouts } from "../../upstream/call-clock.ts";
import type { Upstream } from "../../upstream/client.ts";
import { UpstreamError } from "../../upstream/upstream-error.ts";

/** The guard's own time ends requests before these do, but for the connection. */
const timeouts: UpstreamTimeouts = { connectMs: 10_000, firstTokenMs: 600_000, idleMs: 600_000 };

/** Lets guards ask services over the connections of `upstream`. */
export function createGuardPorts(upstream: Upstream, wallMs: () => number): GuardPorts {
  return { post: createPost(upstream), wallMs };
}

function createPost(upstream: Upstream): ServicePost {
  return async ({ url, headers, body, maxReplyBytes, signal }) => {
    const { origin, pathname, search } = new URL(url);
    try {
      const reply = await upstream.request({
        method: "POST",
        url: { origin, path: `${pathname}${search}` },
        headers: Object.entries(headers).flat(),
        body,
        signal,
        timeouts,
      });
      return { status: reply.status, body: await reply.body.bytes(maxReplyBytes) };
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (!(error instanceof UpstreamError)) throw error;
      throw new GuardFailure(`could not be asked: ${error.message}`, { cause: error });
    }
  };
}
