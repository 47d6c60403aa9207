/**
 * Whether a list has a host: a name in lower case, or an IP address, without brackets and without a
 * dot at its end. `port` is that of the connection.
 */
export type HostList = (host: string, port: number) => boolean;

/** Gives IP addresses for a host, in the form in which sockets ask for them. */
export type SocketLookup = (
  host: string,
  options: { readonly all?: boolean | undefined },
  found: (
    error: Error | null,
    address: string | { address: string; family: number }[],
    family?: number,
  ) => void,
) => void;

/**
 * Says to which hosts connections may be opened. A name is decided on by the addresses that it has
 * when the connection is opened, and no other address is connected to.
 */
export interface Gate {
  /** Why a host is refused as it is written. Undefined: it is not, or what it resolves to decides. */
  readonly refusal: (host: string, port: number) => Error | undefined;
  /** Looks names up for connections to a port; fails for those that are refused. */
  readonly lookup: (port: number) => SocketLookup;
}

/** How TLS is spoken with a server, as sockets take it. */
export interface ClientTlsOptions {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly minVersion: "TLSv1.2" | "TLSv1.3";
  readonly servername?: string;
}

/** How connections are opened. What is absent is as usual. */
export interface ConnectionRules {
  /** Which hosts may be connected to. Absent: all. */
  readonly gate?: Gate | undefined;
  readonly tls?: ClientTlsOptions | undefined;
}
