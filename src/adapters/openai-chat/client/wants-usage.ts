import { isObject, type JsonObject } from "../../../json/json.ts";

/** Whether a client asked for usage in its stream. */
export function wantsUsage({ stream_options: options }: JsonObject): boolean {
  return isObject(options) && options.include_usage === true;
}
