import { type ConfigScope, inField, problem } from "../../config-scope.ts";
import { isHttp, notHttp } from "../../http-url.ts";

/** Whether the field `url` of a scope can be asked; reports where it cannot. */
export function checkServiceUrl(url: string, scope: ConfigScope, example: string): boolean {
  if (!isHttp(url)) {
    notHttp(scope, example);
    return false;
  }
  const { username, password, hash } = new URL(url);
  if (`${username}${password}${hash}` === "") return true;
  problem(inField(scope, "url"), {
    message: "has a user or a fragment, which are not sent",
    hint: `write it as ${example}`,
    ruleId: "service_url",
  });
  return false;
}
