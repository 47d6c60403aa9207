import { GuardFailure } from "../../core/guard/guard-failure.ts";
import type {
  AskModel,
  GuardPorts,
  ServicePost,
  ServiceSigning,
} from "../../guards/services/ports.ts";
import type { UpstreamTimeouts } from "../../upstream/call-clock.ts";
import type { Upstream } from "../../upstream/client.ts";
import type { RequestSigning } from "../../upstream/credentials/request-signing.ts";
import { UpstreamError } from "../../upstream/upstream-error.ts";
import { createCloudSigning } from "../signing.ts";
import { grpcCall } from "./grpc-call.ts";

/** The guard's own time ends requests before these do, but for the connection. */
const timeouts: UpstreamTimeouts = { connectMs: 10_000, firstTokenMs: 600_000, idleMs: 600_000 };

/** Lets guards ask services over the connections of `upstream`, and models by `askModel`. */
export function createGuardPorts(
  upstream: Upstream,
  wallMs: () => number,
  askModel: AskModel,
): GuardPorts {
  return {
    post: createPost(upstream),
    grpc: grpcCall,
    signing: (access) => serviceSigning(createCloudSigning("guard", access, upstream, wallMs)),
    askModel,
    wallMs,
  };
}

function createPost(upstream: Upstream): ServicePost {
  return async ({ url, headers, body, maxReplyBytes, signal }) => {
    try {
      const reply = await upstream.request({
        method: "POST",
        url: addressOf(url),
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

function addressOf(url: string) {
  const { origin, pathname, search } = new URL(url);
  return { origin, path: `${pathname}${search}` };
}

function serviceSigning(signing: RequestSigning): ServiceSigning {
  return async ({ url, headers, body }) => {
    const flat = Object.entries(headers).flat();
    const request = { method: "POST", ...addressOf(url), headers: flat, body };
    const signature = await signing.sign(request).catch((error: unknown) => {
      // The message names a provider, and may name files of the host.
      throw new GuardFailure("could not be asked: no credentials could be had", { cause: error });
    });
    return {
      headers: pairsOf(signature.headers),
      refused: () => void signature.renew(),
    };
  };
}

function pairsOf(flat: readonly string[]): Record<string, string> {
  const pairs: Record<string, string> = {};
  for (let at = 0; at + 1 < flat.length; at += 2) pairs[flat[at] ?? ""] = flat[at + 1] ?? "";
  return pairs;
}
