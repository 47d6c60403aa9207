import { type Surroundings, variableOf } from "../surroundings.ts";
import {
  type Draft,
  type Fields,
  mapping,
  mappingOrNone,
  scalar,
  sequence,
} from "../tree/draft.ts";
import { itemsOf, type Place } from "../tree/tree.ts";
import { secretDraftOf, variableSecret } from "../tree/values.ts";
import { type Sections, SettingReader } from "./sections.ts";

/** Largest body that `max_body_bytes` may name. */
const maxBodyBytes = 1_073_741_824;

/** `auth`, `store` and `server`. */
export function serverOf({ general }: Sections, surroundings: Surroundings, at: Place): Fields {
  const read = new SettingReader(surroundings);
  const master =
    secretDraftOf(general.get("master_key")?.value, surroundings) ??
    (variableOf("LITELLM_MASTER_KEY", surroundings) === undefined
      ? undefined
      : variableSecret("LITELLM_MASTER_KEY", at, surroundings));
  const url = secretDraftOf(general.get("database_url")?.value, surroundings);
  const size = read.number(general.get("max_request_size_mb")?.value);
  const limits =
    size === undefined
      ? undefined
      : mapping(
          {
            max_body_bytes: scalar(
              Math.min(maxBodyBytes, Math.max(1024, Math.ceil(size.value * 1_048_576))),
              size.at,
            ),
          },
          size.at,
        );
  return {
    auth: master === undefined ? undefined : mapping({ admin_key: master }, at),
    store:
      url === undefined
        ? undefined
        : mapping({ postgres: mapping({ url }, general.get("database_url")?.value.at ?? at) }, at),
    server: mappingOrNone({ limits, trusted_proxies: proxiesOf(general, read) }, at),
  };
}

function proxiesOf(general: Sections["general"], read: SettingReader): Draft | undefined {
  const ranges = general.get("trusted_proxy_ranges");
  if (ranges === undefined) return undefined;
  const proxies = itemsOf(ranges.value).flatMap((tree) => {
    const range = read.text(tree);
    return range === undefined ? [] : [scalar(range.value, range.at)];
  });
  return proxies.length === 0 ? undefined : sequence(proxies, ranges.at);
}
