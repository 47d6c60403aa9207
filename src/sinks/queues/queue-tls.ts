import type { QueueTlsSettings } from "../../config/sink-settings.ts";

/** What Node's TLS is given for settings, with secrets. */
export function tlsOptions({ ca, cert, key }: QueueTlsSettings): {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
} {
  return {
    ...(ca === undefined ? undefined : { ca }),
    ...(cert === undefined || key === undefined ? undefined : { cert, key: key.reveal() }),
  };
}
