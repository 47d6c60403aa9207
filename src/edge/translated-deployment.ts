import type { Model } from "../../gen/parlance/config/v1/model_pb.js";
import type { Provider } from "../../gen/parlance/config/v1/provider_pb.js";

/** An entry of LiteLLM's `model_list` in our words: an account at a vendor, and a model there. */
export interface TranslatedDeployment {
  readonly provider: Provider;
  /** Its one target names the provider as `providerName`. */
  readonly model: Model;
  readonly providerName: string;
  /** What has no counterpart, or is honoured in another way. */
  readonly warnings: readonly string[];
}

/**
 * Puts an entry of LiteLLM's `model_list`, as JSON, into our words. Throws INVALID_REQUEST, naming
 * the member, for what cannot be read.
 */
export type TranslateDeployment = (json: string) => TranslatedDeployment;
