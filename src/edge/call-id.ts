/** The header, and the metadata of an RPC, that names a call, also one that was refused. */
export const callIdHeader = "x-parlance-call-id";
