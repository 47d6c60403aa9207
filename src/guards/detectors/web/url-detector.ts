import { isIP } from "node:net";
import { type UrlsGuard, UrlTrait } from "../../../../gen/parlance/config/v1/guard_detector_pb.js";
import type { Detector } from "../../../core/guard/detector.ts";
import { formDetector } from "../form-detector.ts";

/** The longest address that is found whole, in characters. */
const maxUrl = 2048;

/** Looks for web addresses that may not be; see `UrlsGuard` of the config. */
export function urlDetector({ allowedDomains, deniedDomains, traits }: UrlsGuard): Detector {
  const rules: UrlRules = {
    allowed: new Set(allowedDomains),
    denied: new Set(deniedDomains),
    traits: new Set(
      traits.length > 0 ? traits : [UrlTrait.IP_HOST, UrlTrait.USER_INFO, UrlTrait.PUNYCODE],
    ),
  };
  return formDetector({
    kind: "URL",
    pattern: new RegExp(
      `(?:(?:https?|ftp|wss?):[\\\\/]{2}|(?<![A-Za-z0-9.@_-])www\\.)[^\\s"'<>\`]{1,${maxUrl}}`,
      "gi",
    ),
    accepts: (candidate) => {
      const url = candidate.replace(/[.,;:!?)\]}*]+$/, "");
      const kind = kindOf(url, rules);
      return kind === undefined ? 0 : { length: url.length, kind };
    },
    open: /(?:(?:(?:https?|ftp|wss?):[\\/]{2}|(?<![A-Za-z0-9.@_-])www\.)[^\s"'<>`]{0,2048}|(?:h(?:t(?:t(?:ps?)?)?)?|f(?:tp?)?|w(?:ss?|ww?)?)(?::[\\/]?)?)$/i,
    maxLength: maxUrl + 8,
    lookBehind: 1,
  });
}

interface UrlRules {
  readonly allowed: ReadonlySet<string>;
  readonly denied: ReadonlySet<string>;
  readonly traits: ReadonlySet<UrlTrait>;
}

/** Why an address may not be; undefined: it may. */
function kindOf(text: string, { allowed, denied, traits }: UrlRules): string | undefined {
  const origin = /^(?:[a-z]+:[\\/]{2})?[^\\/?#]{0,512}/i.exec(text)?.[0] ?? "";
  const isBare = /^www\./i.test(origin);
  const url = URL.parse(isBare ? `http://${origin}` : origin.replaceAll("\\", "/"));
  if (url === null) return allowed.size > 0 ? "URL_NOT_ALLOWED" : undefined;
  const host = url.hostname.replace(/\.$/, "");
  if (isUnder(host, denied)) return "URL_DENIED";
  if (url.username !== "" && traits.has(UrlTrait.USER_INFO)) return "URL_USER_INFO";
  if (isUnder(host, allowed)) return undefined;
  if (isIP(host.replace(/^\[|\]$/g, "")) !== 0 && traits.has(UrlTrait.IP_HOST))
    return "URL_IP_HOST";
  if (/(?:^|\.)xn--/.test(host) && traits.has(UrlTrait.PUNYCODE)) return "URL_PUNYCODE";
  return allowed.size > 0 ? "URL_NOT_ALLOWED" : undefined;
}

/** Whether a host is one of some domains, or under one. */
function isUnder(host: string, domains: ReadonlySet<string>): boolean {
  if (domains.size === 0) return false;
  for (let at = 0; at >= 0; ) {
    if (domains.has(host.slice(at))) return true;
    const dot = host.indexOf(".", at);
    at = dot < 0 ? -1 : dot + 1;
  }
  return false;
}
