/**
 * Bounds of the services that need no key, health and reflection. Their requests are names; without
 * a bound of their own a stranger could have messages of the size of a prompt held and decoded.
 */
export const keylessOptions = { readMaxBytes: 64 * 1024 } as const;
