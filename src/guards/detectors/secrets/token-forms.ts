/** How the credentials of one kind look. */
export interface TokenForm {
  /** What they are called where they are found. */
  readonly kind: "ACCESS_KEY" | "API_KEY" | "JWT" | "TOKEN" | "WEBHOOK";
  /** An expression of what they begin with. */
  readonly start: string;
  /** An expression of all of one, from its start. */
  readonly whole: RegExp;
  /** Whether what looks like one is one. Absent: it is. */
  readonly accepts?: (token: string) => boolean;
}

/** The longest token, in characters, but for JWTs. */
export const maxToken = 256;

/** The longest JWT that is found whole. */
export const maxJwt = 4096;

/** Formats that vendors document, or that GitHub's secret scanning and gitleaks know. */
export const tokenForms: readonly TokenForm[] = [
  // OpenAI, Anthropic, OpenRouter, DeepSeek, and the keys of this gateway.
  { kind: "API_KEY", start: "sk-", whole: /sk-[A-Za-z0-9_-]{16,220}/y, accepts: looksRandom },
  // Stripe.
  {
    kind: "API_KEY",
    start: "[rs]k_(?:live|test)_",
    whole: /[rs]k_(?:live|test)_[A-Za-z0-9]{16,240}/y,
  },
  { kind: "TOKEN", start: "whsec_", whole: /whsec_[A-Za-z0-9+/]{24,100}={0,2}/y },
  // AWS.
  { kind: "ACCESS_KEY", start: "A(?:KI|SI|BI|CC)A", whole: /A(?:KI|SI|BI|CC)A[A-Z2-7]{16}/y },
  // Google.
  { kind: "API_KEY", start: "AIza", whole: /AIza[A-Za-z0-9_-]{35}/y },
  { kind: "TOKEN", start: "ya29\\.", whole: /ya29\.[A-Za-z0-9_-]{20,240}/y },
  { kind: "TOKEN", start: "GOCSPX-", whole: /GOCSPX-[A-Za-z0-9_-]{28}/y },
  // GitHub.
  { kind: "TOKEN", start: "gh[oprsu]_", whole: /gh[oprsu]_[A-Za-z0-9]{36,240}/y },
  { kind: "TOKEN", start: "github_pat_", whole: /github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}/y },
  // GitLab.
  {
    kind: "TOKEN",
    start: "gl[a-z]{2,5}-",
    whole:
      /gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|soat|oas|ffct)-[A-Za-z0-9_-]{20,64}(?:\.[0-9a-z]{2}\.[0-9a-z]{9})?/y,
  },
  // Slack.
  {
    kind: "TOKEN",
    start: "xox[abeoprs]",
    whole: /xox[abeoprs](?:\.xox[bp])?-(?:\d-)?[A-Za-z0-9-]{10,200}/y,
    accepts: looksRandom,
  },
  { kind: "TOKEN", start: "xapp-", whole: /xapp-\d-[A-Z0-9]{8,14}-\d{8,16}-[a-f0-9]{32,100}/y },
  {
    kind: "WEBHOOK",
    start: "hooks\\.slack\\.com/",
    whole: /hooks\.slack\.com\/(?:services|workflows|triggers)\/[A-Za-z0-9+/]{24,90}/y,
  },
  // Azure: client secrets and the keys of its AI services.
  {
    kind: "TOKEN",
    start: "[A-Za-z0-9_~.]{3}\\dQ~",
    whole: /[A-Za-z0-9_~.]{3}\dQ~[A-Za-z0-9_~.-]{31,34}/y,
  },
  {
    kind: "API_KEY",
    start: "[A-Za-z0-9]{52}JQQJ99",
    whole: /[A-Za-z0-9]{52}JQQJ99[A-Za-z0-9]{26}/y,
  },
  // Hugging Face.
  { kind: "TOKEN", start: "hf_", whole: /hf_[A-Za-z0-9]{34}/y },
  { kind: "TOKEN", start: "api_org_", whole: /api_org_[A-Za-z0-9]{34}/y },
  // npm, PyPI, RubyGems, Docker Hub.
  { kind: "TOKEN", start: "npm_", whole: /npm_[A-Za-z0-9]{36}/y },
  { kind: "TOKEN", start: "pypi-AgE", whole: /pypi-AgE[A-Za-z0-9_-]{50,220}/y },
  { kind: "TOKEN", start: "rubygems_", whole: /rubygems_[a-f0-9]{48}/y },
  { kind: "TOKEN", start: "dckr_pat_", whole: /dckr_pat_[A-Za-z0-9_-]{27}/y },
  // Twilio, SendGrid, Mailgun, Telegram.
  { kind: "API_KEY", start: "(?:AC|SK)[0-9a-f]{8}", whole: /(?:AC|SK)[0-9a-f]{32}/y },
  { kind: "API_KEY", start: "SG\\.", whole: /SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}/y },
  { kind: "API_KEY", start: "key-[0-9a-f]{8}", whole: /key-[0-9a-f]{32}/y },
  { kind: "TOKEN", start: "\\d{8,10}:AA", whole: /\d{8,10}:AA[A-Za-z0-9_-]{33}/y },
  // Groq, xAI, Perplexity, Replicate, Databricks, Fireworks.
  { kind: "API_KEY", start: "gsk_", whole: /gsk_[A-Za-z0-9]{52}/y },
  { kind: "API_KEY", start: "x(?:ai)-", whole: /x(?:ai)-[A-Za-z0-9]{80}/y },
  { kind: "API_KEY", start: "pplx-", whole: /pplx-[A-Za-z0-9]{48}/y },
  { kind: "TOKEN", start: "r8_", whole: /r8_[A-Za-z0-9]{37}/y },
  { kind: "TOKEN", start: "dapi[0-9a-f]{8}", whole: /dapi[0-9a-f]{32}(?:-\d)?/y },
  // DigitalOcean, Shopify, Linear, Notion, Vault, Grafana, Atlassian, Square, age.
  { kind: "TOKEN", start: "do[opr]_v1_", whole: /do[opr]_v1_[a-f0-9]{64}/y },
  { kind: "TOKEN", start: "shp(?:at|ca|pa|ss)_", whole: /shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}/y },
  { kind: "API_KEY", start: "lin_api_", whole: /lin_api_[A-Za-z0-9]{40}/y },
  { kind: "TOKEN", start: "ntn_", whole: /ntn_[A-Za-z0-9]{46}/y },
  { kind: "TOKEN", start: "hv[bsr]\\.", whole: /hv[bsr]\.[A-Za-z0-9_-]{24,240}/y },
  { kind: "TOKEN", start: "glsa_", whole: /glsa_[A-Za-z0-9]{32}_[a-fA-F0-9]{8}/y },
  { kind: "TOKEN", start: "ATATT3", whole: /ATATT3[A-Za-z0-9_=-]{180,240}/y },
  { kind: "TOKEN", start: "sq0(?:atp|csp)-", whole: /sq0(?:atp|csp)-[A-Za-z0-9_-]{22,43}/y },
  { kind: "TOKEN", start: "AGE-SECRET-KEY-1", whole: /AGE-SECRET-KEY-1[0-9A-Z]{58}/y },
  // RFC 7519; without a signature too.
  {
    kind: "JWT",
    start: "eyJ",
    whole: /eyJ[A-Za-z0-9_-]{8,2000}\.eyJ[A-Za-z0-9_-]{8,3000}\.[A-Za-z0-9_-]{0,1000}/y,
  },
];

/** Of words with dashes, such as `sk-learn-pipeline-2`, those in which a random part is. */
function looksRandom(token: string): boolean {
  return (
    token
      .split(/[-_]/)
      .some((part) => part.length >= 12 && /\d/.test(part) && /[A-Za-z]/.test(part)) ||
    isMixed(token)
  );
}

/** A token of which no part is long: letters of both cases and digits. */
function isMixed(token: string): boolean {
  const body = token.slice(token.indexOf("-") + 1);
  return body.length >= 32 && /\d/.test(body) && /[a-z]/.test(body) && /[A-Z]/.test(body);
}
