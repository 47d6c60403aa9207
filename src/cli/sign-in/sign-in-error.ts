/** Why somebody is not signed in, in words for them. */
export class SignInError extends Error {}
