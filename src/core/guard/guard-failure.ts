/**
 * A service that a guard asks cannot be asked, or answers with what is no verdict. The message says
 * what happened, such as `answered with status 429`, and holds no address, no secret and nothing of
 * what was sent or answered.
 */
export class GuardFailure extends Error {
  override readonly name = "GuardFailure";
}
