// scripts/zz-bench.ts
import { verify as cv, createPublicKey as createPublicKey2 } from "node:crypto";
import { SignJWT, generateKeyPair, exportJWK, jwtVerify, importJWK as importJWK2 } from "jose";

// lib/verify/node-platform.ts
import { isUtf8 } from "node:buffer";
import {
  constants,
  createHmac,
  createPublicKey,
  createSecretKey,
  timingSafeEqual,
  verify
} from "node:crypto";

// lib/verify/platform.ts
var MIN_RSA_BITS = 2048;

// lib/verify/node-platform.ts
var LAST_OF_TWO = new Set("AQgw");
var LAST_OF_THREE = new Set("AEIMQUYcgkosw048");
var nodePlatform = {
  decodeText(segment) {
    const bytes = decode(segment);
    return bytes !== void 0 && isUtf8(bytes) ? bytes.toString("utf8") : void 0;
  },
  decodeBytes: decode,
  importKey(jwk) {
    const key = createPublicKey({ key: { ...jwk }, format: "jwk" });
    const bits = key.asymmetricKeyDetails?.modulusLength;
    if (bits !== void 0 && bits < MIN_RSA_BITS) throw new TypeError("the RSA key is too short");
    return key;
  },
  importSecret: (secret) => createSecretKey(secret, "utf8"),
  verify(algorithm, key, signingInput, signature) {
    const data = Buffer.from(signingInput, "latin1");
    switch (algorithm) {
      case "RS256":
        return verify("sha256", data, key, signature);
      case "PS256":
        return verify(
          "sha256",
          data,
          { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 },
          signature
        );
      case "ES256":
        return verify("sha256", data, { key, dsaEncoding: "ieee-p1363" }, signature);
      case "EdDSA":
        return verify(null, data, key, signature);
      case "HS256": {
        const expected = createHmac("sha256", key).update(data).digest();
        return expected.length === signature.length && timingSafeEqual(expected, signature);
      }
    }
  }
};
function decode(segment) {
  const rest = segment.length & 3;
  if (rest === 1) return void 0;
  if (rest === 2 && !LAST_OF_TWO.has(segment[segment.length - 1])) return void 0;
  if (rest === 3 && !LAST_OF_THREE.has(segment[segment.length - 1])) return void 0;
  if (segment.includes("+") || segment.includes("/")) return void 0;
  if (Buffer.byteLength(segment, "utf8") !== segment.length) return void 0;
  const bytes = Buffer.from(segment, "base64url");
  return bytes.length === segment.length * 3 >> 2 ? bytes : void 0;
}

// lib/errors.ts
var ToolkitError = class extends Error {
  name = "ToolkitError";
  code;
  hint;
  file;
  line;
  column;
  constructor(code, message, options = {}) {
    super(message, options.cause === void 0 ? void 0 : { cause: options.cause });
    this.code = code;
    if (options.hint !== void 0) this.hint = options.hint;
    if (options.file !== void 0) this.file = options.file;
    if (options.line !== void 0) this.line = options.line;
    if (options.column !== void 0) this.column = options.column;
  }
};

// lib/verify/challenge.ts
var ERRORS = {
  no_token: void 0,
  keys_unavailable: void 0,
  malformed_request: "invalid_request",
  insufficient_scope: "insufficient_scope",
  insufficient_permissions: "insufficient_scope",
  opaque_token: "invalid_token",
  malformed_token: "invalid_token",
  algorithm_not_allowed: "invalid_token",
  critical_header: "invalid_token",
  wrong_type: "invalid_token",
  id_token: "invalid_token",
  unknown_key: "invalid_token",
  bad_signature: "invalid_token",
  wrong_issuer: "invalid_token",
  wrong_audience: "invalid_token",
  expired: "invalid_token",
  not_yet_valid: "invalid_token",
  invalid_claim: "invalid_token",
  wrong_client: "invalid_token",
  wrong_organization: "invalid_token",
  contract_violation: "invalid_token",
  sender_constrained: "invalid_token",
  invalid_dpop_proof: "invalid_dpop_proof",
  use_dpop_nonce: "use_dpop_nonce"
};
function challenge(options) {
  const error = options.code === void 0 ? void 0 : ERRORS[options.code];
  return options.schemes.map((scheme, index) => {
    const parameters = [["realm", options.realm]];
    if (index === 0 && error !== void 0) {
      parameters.push(["error", error]);
      if (options.description !== void 0) {
        parameters.push(["error_description", printable(options.description)]);
      }
      if (error === "insufficient_scope" && options.scope !== void 0 && options.scope.length > 0) {
        parameters.push(["scope", printable(options.scope.join(" "))]);
      }
    }
    if (scheme === "DPoP") parameters.push(["algs", "ES256"]);
    if (options.resourceMetadata !== void 0) {
      parameters.push(["resource_metadata", options.resourceMetadata]);
    }
    return `${scheme} ${parameters.map(([name, value]) => `${name}=${quotedString(value)}`).join(", ")}`;
  }).join(", ");
}
function printable(text) {
  return text.replaceAll('"', "'").replaceAll(/[^\x20-\x21\x23-\x5B\x5D-\x7E]/g, "?");
}
function quotedString(text) {
  return `"${text.replaceAll(/[^\x20-\x7E]/g, "?").replaceAll(/["\\]/g, "\\$&")}"`;
}

// lib/verify/compact-jws.ts
var malformed = (message) => ({ code: "malformed_token", message });
var TOO_LONG = malformed("The token is longer than this API accepts.");
var NOT_CANONICAL = malformed("The token is not canonical base64url.");
var NOT_JSON = malformed("The token does not hold JSON objects.");
var OPAQUE = {
  code: "opaque_token",
  message: "The token is not a signed JWT. Ask for a token with the audience of this API."
};
var ENCRYPTED = {
  code: "opaque_token",
  message: "The token is encrypted, not a signed JWT. Ask for a token with the audience of this API."
};
var EMPTY_SIGNATURE = { code: "bad_signature", message: "The token is not signed." };
function parseCompactJws(token, platform, maxLength, known = []) {
  if (token.length > maxLength) return TOO_LONG;
  const first = token.indexOf(".");
  const second = token.indexOf(".", first + 1);
  if (first === -1 || second === -1) return OPAQUE;
  if (token.includes(".", second + 1)) {
    return token.split(".", 7).length === 5 ? ENCRYPTED : malformed("The token does not have three parts.");
  }
  const same = known.find(({ prefix }) => prefix.length === first + 1 && token.startsWith(prefix));
  const headerText = same === void 0 ? platform.decodeText(token.slice(0, first)) : "";
  const payloadText = platform.decodeText(token.slice(first + 1, second));
  const signature = platform.decodeBytes(token.slice(second + 1));
  if (headerText === void 0 || payloadText === void 0 || signature === void 0) return NOT_CANONICAL;
  const header2 = same?.header ?? jsonObject(headerText);
  const payload = jsonObject(payloadText);
  if (header2 === void 0 || payload === void 0) return NOT_JSON;
  if (signature.length === 0 && header2["alg"] !== "none") return EMPTY_SIGNATURE;
  return { header: header2, payload, signingInput: token.slice(0, second), signature };
}
function headerPrefix(token) {
  return token.slice(0, token.indexOf(".") + 1).split("").join("");
}
function isRefusal(value) {
  return "code" in value;
}
function jsonObject(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : void 0;
  } catch {
    return void 0;
  }
}

// lib/verify/credentials.ts
function credentialsOf(headers) {
  const value = header(headers, "authorization");
  if (value === void 0) return void 0;
  if (value === "repeated") return "malformed";
  const scheme = /^(?:(bearer)|(dpop))(?= |$)/i.exec(value);
  if (scheme === null) return void 0;
  const token = /^ +([A-Za-z0-9\-._~+/]+=*)$/.exec(value.slice(scheme[0].length))?.[1];
  if (token === void 0) return "malformed";
  return { scheme: scheme[1] === void 0 ? "DPoP" : "Bearer", token };
}
function header(headers, name) {
  if (typeof headers.get === "function") return headers.get(name) ?? void 0;
  const value = headers[name];
  if (typeof value === "object")
    return value.length === 1 ? value[0] : value.length === 0 ? void 0 : "repeated";
  return value;
}

// lib/verify/errors.ts
var STATUS = {
  malformed_request: 400,
  insufficient_scope: 403,
  insufficient_permissions: 403,
  keys_unavailable: 503
};
var AccessTokenError = class extends Error {
  name = "AccessTokenError";
  code;
  /** HTTP status of the answer. */
  status;
  /** Value of the answer's `WWW-Authenticate` header. */
  wwwAuthenticate;
  /** All headers of the answer, `www-authenticate` included; names in lower case. */
  headers;
  /** The claim or header parameter at fault. */
  claim;
  constructor(code, message, options) {
    super(message, options.cause === void 0 ? void 0 : { cause: options.cause });
    this.code = code;
    this.status = STATUS[code] ?? 401;
    this.wwwAuthenticate = options.wwwAuthenticate;
    this.headers = { "www-authenticate": options.wwwAuthenticate, ...options.headers };
    if (options.claim !== void 0) this.claim = options.claim;
  }
};

// lib/verify/key-set.ts
var KeysUnavailable = class extends Error {
  name = "KeysUnavailable";
};
var KTY = {
  RS256: "RSA",
  PS256: "RSA",
  ES256: "EC",
  EdDSA: "OKP",
  HS256: "oct"
};
var Imported = class {
  #keys;
  #platform;
  /** By algorithm, then by kid: joining the two would cost a new text for each token. */
  #ready = /* @__PURE__ */ new Map();
  constructor(document, platform) {
    this.#keys = document.keys;
    this.#platform = platform;
  }
  find(kid, algorithm) {
    const ready = this.#ready.get(algorithm)?.get(kid);
    if (ready !== void 0) return ready;
    const fitting = this.#keys.filter((jwk) => fits(jwk, kid, algorithm));
    if (fitting.length !== 1) return void 0;
    return this.#import(kid, fitting[0], algorithm);
  }
  async #import(kid, jwk, algorithm) {
    try {
      const key = await this.#platform.importKey(publicPart(jwk), algorithm);
      const ofAlgorithm = this.#ready.get(algorithm) ?? /* @__PURE__ */ new Map();
      this.#ready.set(algorithm, ofAlgorithm.set(kid, key));
      return key;
    } catch {
      return void 0;
    }
  }
};
function fixedKeySet(document, platform) {
  return new Imported(document, platform);
}
function remoteKeySet(options, platform) {
  const { now } = options;
  const maxAge = (options.maxAgeSeconds ?? 600) * 1e3;
  const stale = (options.staleSeconds ?? 3600) * 1e3;
  const burst = options.burst ?? 3;
  const cooldown = (options.cooldownSeconds ?? 30) * 1e3;
  let current;
  let fetchedAt = 0;
  let pending;
  let tokens = burst;
  let refilledAt = now();
  function allowed() {
    const refill = Math.floor((now() - refilledAt) / cooldown);
    if (refill > 0) {
      tokens = Math.min(burst, tokens + refill);
      refilledAt += refill * cooldown;
    }
    if (tokens <= 0) return false;
    if (tokens === burst) refilledAt = now();
    tokens--;
    return true;
  }
  function refresh() {
    pending ??= fetchKeySet(options).then((document) => {
      current = new Imported(document, platform);
      fetchedAt = now();
    }).finally(() => {
      pending = void 0;
    });
    return pending;
  }
  async function afterFetch(kid, algorithm) {
    const had = current;
    const found = await had?.find(kid, algorithm);
    const fresh = had !== void 0 && now() - fetchedAt < maxAge;
    if (fresh && found !== void 0) return found;
    if (pending === void 0 && !allowed()) {
      if (had !== void 0 && now() - fetchedAt < maxAge + stale) return found;
      throw new KeysUnavailable("the keys cannot be fetched at the moment");
    }
    try {
      await refresh();
    } catch (cause) {
      if (had !== void 0 && found !== void 0 && now() - fetchedAt < maxAge + stale) return found;
      throw new KeysUnavailable("the keys cannot be fetched", { cause });
    }
    return current?.find(kid, algorithm);
  }
  return {
    find(kid, algorithm) {
      if (current === void 0 || now() - fetchedAt >= maxAge) return afterFetch(kid, algorithm);
      const key = current.find(kid, algorithm);
      return key === void 0 || key instanceof Promise ? afterFetch(kid, algorithm) : key;
    }
  };
}
async function fetchKeySet(options) {
  const response = await options.fetch(options.url, {
    headers: { accept: "application/json, application/jwk-set+json" },
    // A redirect would let somebody else name the keys.
    redirect: "error",
    signal: AbortSignal.timeout(options.timeoutMilliseconds ?? 5e3)
  });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`the JWKS endpoint answered ${response.status}`);
  }
  const document = JSON.parse(await limitedText(response, options.maxBytes ?? 131072));
  if (!isKeySet(document)) throw new Error("the JWKS endpoint did not answer a JWKS");
  return document;
}
async function limitedText(response, maxBytes) {
  const reader = response.body?.getReader();
  if (reader === void 0) return "";
  const decoder2 = new TextDecoder();
  let text = "";
  let bytes = 0;
  for (; ; ) {
    const { done, value } = await reader.read();
    if (done) return text + decoder2.decode();
    bytes += value.byteLength;
    if (bytes > maxBytes) {
      await reader.cancel();
      throw new Error("the JWKS document is too large");
    }
    text += decoder2.decode(value, { stream: true });
  }
}
function isKeySet(value) {
  const keys = value?.keys;
  return Array.isArray(keys) && keys.every((key) => typeof key === "object" && key !== null);
}
function fits(jwk, kid, algorithm) {
  return jwk.kty === KTY[algorithm] && (kid === void 0 || jwk.kid === kid) && // Auth0 can be told to leave `alg` out.
  (jwk.alg === void 0 || jwk.alg === algorithm) && (jwk.use === void 0 || jwk.use === "sig") && (jwk.key_ops === void 0 || jwk.key_ops.includes("verify")) && (algorithm !== "ES256" || jwk["crv"] === "P-256") && (algorithm !== "EdDSA" || jwk["crv"] === "Ed25519") && (jwk.kty !== "RSA" || longEnough(jwk["n"]));
}
function longEnough(modulus) {
  return typeof modulus === "string" && Math.floor(modulus.length * 6 / 8) * 8 >= MIN_RSA_BITS;
}
function publicPart({ kty, n, e, crv, x, y }) {
  const members = { kty, n, e, crv, x, y };
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== void 0));
}

// lib/verify/rules.ts
function checkHeader(header2, rules, report) {
  const { alg, typ, kid } = header2;
  if (!rules.algorithms.includes(alg)) {
    report({
      code: "algorithm_not_allowed",
      message: `The signature algorithm must be ${rules.algorithms.join(" or ")}.`,
      claim: "alg"
    });
  }
  if (Object.hasOwn(header2, "crit") || Object.hasOwn(header2, "b64")) {
    report({
      code: "critical_header",
      message: "The token needs an extension that is not known.",
      claim: "crit"
    });
  }
  if (kid !== void 0 && typeof kid !== "string") {
    report({ code: "unknown_key", message: "The key id must be text.", claim: "kid" });
  }
  const profile2 = profileOf(typ);
  if (profile2 === void 0 || rules.dialect !== void 0 && profile2 !== profileOfDialect(rules.dialect)) {
    report({
      code: "wrong_type",
      message: `The type must be ${rules.dialect === void 0 ? "JWT or at+jwt" : profileOfDialect(rules.dialect) === "auth0" ? "JWT" : "at+jwt"}.`,
      claim: "typ"
    });
  }
}
function checkPayload(header2, payload, rules, nowSeconds, report) {
  const { iss, aud, exp, nbf, iat, sub } = payload;
  if (typeof iss !== "string" || !rules.issuers.includes(iss)) {
    report({
      code: "wrong_issuer",
      message: typeof iss === "string" && rules.issuers.includes(`${iss}/`) ? "The issuer lacks its final slash." : "The token is from another issuer.",
      claim: "iss"
    });
  }
  if (aud !== rules.audience && !(isTexts(aud) && aud.includes(rules.audience))) {
    report({ code: "wrong_audience", message: "The token is for another audience.", claim: "aud" });
  }
  if (typeof exp !== "number" || !Number.isFinite(exp)) report(invalid("exp", "must be a number"));
  else if (exp <= nowSeconds - rules.clockTolerance) {
    report({ code: "expired", message: "The token has expired.", claim: "exp" });
  }
  if (typeof iat !== "number" || !Number.isFinite(iat)) report(invalid("iat", "must be a number"));
  else if (iat > nowSeconds + rules.clockTolerance) {
    report({ code: "not_yet_valid", message: "The token was issued in the future.", claim: "iat" });
  }
  if (nbf !== void 0) {
    if (typeof nbf !== "number" || !Number.isFinite(nbf)) report(invalid("nbf", "must be a number"));
    else if (nbf > nowSeconds + rules.clockTolerance) {
      report({ code: "not_yet_valid", message: "The token is not valid yet.", claim: "nbf" });
    }
  }
  if (typeof sub !== "string" || sub === "") report(invalid("sub", "must be a text that is not empty"));
  checkKind(header2, payload, report);
  checkShapes(payload, report);
  const client = payload["azp"] ?? payload["client_id"];
  if (rules.clients !== void 0 && !rules.clients.includes(client)) {
    report({ code: "wrong_client", message: "The token was issued to another client.", claim: "azp" });
  }
  if (rules.contract !== void 0) {
    for (const fault2 of rules.contract.validate(payload)) {
      report({
        code: "contract_violation",
        message: `The claims differ from the contract: ${fault2.claim === void 0 ? "" : `${fault2.claim} `}${fault2.message}.`,
        ...fault2.claim === void 0 ? {} : { claim: fault2.claim }
      });
    }
  }
}
function checkNeeds(payload, rules, needs, report) {
  const wanted = rules.requiredScopes.length > 0 || (needs.scopes?.length ?? 0) > 0;
  if (wanted) {
    const granted = typeof payload["scope"] === "string" ? payload["scope"].split(" ") : [];
    for (const scope of [...rules.requiredScopes, ...needs.scopes ?? []]) {
      if (granted.includes(scope)) continue;
      report({ code: "insufficient_scope", message: `The token lacks the scope ${scope}.`, claim: "scope" });
    }
  }
  for (const permission of needs.permissions ?? []) {
    const granted = payload["permissions"];
    if (isTexts(granted) && granted.includes(permission)) continue;
    report({
      code: "insufficient_permissions",
      message: `The token lacks the permission ${permission}.`,
      claim: "permissions"
    });
  }
  const organization = needs.organization;
  if (organization !== void 0) {
    const byId = organization.startsWith("org_");
    const name = payload["org_name"];
    const fits2 = byId ? payload["org_id"] === organization : typeof name === "string" && name.toLowerCase() === organization.toLowerCase();
    if (!fits2) {
      report({
        code: "wrong_organization",
        message: "The token is for another organization, or for none.",
        claim: byId ? "org_id" : "org_name"
      });
    }
  }
}
var ID_TOKEN_CLAIMS = ["nonce", "sid", "at_hash", "c_hash", "s_hash"];
function checkKind(header2, payload, report) {
  for (const claim of ID_TOKEN_CLAIMS) {
    if (payload[claim] === void 0) continue;
    report({ code: "id_token", message: "This is an ID token. An API takes access tokens only.", claim });
    return;
  }
  if (profileOf(header2["typ"]) === "rfc9068") {
    for (const claim of ["client_id", "jti"]) {
      if (typeof payload[claim] !== "string" || payload[claim] === "") {
        report(invalid(claim, "must be a text that is not empty"));
      }
    }
  } else if (typeof payload["azp"] !== "string" || payload["azp"] === "") {
    report(invalid("azp", "must be a text that is not empty"));
  }
}
function checkShapes(payload, report) {
  const { scope, permissions, org_id, org_name } = payload;
  if (scope !== void 0 && typeof scope !== "string") report(invalid("scope", "must be one text"));
  if (permissions !== void 0 && !isTexts(permissions))
    report(invalid("permissions", "must be a list of texts"));
  if (org_id !== void 0 && typeof org_id !== "string") report(invalid("org_id", "must be a text"));
  if (org_name !== void 0 && typeof org_name !== "string") report(invalid("org_name", "must be a text"));
}
function profileOf(typ) {
  if (typ === "JWT") return "auth0";
  switch (typeof typ === "string" ? typ.toLowerCase() : void 0) {
    case "jwt":
    case "application/jwt":
      return "auth0";
    case "at+jwt":
    case "application/at+jwt":
      return "rfc9068";
    default:
      return void 0;
  }
}
function profileOfDialect(dialect) {
  return dialect.startsWith("rfc9068") ? "rfc9068" : "auth0";
}
function invalid(claim, must) {
  return { code: "invalid_claim", message: `The claim ${claim} ${must}.`, claim };
}
function isTexts(value) {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

// lib/verify/verifier.ts
var ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA", "HS256"];
var NONE = {};
var KNOWN_HEADERS = 4;
var TokenVerifier = class {
  #platform;
  #rules;
  #options;
  #maxLength;
  #now;
  #keySets = /* @__PURE__ */ new Map();
  /** Headers of tokens that had a good signature, newest first: few, since an issuer has few keys. */
  #known = [];
  constructor(options, platform) {
    this.#platform = platform;
    this.#options = options;
    this.#rules = rulesOf(options);
    this.#maxLength = options.maxTokenLength ?? 16384;
    this.#now = options.now ?? Date.now;
    for (const issuer of this.#rules.issuers) this.#keySets.set(issuer, this.#keySetOf(issuer));
  }
  async verify(source, needs = NONE) {
    const token = typeof source === "string" ? source : this.#tokenOf(source, needs);
    const fail = (refusal2) => {
      throw this.#error(refusal2, needs);
    };
    const jws = parseCompactJws(token, this.#platform, this.#maxLength, this.#known);
    if (isRefusal(jws)) throw this.#error(jws, needs);
    const isKnown = this.#known.some(({ header: header2 }) => header2 === jws.header);
    if (!isKnown) checkHeader(jws.header, this.#rules, fail);
    const unsigned = this.#checkSignature(jws);
    const refusal = unsigned instanceof Promise ? await unsigned : unsigned;
    if (refusal !== void 0) throw this.#error(refusal, needs);
    if (!isKnown) {
      this.#known = [{ prefix: headerPrefix(token), header: jws.header }, ...this.#known].slice(
        0,
        KNOWN_HEADERS
      );
    }
    checkPayload(jws.header, jws.payload, this.#rules, this.#now() / 1e3, fail);
    if (jws.payload["cnf"] !== void 0) fail(SENDER_CONSTRAINED);
    checkNeeds(jws.payload, this.#rules, needs, fail);
    return jws.payload;
  }
  /**
   * All reasons against a token, for a person who wants to know why; empty when it is good. Looks at the
   * claims even when the signature is wrong, so its answer must never let a request in.
   */
  async explain(token, needs = NONE) {
    const reasons = [];
    const report = (refusal) => {
      reasons.push(refusal);
    };
    const jws = parseCompactJws(token, this.#platform, this.#maxLength);
    if (isRefusal(jws)) return { reasons: [jws] };
    checkHeader(jws.header, this.#rules, report);
    if (this.#rules.algorithms.includes(jws.header["alg"])) {
      const refusal = await this.#checkSignature(jws);
      if (refusal !== void 0 && refusal.code !== "wrong_issuer") reasons.push(refusal);
    }
    checkPayload(jws.header, jws.payload, this.#rules, this.#now() / 1e3, report);
    if (jws.payload["cnf"] !== void 0) report(SENDER_CONSTRAINED);
    checkNeeds(jws.payload, this.#rules, needs, report);
    return { reasons, payload: jws.payload };
  }
  #checkSignature(jws) {
    const keys = this.#keySets.get(jws.payload["iss"]);
    if (keys === void 0) {
      const single = this.#rules.issuers.length === 1 ? this.#keySets.get(this.#rules.issuers[0]) : void 0;
      if (single === void 0 || !this.#isOffline()) return WRONG_ISSUER;
      return this.#withKeys(single, jws);
    }
    return this.#withKeys(keys, jws);
  }
  #withKeys(keys, jws) {
    const algorithm = jws.header["alg"];
    const key = keys.find(jws.header["kid"], algorithm);
    if (!(key instanceof Promise)) return this.#verified(jws, algorithm, key);
    return key.then(
      (found) => this.#verified(jws, algorithm, found),
      (error) => {
        if (error instanceof KeysUnavailable) return KEYS_UNAVAILABLE;
        throw error;
      }
    );
  }
  #verified({ signingInput, signature }, algorithm, key) {
    if (key === void 0) return UNKNOWN_KEY;
    const good = this.#platform.verify(algorithm, key, signingInput, signature);
    if (typeof good === "boolean") return good ? void 0 : BAD_SIGNATURE;
    return good.then((is) => is ? void 0 : BAD_SIGNATURE);
  }
  #keySetOf(issuer) {
    const { jwks, secret, cache, fetch: fetchOption } = this.#options;
    if (secret !== void 0 && this.#rules.algorithms.includes("HS256")) {
      let key;
      return {
        find: async (_kid, algorithm) => {
          if (algorithm !== "HS256") return void 0;
          key ??= await this.#platform.importSecret(secret);
          return key;
        }
      };
    }
    if (typeof jwks === "object") return fixedKeySet(jwks, this.#platform);
    return remoteKeySet(
      {
        ...cache,
        url: jwks ?? `${issuer}.well-known/jwks.json`,
        // Looked up late, so that a test or a runtime may replace the global one.
        fetch: fetchOption ?? ((input, init) => fetch(input, init)),
        now: this.#now
      },
      this.#platform
    );
  }
  /** With keys at hand a foreign issuer costs nothing, and the signature is judged for `explain`. */
  #isOffline() {
    return typeof this.#options.jwks === "object" || this.#options.secret !== void 0;
  }
  #tokenOf(source, needs) {
    const headers = "headers" in source && typeof source.headers === "object" && source.headers !== null ? source.headers : source;
    const credentials = credentialsOf(headers);
    if (credentials === void 0) throw this.#error(NO_TOKEN, needs);
    if (credentials === "malformed") throw this.#error(MALFORMED, needs);
    if (credentials.scheme === "DPoP") throw this.#error(SENDER_CONSTRAINED, needs);
    return credentials.token;
  }
  #error(refusal, needs) {
    const { realm = "api", resourceMetadata } = this.#options;
    return new AccessTokenError(refusal.code, refusal.message, {
      ...refusal.claim === void 0 ? {} : { claim: refusal.claim },
      wwwAuthenticate: challenge({
        realm,
        schemes: ["Bearer"],
        code: refusal.code,
        description: refusal.message,
        scope: [.../* @__PURE__ */ new Set([...this.#rules.requiredScopes, ...needs.scopes ?? []])],
        ...resourceMetadata === void 0 ? {} : { resourceMetadata }
      })
    });
  }
};
var NO_TOKEN = { code: "no_token", message: "The request has no access token." };
var MALFORMED = {
  code: "malformed_request",
  message: "The Authorization header must be a scheme, a blank and one token."
};
var WRONG_ISSUER = {
  code: "wrong_issuer",
  message: "The token is from another issuer.",
  claim: "iss"
};
var UNKNOWN_KEY = {
  code: "unknown_key",
  message: "The issuer has no key with this id that fits the algorithm.",
  claim: "kid"
};
var BAD_SIGNATURE = { code: "bad_signature", message: "The signature is not that of the issuer." };
var KEYS_UNAVAILABLE = {
  code: "keys_unavailable",
  message: "The keys of the issuer cannot be fetched at the moment."
};
var SENDER_CONSTRAINED = {
  code: "sender_constrained",
  message: "The token is bound to a key, and this API does not check such proofs.",
  claim: "cnf"
};
function rulesOf(options) {
  const { issuer, issuers, domain, audience, algorithms = ["RS256", "PS256"], secret } = options;
  const named = [issuer, issuers, domain].filter((value) => value !== void 0);
  if (named.length !== 1) usage('exactly one of "issuer", "issuers" and "domain" is needed');
  if (domain !== void 0 && !/^[A-Za-z0-9.-]+(:\d+)?$/.test(domain)) usage('"domain" must be a host name');
  const all = issuers ?? [issuer ?? `https://${domain}/`];
  if (all.length === 0) usage('"issuers" must not be empty');
  for (const one of all) {
    if (!URL.canParse(one) || !/^https?:\/\//.test(one)) usage(`the issuer "${one}" must be a URL`);
    if (!one.endsWith("/")) usage(`the issuer "${one}" must end with a slash, as Auth0 writes it`);
  }
  if (typeof audience !== "string" || audience === "") usage('"audience" must be the identifier of this API');
  if (algorithms.length === 0 || algorithms.some((name) => !ALGORITHMS.includes(name))) {
    usage(`"algorithms" must name some of ${ALGORITHMS.join(", ")}`);
  }
  if (algorithms.includes("HS256") !== (secret !== void 0)) {
    usage('"HS256" and "secret" go together');
  }
  if (algorithms.includes("HS256") && algorithms.length > 1) {
    usage('"HS256" must be the only algorithm: a public key must never be taken for a secret');
  }
  if (typeof options.jwks === "object" && !isKeySet(options.jwks))
    usage('"jwks" must be a JWKS document or its address');
  const clockTolerance = options.clockTolerance ?? 5;
  if (!(clockTolerance >= 0 && clockTolerance <= 300)) {
    usage('"clockTolerance" must be between 0 and 300 seconds');
  }
  return {
    issuers: all,
    audience,
    algorithms,
    requiredScopes: options.requiredScopes ?? [],
    clockTolerance,
    ...options.dialect === void 0 ? {} : { dialect: options.dialect },
    ...options.contract === void 0 ? {} : { contract: options.contract },
    ...options.clients === void 0 ? {} : { clients: options.clients }
  };
}
function usage(message) {
  throw new ToolkitError("ERR_USAGE", message, {
    hint: 'E.g. createVerifier({ domain: "acme.eu.auth0.com", audience: "https://orders.acme.example/" }).'
  });
}

// lib/verify/node.ts
function createVerifier(options) {
  return new TokenVerifier(options, nodePlatform);
}

// lib/verify/web-platform.ts
import { importJWK } from "jose";
var ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
var CANONICAL = /^[A-Za-z0-9_-]*$/;
var decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
var encoder = new TextEncoder();
var PARAMETERS = {
  RS256: { name: "RSASSA-PKCS1-v1_5" },
  PS256: { name: "RSA-PSS", saltLength: 32 },
  ES256: { name: "ECDSA", hash: "SHA-256" },
  EdDSA: { name: "Ed25519" },
  HS256: { name: "HMAC" }
};
var webPlatform = {
  decodeText(segment) {
    const bytes = decode2(segment);
    if (bytes === void 0) return void 0;
    try {
      return decoder.decode(bytes);
    } catch {
      return void 0;
    }
  },
  decodeBytes: decode2,
  async importKey(jwk, algorithm) {
    const key = await importJWK({ ...jwk, kty: jwk.kty ?? "" }, algorithm);
    if (key instanceof Uint8Array || key.type !== "public") throw new TypeError("not a public key");
    const bits = key.algorithm.modulusLength;
    if (bits !== void 0 && bits < MIN_RSA_BITS) throw new TypeError("the RSA key is too short");
    return key;
  },
  importSecret(secret) {
    return crypto.subtle.importKey("raw", encoder.encode(secret), { name: "HMAC", hash: "SHA-256" }, false, [
      "verify"
    ]);
  },
  verify(algorithm, key, signingInput, signature) {
    return crypto.subtle.verify(
      PARAMETERS[algorithm],
      key,
      signature,
      encoder.encode(signingInput)
    );
  }
};
function decode2(segment) {
  const rest = segment.length % 4;
  if (rest === 1 || !CANONICAL.test(segment)) return void 0;
  if (rest !== 0 && (ALPHABET.indexOf(segment[segment.length - 1]) & (rest === 2 ? 15 : 3)) !== 0) {
    return void 0;
  }
  const binary = atob(segment.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

// lib/verify/index.ts
function createVerifier2(options) {
  return new TokenVerifier(options, webPlatform);
}

// lib/contract/formats.ts
var FORMATS = {
  date: /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/,
  "date-time": /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])[Tt](?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d{1,9})?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/,
  email: /^[^\s@"]{1,64}@[^\s@"]{1,255}$/,
  uri: /^[A-Za-z][A-Za-z0-9+.-]{0,30}:[^\s"<>\\^`{|}]*$/,
  uuid: /^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$/
};

// lib/contract/schema-walk.ts
function inPlaceSchemas(schema) {
  return [
    ...schema.allOf ?? [],
    ...schema.anyOf ?? [],
    ...schema.oneOf ?? [],
    ...schema.then === void 0 ? [] : [schema.then],
    ...schema.else === void 0 ? [] : [schema.else],
    ...Object.values(schema.dependentSchemas ?? {})
  ];
}
function declaredClaims(schema) {
  const names = new Set(Object.keys(schema.properties ?? {}));
  for (const part of inPlaceSchemas(schema)) {
    if (typeof part === "object") for (const name of declaredClaims(part)) names.add(name);
  }
  return [...names];
}

// lib/contract/custom-claims.ts
var ISSUED_CLAIMS = new Set(
  // Issued by Auth0 as protocol claims, or restricted for Actions.
  "iss sub aud exp nbf iat jti azp nonce auth_time acr amr at_hash c_hash s_hash sid client_id cnf act may_act authorization_details typ cty roles groups permissions entitlements org_id org_name scope gty internalService object_id uuid active events orig dest ath htm htu x5t#S256 jku jwe jwk kid sub_jwk mky attest origid rph jcard toe txn vot vtm sip_callid sip_cseq_num sip_date sip_from_tag sip_via_branch sub_profile client_profile name family_name given_name middle_name nickname picture updated_at email email_verified preferred_username profile website gender birthdate zoneinfo locale address phone_number phone_number_verified".split(" ")
);
function isIssuedClaim(name) {
  return ISSUED_CLAIMS.has(name);
}

// lib/claims/audience.ts
function isAuth0Audience(audience) {
  let url;
  try {
    url = new URL(audience);
  } catch {
    return false;
  }
  const host = url.hostname.replace(/\.$/, "");
  if (!/\.auth0(app)?\.com$/.test(host)) return false;
  return /^\/(api|api\/v2|mfa)\/?$/.test(url.pathname);
}

// lib/claims/names.ts
var RESTRICTED_CLAIMS = /* @__PURE__ */ new Set([
  ...["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "azp", "nonce", "auth_time", "acr", "amr", "at_hash"],
  ...["c_hash", "s_hash", "sid", "client_id", "cnf", "act", "may_act", "authorization_details", "typ", "cty"],
  ...["roles", "groups", "permissions", "entitlements", "org_id", "org_name"],
  ...["gty", "internalService", "object_id", "uuid", "active", "events", "orig", "dest"],
  ...["ath", "htm", "htu", "x5t#S256", "jku", "jwe", "jwk", "kid", "sub_jwk", "mky"],
  ...[
    "attest",
    "origid",
    "rph",
    "jcard",
    "toe",
    "txn",
    "vot",
    "vtm",
    "sip_callid",
    "sip_cseq_num",
    "sip_date"
  ],
  ...["sip_from_tag", "sip_via_branch"]
]);
var PROFILE_CLAIM_SCOPES = new Map([
  ...["name", "family_name", "given_name", "middle_name", "nickname", "picture", "updated_at"].map(profile),
  ...["preferred_username", "profile", "website", "gender", "birthdate", "zoneinfo", "locale"].map(profile),
  ["email", "email"],
  ["email_verified", "email"],
  ["address", "address"],
  ["phone_number", "phone"],
  ["phone_number_verified", "phone"]
]);
function profile(name) {
  return [name, "profile"];
}
var AUTH0_NAMESPACE_HOSTS = ["auth0.com", "webtask.io", "webtask.run"];
var CLAIMED_BY_OTHERS = /* @__PURE__ */ new Map([
  ["sub_profile", "Auth0 issues it for agents"],
  ["client_profile", "Auth0 issues it for agents"],
  ["verified_claims", "OpenID Connect for Identity Assurance"],
  ["place_of_birth", "OpenID Connect for Identity Assurance"],
  ["nationalities", "OpenID Connect for Identity Assurance"],
  ["msisdn", "OpenID Connect for Identity Assurance"],
  ["vc", "W3C Verifiable Credentials"],
  ["vp", "W3C Verifiable Credentials"],
  ["status_list", "Token Status List"],
  ["token_introspection", "RFC 9701"],
  ["phone_verified", "OpenID Connect spells it phone_number_verified"]
]);
function otherMeaningOf(name) {
  return CLAIMED_BY_OTHERS.get(name);
}

// lib/claims/namespace.ts
function isWebName(name) {
  return /^https?:\/\//i.test(name);
}
function namespaceHost(name) {
  if (!isWebName(name)) return void 0;
  try {
    return new URL(name).hostname.replace(/\.+$/, "") || void 0;
  } catch {
    return void 0;
  }
}
function isAuth0Host(host) {
  const plain = host.toLowerCase().replace(/\.+$/, "");
  return AUTH0_NAMESPACE_HOSTS.some((own) => plain === own || plain.endsWith(`.${own}`));
}

// lib/claims/rules.ts
var CREATE = "https://auth0.com/docs/secure/tokens/json-web-tokens/create-custom-claims";
var MIGRATION = "https://auth0.com/docs/troubleshoot/product-lifecycle/past-migrations/custom-claims-migration";
var PAST = "https://auth0.com/docs/troubleshoot/product-lifecycle/past-migrations";
var SCOPES = "https://auth0.com/docs/get-started/apis/scopes/openid-connect-scopes";
var API_CODE = "https://github.com/auth0/auth0-actions/blob/09eb3b6e2e81f2bcbf7a2791969a9a30cb186751/src/_shared/DvTaCl9e.js";
var IANA = "https://www.iana.org/assignments/jwt/jwt.xhtml";
var set = (name, value, token = "accessToken") => `api.${token}.setCustomClaim('${name}', ${value})`;
var GOOD_ROLES = set("https://acme.example/roles", "event.authorization?.roles");
var claimRules = {
  "claims/reserved-scope": {
    id: "claims/reserved-scope",
    summary: 'No claim is named "scope".',
    severity: "error",
    evidence: "code",
    source: API_CODE,
    why: "The one name that setCustomClaim refuses: the call throws, and an uncaught throw fails the login. Scopes are changed with addScope and removeScope.",
    example: { before: set("scope", "'read:orders'"), after: "api.accessToken.addScope('read:orders')" }
  },
  "claims/restricted-name": {
    id: "claims/restricted-name",
    summary: "A custom claim does not use a name that Auth0 restricts.",
    severity: "error",
    evidence: "documentation",
    source: CREATE,
    why: 'Sixty names are restricted, "roles", "permissions" and "org_id" among them. The call succeeds, the login succeeds, and the claim is not in the token. Only the bare name is restricted: under a namespace it is fine. Names are compared exactly.',
    example: { before: set("roles", "event.authorization?.roles"), after: GOOD_ROLES }
  },
  "claims/dollar-prefix": {
    id: "claims/dollar-prefix",
    summary: 'A custom claim does not start with "$".',
    severity: "error",
    evidence: "documentation",
    source: PAST,
    why: "One page says that such names are refused; no page says how. We take it as a silent drop.",
    example: { before: set("$plan", "'team'"), after: set("https://acme.example/plan", "'team'") }
  },
  "claims/auth0-namespace": {
    id: "claims/auth0-namespace",
    summary: "A namespace is not on a domain of Auth0.",
    severity: "error",
    evidence: "documentation",
    source: MIGRATION,
    why: "Claims whose host is auth0.com, webtask.io or webtask.run, or a subdomain of one, are ignored in both tokens and at /userinfo. The host is compared by whole labels, so auth0.example.org is fine.",
    example: {
      before: set("https://acme.eu.auth0.com/roles", "event.authorization?.roles"),
      after: GOOD_ROLES
    }
  },
  "claims/urn-auth0": {
    id: "claims/urn-auth0",
    summary: 'A claim name does not start with "urn:auth0".',
    severity: "error",
    evidence: "documentation",
    source: CREATE,
    why: "The prefix is reserved. The page does not say what becomes of such a claim; we take it as a silent drop.",
    example: { before: set("urn:auth0:roles", "['admin']"), after: set("urn:acme:roles", "['admin']") }
  },
  "claims/urn": {
    id: "claims/urn",
    summary: "A URN names a claim of an access token for an API of your own.",
    severity: "info",
    evidence: "documentation",
    source: CREATE,
    why: 'URNs are allowed "if you use a custom API". For ID tokens no page says yes or no; we take it as kept.',
    example: {
      before: set("urn:acme:plan", "'team'", "idToken"),
      after: set("https://acme.example/plan", "'team'", "idToken")
    }
  },
  "claims/private-name": {
    id: "claims/private-name",
    summary: "A custom claim has a namespace.",
    severity: "warning",
    evidence: "documentation",
    source: CREATE,
    why: "A short name is kept in tokens for an API of your own, silently dropped in tokens for an API of Auth0, and lost on the day that Auth0 or a standard takes the name.",
    example: { before: set("plan", "'team'"), after: set("https://acme.example/plan", "'team'") }
  },
  "claims/malformed-namespace": {
    id: "claims/malformed-namespace",
    summary: "A name that starts like a web address is one.",
    severity: "warning",
    evidence: "inference",
    source: CREATE,
    why: "The name starts with http:// or https:// and has no readable host. Whether Auth0 takes it for a namespace is not documented.",
    example: { before: set("https:///plan", "'team'"), after: set("https://acme.example/plan", "'team'") }
  },
  "claims/auth0-audience": {
    id: "claims/auth0-audience",
    summary: "Access tokens for an API of Auth0 carry no custom claims.",
    severity: "warning",
    evidence: "contradiction",
    source: MIGRATION,
    why: "Short names are dropped there. On names with a namespace Auth0's page contradicts itself: its text and sample keep them, a comment in its code and an answer of its support drop them.",
    example: {
      before: `${set("plan", "'team'")} // audience https://acme.eu.auth0.com/api/v2/`,
      after: `${set("https://acme.example/plan", "'team'")} // audience https://orders.acme.example/`
    }
  },
  "claims/oidc-profile-scope": {
    id: "claims/oidc-profile-scope",
    summary: "An OIDC profile claim is set only where its scope is asked for.",
    severity: "warning",
    evidence: "documentation",
    source: SCOPES,
    why: "The nineteen profile claims can be set, and Auth0 removes each again from both tokens when its scope (profile, email, phone, address) was not asked for. On access tokens its support advises a namespace.",
    example: {
      before: set("email", "event.user.email"),
      after: set("https://acme.example/email", "event.user.email")
    }
  },
  "claims/standard-collision": {
    id: "claims/standard-collision",
    summary: "A short claim name has no other meaning in a standard.",
    severity: "info",
    evidence: "standard",
    source: IANA,
    why: "The name works today, but a standard or Auth0 itself gives it a meaning, and a library may read yours as theirs.",
    example: { before: set("vc", "1"), after: set("https://acme.example/vc", "1") }
  },
  "claims/too-large": {
    id: "claims/too-large",
    summary: "The custom claims of one token are at most 100 000 bytes together.",
    severity: "error",
    evidence: "documentation",
    source: MIGRATION,
    why: "Names and values count, each token for itself. Past the limit the login fails. The page says 100KB and not how it measures: we take 100 000 bytes of UTF-8 of names and JSON values.",
    example: {
      before: set("https://acme.example/profile", "event.user"),
      after: set("https://acme.example/plan", "event.user.app_metadata.plan")
    }
  },
  "claims/namespaced": {
    id: "claims/namespaced",
    summary: "A claim name under a web address of your own is kept.",
    severity: "none",
    evidence: "documentation",
    source: CREATE,
    why: "An http or https address of a host that you control; Auth0 never calls it.",
    example: { before: set("plan", "'team'"), after: set("https://acme.example/plan", "'team'") }
  }
};

// lib/claims/check-claim-name.ts
var namespaced = (name) => `https://acme.example/${name.replace(/^[$/]+/, "") || "name"}`;
function checkClaimName(name, context) {
  const quoted = JSON.stringify(name);
  const token = context.token === "id_token" ? "ID token" : "access token";
  if (name === "scope") {
    return rule("claims/reserved-scope", "refused", "error", {
      reason: '"scope" cannot be a custom claim: the call throws, and uncaught it fails the login.',
      hint: context.token === "id_token" ? `Use a namespaced name, e.g. "${namespaced("scope")}".` : `Use api.accessToken.addScope(...) to change scopes, or a namespaced name, e.g. "${namespaced("scope")}".`
    });
  }
  if (RESTRICTED_CLAIMS.has(name)) {
    return rule("claims/restricted-name", "dropped", "error", {
      reason: `${quoted} is restricted: Auth0 drops it from the ${token} and the login still succeeds.`,
      hint: `Use a namespaced name, e.g. "${namespaced(name)}".`
    });
  }
  if (name.startsWith("$")) {
    return rule("claims/dollar-prefix", "dropped", "error", {
      reason: `${quoted} starts with "$", which Auth0 refuses in claim names.`,
      hint: `Use a namespaced name, e.g. "${namespaced(name)}".`
    });
  }
  if (isWebName(name)) return checkWebName(name, quoted, token, context);
  if (/^urn:auth0/i.test(name)) {
    return rule("claims/urn-auth0", "dropped", "error", {
      reason: `${quoted} starts with "urn:auth0", which Auth0 reserves: the claim does not reach the ${token}.`,
      hint: `Use a name of your own, e.g. "${name.replace(/^urn:auth0/i, "urn:acme")}".`
    });
  }
  const auth0Api = onAuth0Api(context);
  if (auth0Api && !PROFILE_CLAIM_SCOPES.has(name)) {
    return rule("claims/auth0-audience", "dropped", "warning", {
      reason: `${quoted} has no namespace: Auth0 drops it from access tokens for its own API.`,
      hint: "Ask for a token of an API of your own to carry custom claims.",
      evidence: "documentation"
    });
  }
  if (/^urn:/i.test(name)) {
    return rule("claims/urn", "kept", context.token === "id_token" ? "info" : void 0, {
      reason: context.token === "id_token" ? `${quoted} is a URN; the documentation allows URNs for custom APIs and is silent on ID tokens.` : `${quoted} is a URN of your own: kept in access tokens for an API of your own.`,
      hint: "A name under an https address works in both tokens."
    });
  }
  const gate = PROFILE_CLAIM_SCOPES.get(name);
  if (gate !== void 0) return checkProfileClaim(name, quoted, token, gate, context);
  const meaning = otherMeaningOf(name);
  return rule("claims/private-name", "kept", "warning", {
    reason: `${quoted} has no namespace: ` + (context.token === "access_token" ? "kept for an API of your own, dropped for an API of Auth0, and it may collide." : "it is kept today and may collide with a claim of Auth0 or of a standard.") + (meaning === void 0 ? "" : ` The name has another meaning already (${meaning}).`),
    hint: `Use a namespaced name, e.g. "${namespaced(name)}".`
  });
}
function checkWebName(name, quoted, token, context) {
  const host = namespaceHost(name);
  if (host === void 0) {
    return rule("claims/malformed-namespace", "kept", "warning", {
      reason: `${quoted} starts like a web address and has no host that can be read.`,
      hint: 'Use an address of a domain that you control, e.g. "https://acme.example/plan".'
    });
  }
  if (isAuth0Host(host)) {
    return rule("claims/auth0-namespace", "dropped", "error", {
      reason: `${quoted} is under "${host}", a domain of Auth0: the claim is dropped from the ${token} and the login still succeeds.`,
      hint: `Use a namespace on a domain that you control, e.g. "${namespaced(lastSegment(name))}".`
    });
  }
  if (onAuth0Api(context)) {
    return rule("claims/auth0-audience", "kept", "warning", {
      reason: `Auth0's own page contradicts itself on whether ${quoted} reaches an access token for its own API.`,
      hint: "Ask for a token of an API of your own to carry custom claims."
    });
  }
  return rule("claims/namespaced", "kept", void 0, {
    reason: `${quoted} is under a namespace that is not Auth0's.`,
    hint: ""
  });
}
function checkProfileClaim(name, quoted, token, gate, context) {
  const hint = context.token === "access_token" ? `Use a namespaced name, e.g. "${namespaced(name)}"; the ID token has ${quoted} with the scope "${gate}".` : `Ask for the scope "${gate}", or use a namespaced name, e.g. "${namespaced(name)}".`;
  if (context.scopes === void 0) {
    return rule("claims/oidc-profile-scope", "kept", context.token === "access_token" ? "warning" : "info", {
      reason: `${quoted} is an OIDC profile claim: Auth0 removes it from the ${token} when the scope "${gate}" was not asked for.`,
      hint
    });
  }
  if (!context.scopes.includes(gate)) {
    return rule("claims/oidc-profile-scope", "dropped", "warning", {
      reason: `${quoted} is an OIDC profile claim and the scope "${gate}" was not asked for: Auth0 removes it from the ${token}.`,
      hint
    });
  }
  return rule("claims/oidc-profile-scope", "kept", context.token === "access_token" ? "info" : void 0, {
    reason: `${quoted} is an OIDC profile claim, and the scope "${gate}" was asked for.`,
    hint
  });
}
function onAuth0Api(context) {
  return context.token === "access_token" && context.audience !== void 0 && isAuth0Audience(context.audience);
}
function lastSegment(name) {
  return /([^/#?:]+)[/#?:]*$/.exec(name.replace(/^https?:\/\/[^/\\?#]*/i, ""))?.[1] ?? "name";
}
function rule(id, verdict, severity, text) {
  const { evidence, source } = claimRules[id];
  return {
    verdict,
    rule: id,
    ...severity === void 0 ? {} : { severity },
    reason: text.reason,
    hint: text.hint,
    evidence: text.evidence ?? evidence,
    source
  };
}

// lib/finding.ts
function sortFindings(findings) {
  return [...findings].sort(
    (a, b) => compare(a.file, b.file) || a.line - b.line || a.column - b.column || compare(a.rule, b.rule) || compare(a.claim ?? "", b.claim ?? "")
  );
}
function compare(a, b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

// lib/contract/compile.ts
import { Ajv2020 } from "ajv/dist/2020.js";

// lib/contract/json-text.ts
function parseJson(text, file) {
  const places = /* @__PURE__ */ new Map();
  let at = 0;
  function fail(message, offset = at) {
    throw new ToolkitError("ERR_CONTRACT", `"${file}" is not valid JSON: ${message}`, {
      file,
      ...placeAt(text, offset),
      hint: "Correct the line; JSON has no comments, no final commas, and double quotes only."
    });
  }
  function space() {
    while (at < text.length && " 	\n\r".includes(text[at])) at++;
  }
  function expect(character) {
    space();
    if (text[at] !== character)
      fail(at < text.length ? `"${character}" is missing here` : "it ends too early");
    at++;
  }
  function string() {
    const start = at;
    at++;
    while (text[at] !== '"') {
      if (at >= text.length || text[at] < " ") fail("a text is not closed", start);
      at += text[at] === "\\" ? 2 : 1;
    }
    at++;
    try {
      return JSON.parse(text.slice(start, at));
    } catch {
      return fail("a text has a wrong escape", start);
    }
  }
  function value(path) {
    space();
    if (!places.has(path)) places.set(path, at);
    const first = text[at];
    if (first === "{") return object(path);
    if (first === "[") return array(path);
    if (first === '"') return string();
    const word = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)/.exec(
      text.slice(at, at + 400)
    );
    if (word === null) return fail(at < text.length ? "a value is missing here" : "it ends too early");
    at += word[0].length;
    return JSON.parse(word[0]);
  }
  function object(path) {
    const result = {};
    at++;
    space();
    if (text[at] === "}") {
      at++;
      return result;
    }
    for (; ; ) {
      space();
      const start = at;
      if (text[at] !== '"') fail("a key in double quotes is missing here");
      const key = string();
      if (Object.hasOwn(result, key)) fail(`the key "${key}" stands twice`, start);
      const child = `${path}/${escaped(key)}`;
      places.set(child, start);
      expect(":");
      Object.defineProperty(result, key, {
        value: value(child),
        enumerable: true,
        writable: true,
        configurable: true
      });
      space();
      if (text[at] === ",") {
        at++;
        continue;
      }
      expect("}");
      return result;
    }
  }
  function array(path) {
    const result = [];
    at++;
    space();
    if (text[at] === "]") {
      at++;
      return result;
    }
    for (; ; ) {
      result.push(value(`${path}/${result.length}`));
      space();
      if (text[at] === ",") {
        at++;
        continue;
      }
      expect("]");
      return result;
    }
  }
  if (text.startsWith("\uFEFF")) at = 1;
  const root = value("");
  space();
  if (at < text.length) fail("something follows the end of the document");
  return {
    value: root,
    placeOf(path) {
      for (let length = path.length; length >= 0; length--) {
        const offset = places.get(
          path.slice(0, length).map((part) => `/${escaped(String(part))}`).join("")
        );
        if (offset !== void 0) return placeAt(text, offset);
      }
      return { line: 1, column: 1 };
    }
  };
}
function pointerParts(pointer) {
  return pointer.split("/").slice(1).map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}
function escaped(part) {
  return part.replaceAll("~", "~0").replaceAll("/", "~1");
}
function placeAt(text, offset) {
  const before = text.slice(0, offset);
  return { line: before.split("\n").length, column: offset - before.lastIndexOf("\n") };
}

// lib/contract/compile.ts
function contractAjv(options = {}) {
  const ajv = new Ajv2020({
    strict: true,
    strictTypes: true,
    strictTuples: true,
    // Conditions ask about claims that they do not describe (`scope`, `org_id`).
    strictRequired: false,
    allowUnionTypes: true,
    allErrors: options.standalone !== true,
    logger: false,
    ...options.standalone ? { code: { source: true, esm: true, optimize: 2 } } : {}
  });
  ajv.addKeyword({ keyword: "x-auth0", schemaType: "object" });
  for (const [name, pattern] of Object.entries(FORMATS)) ajv.addFormat(name, pattern);
  return ajv;
}
function schemaUri(file, schema) {
  return schema.$id ?? `https://contracts.invalid/${encodeURIComponent(file.slice(file.lastIndexOf("/") + 1))}`;
}
function faultsOf(errors) {
  return (errors ?? []).filter((error) => error.keyword !== "if").map((error) => {
    const missing = error.params["missingProperty"];
    const [claim = missing] = pointerParts(error.instancePath);
    return {
      path: error.instancePath,
      ...claim === void 0 ? {} : { claim },
      keyword: error.keyword,
      message: messageOf(error)
    };
  });
}
function messageOf({ keyword, params, message }) {
  switch (keyword) {
    case "enum":
      return `must be one of ${params["allowedValues"].map((value) => JSON.stringify(value)).join(", ")}`;
    case "const":
      return `must be ${JSON.stringify(params["allowedValue"])}`;
    case "required":
      return `must have "${params["missingProperty"]}"`;
    case "additionalProperties":
    case "unevaluatedProperties":
      return "must not have more members than the contract describes";
    case "propertyNames":
      return "has a member whose name is not allowed";
    default:
      return message ?? "does not match the contract";
  }
}

// lib/contract/read-contracts.ts
var SCHEMA = "https://json-schema.org/draft/2020-12/schema";
var SCHEMA_DOCS = "https://json-schema.org/draft/2020-12/json-schema-core";
var CLAIM_DOCS = "https://auth0.com/docs/secure/tokens/json-web-tokens/create-custom-claims";
async function readContracts(files, readFile2, options = {}) {
  const { contracts, findings } = await checkContracts(files, readFile2, options);
  const fault2 = findings.find((finding) => finding.severity === "error");
  if (fault2 !== void 0) {
    const { file, line, column, hint, message } = fault2;
    throw new ToolkitError("ERR_CONTRACT", message, { file, line, column, hint });
  }
  return contracts;
}
async function checkContracts(files, readFile2, options = {}) {
  const texts = [];
  for (const file of [...files].sort()) {
    texts.push({ file: relative(file, options.root), text: await readText(file, readFile2) });
  }
  return compileContracts(texts);
}
function compileContracts(texts) {
  const findings = [];
  const parsed = [];
  for (const { file, text } of texts) {
    try {
      const json = parseJson(text, file);
      if (isObject(json.value)) parsed.push({ file, json, schema: json.value });
      else findings.push(fault("contract/not-a-contract", file, json, [], "A contract is a JSON object.", ""));
    } catch (error) {
      if (!(error instanceof ToolkitError)) throw error;
      findings.push({
        rule: "contract/not-json",
        severity: "error",
        message: error.message,
        hint: error.hint ?? "",
        file,
        line: error.line ?? 1,
        column: error.column ?? 1,
        source: "https://www.rfc-editor.org/rfc/rfc8259"
      });
    }
  }
  const contracts = [];
  for (const entry of parsed) {
    const { file, json, schema } = entry;
    const header2 = headerOf(file, json, schema, findings);
    if (header2 === void 0) continue;
    const claims = declaredClaims(schema);
    const before = findings.length;
    checkNames(file, json, schema, header2, findings);
    const validate = compile(entry, parsed, findings);
    if (validate === void 0 || findings.slice(before).some(({ severity }) => severity === "error"))
      continue;
    contracts.push({
      file,
      ...header2,
      schema,
      claims,
      validate: (payload) => validate(payload) ? [] : faultsOf(validate.errors),
      placeOf: json.placeOf
    });
  }
  checkDuplicates(contracts, findings);
  return { contracts, findings: sortFindings(findings) };
}
function headerOf(file, json, schema, findings) {
  const facts = schema["x-auth0"];
  if (facts === void 0 && schema.properties === void 0) return void 0;
  const before = findings.length;
  const report = (path, message, hint) => {
    findings.push(fault("contract/not-a-contract", file, json, path, message, hint));
  };
  if (!isObject(facts)) {
    report(
      [],
      "The contract does not say which token it is about.",
      'Add "x-auth0": { "token": "access_token", "audience": "<identifier of the API>" }.'
    );
    return void 0;
  }
  const { token, audience, maxBytes, ...unknown } = facts;
  if (token !== "access_token" && token !== "id_token") {
    report(
      ["x-auth0", "token"],
      '"token" must be "access_token" or "id_token".',
      "Say which of the two tokens carries the claims."
    );
  }
  if (token === "access_token" && (typeof audience !== "string" || audience === "")) {
    report(
      ["x-auth0"],
      "A contract for access tokens names its API.",
      'Add "audience": the identifier of the API in tenant.yaml.'
    );
  }
  if (token === "id_token" && audience !== void 0) {
    report(
      ["x-auth0", "audience"],
      "ID tokens have no API as audience: their audience is the application.",
      'Remove "audience".'
    );
  }
  if (maxBytes !== void 0 && (!Number.isSafeInteger(maxBytes) || maxBytes < 1)) {
    report(
      ["x-auth0", "maxBytes"],
      '"maxBytes" must be a whole number of bytes above 0.',
      'E.g. "maxBytes": 1200.'
    );
  }
  for (const key of Object.keys(unknown)) {
    report(
      ["x-auth0", key],
      `"x-auth0" has the unknown member "${key}".`,
      "Known: token, audience, maxBytes."
    );
  }
  if (schema["$schema"] !== SCHEMA) {
    report(["$schema"], `"$schema" must be "${SCHEMA}".`, "Other drafts read some keywords differently.");
  }
  if (typeof schema.title !== "string" || !/^[A-Za-z_$][\w$]*$/.test(schema.title)) {
    report(["title"], '"title" must be a name that TypeScript can use.', 'E.g. "title": "OrdersAccessToken".');
  }
  if (schema.type !== "object" || !isObject(schema.properties)) {
    report(
      ["type"],
      'A contract is of "type": "object" with "properties".',
      "Describe each claim as a property."
    );
  }
  if (schema.additionalProperties === false || schema["unevaluatedProperties"] === false) {
    report(
      [schema.additionalProperties === false ? "additionalProperties" : "unevaluatedProperties"],
      "A contract that is closed to other members refuses every token: tokens also carry registered claims.",
      "Remove it. Undeclared custom claims are reported where they are written."
    );
  }
  if (findings.length > before) return void 0;
  return {
    title: schema.title,
    ...typeof schema.description === "string" ? { description: schema.description } : {},
    token,
    ...audience === void 0 ? {} : { audience },
    ...maxBytes === void 0 ? {} : { maxBytes }
  };
}
function checkNames(file, json, schema, header2, findings) {
  for (const claim of Object.keys(schema.properties ?? {})) {
    const name = checkClaimName(claim, {
      token: header2.token,
      ...header2.audience === void 0 ? {} : { audience: header2.audience }
    });
    if (name.severity === void 0) continue;
    findings.push({
      rule: name.rule,
      // A contract that promises what cannot arrive is wrong, whatever the write would be.
      severity: name.verdict === "kept" ? name.severity : "error",
      message: name.verdict !== "kept" && isIssuedClaim(claim) ? `The contract describes "${claim}", which Auth0 itself issues or reserves. ${name.reason}` : name.reason,
      hint: name.hint,
      file,
      ...json.placeOf(["properties", claim]),
      claim,
      token: header2.token,
      source: name.source
    });
  }
  for (const [index, claim] of (schema.required ?? []).entries()) {
    if (declaredClaims(schema).includes(claim)) continue;
    findings.push({
      ...fault(
        "contract/undeclared-required",
        file,
        json,
        ["required", String(index)],
        `"required" names "${claim}", which "properties" does not describe.`,
        isIssuedClaim(claim) ? "Registered claims are verified, not described." : "Correct the name, or describe the claim."
      ),
      claim,
      token: header2.token
    });
  }
}
function compile(entry, all, findings) {
  const ajv = contractAjv();
  try {
    for (const other of all) ajv.addSchema(other.schema, schemaUri(other.file, other.schema));
    return ajv.getSchema(schemaUri(entry.file, entry.schema));
  } catch (error) {
    const message = error.message.replaceAll("https://contracts.invalid/", "");
    const keyword = /(?:unknown keyword|keyword)s?:? "([^"]+)"/.exec(message)?.[1];
    findings.push(
      fault(
        "contract/not-a-schema",
        entry.file,
        entry.json,
        keyword === void 0 ? [] : [keyword],
        `The contract is not a usable JSON Schema: ${message}.`,
        "Contracts are JSON Schema 2020-12, read in strict mode."
      )
    );
    return void 0;
  }
}
function checkDuplicates(contracts, findings) {
  const seen = /* @__PURE__ */ new Map();
  for (const contract2 of contracts) {
    for (const [key, what, path] of [
      [`title ${contract2.title}`, `the title "${contract2.title}"`, ["title"]],
      [
        `token ${contract2.token} ${contract2.audience ?? ""}`,
        contract2.audience === void 0 ? "ID tokens" : `access tokens for "${contract2.audience}"`,
        ["x-auth0"]
      ]
    ]) {
      const first = seen.get(key);
      if (first === void 0) {
        seen.set(key, contract2.file);
        continue;
      }
      findings.push({
        ...fault(
          "contract/twice",
          contract2.file,
          contract2,
          path,
          `"${first}" already has ${what}.`,
          "Keep one contract per token and API."
        ),
        token: contract2.token
      });
    }
  }
}
function fault(rule2, file, json, path, message, hint) {
  return {
    rule: rule2,
    severity: "error",
    message,
    hint,
    file,
    ...json.placeOf(path),
    source: rule2 === "contract/not-a-schema" ? SCHEMA_DOCS : CLAIM_DOCS
  };
}
async function readText(file, readFile2) {
  try {
    return await readFile2(file);
  } catch (cause) {
    throw new ToolkitError("ERR_INPUT", `the contract "${file}" cannot be read`, {
      cause,
      hint: "Check that the file exists and may be read."
    });
  }
}
function relative(file, root) {
  const path = file.replaceAll("\\", "/");
  const prefix = root === void 0 ? "" : `${root.replaceAll("\\", "/").replace(/\/$/, "")}/`;
  return prefix !== "" && path.startsWith(prefix) ? path.slice(prefix.length) : path;
}
function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

// lib/contract/standalone.ts
import standaloneCode from "ajv/dist/standalone/index.js";

// scripts/zz-bench.ts
import { readFile } from "node:fs/promises";
var [contract] = await readContracts(["schemas/claims/orders.access-token.json"], (f) => readFile(f, "utf8"));
for (const alg of ["RS256", "ES256", "EdDSA"]) {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = { ...await exportJWK(publicKey), kid: "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs", alg, use: "sig" };
  const toks = [];
  for (let i = 0; i < 256; i++) toks.push(await new SignJWT({ scope: "openid read:orders write:orders", azp: "c1234567890", "https://acme.example/roles": ["orders-manager", "reader" + i], "https://acme.example/plan": "team", "https://acme.example/region": "eu", "https://acme.example/organization": "acme", "https://acme.example/x": "someone@example.com", "https://acme.example/y": { a: 1, b: "xxxxxxxxxxxxxxxxx" } }).setProtectedHeader({ alg, kid: jwk.kid, typ: "JWT" }).setIssuer("https://acme.eu.auth0.com/").setAudience(["https://orders.acme.example/", "https://acme.eu.auth0.com/userinfo"]).setSubject("auth0|6553da60a54af58e2949399" + i).setIssuedAt().setExpirationTime("1h").sign(privateKey));
  const o = { issuer: "https://acme.eu.auth0.com/", audience: "https://orders.acme.example/", jwks: { keys: [jwk] }, contract, algorithms: [alg] };
  const n = createVerifier(o), w = createVerifier2(o);
  const key = createPublicKey2({ key: jwk, format: "jwk" });
  const split = toks.map((t) => {
    const i = t.lastIndexOf(".");
    return [Buffer.from(t.slice(0, i)), Buffer.from(t.slice(i + 1), "base64url")];
  });
  const kk = alg === "ES256" ? { key, dsaEncoding: "ieee-p1363" } : key;
  const ck = await importJWK2(jwk, alg);
  const c = {
    bare: (i) => cv(alg === "EdDSA" ? null : "sha256", split[i][0], kk, split[i][1]),
    node: (i) => n.verify(toks[i]),
    web: (i) => w.verify(toks[i]),
    jose: (i) => jwtVerify(toks[i], ck, { issuer: "https://acme.eu.auth0.com/", audience: "https://orders.acme.example/", algorithms: [alg] })
  };
  const best = {};
  for (let r = 0; r < 12; r++) for (const k of Object.keys(c).sort(() => Math.random() - 0.5)) {
    const N = 1500;
    const t = process.hrtime.bigint();
    for (let i = 0; i < N; i++) {
      const x = c[k](i & 255);
      if (x instanceof Promise) await x;
    }
    const us = Number(process.hrtime.bigint() - t) / 1e3 / N;
    best[k] = Math.min(best[k] ?? 1e9, us);
  }
  console.log(alg, toks[0].length, Object.fromEntries(Object.entries(best).map(([k, v]) => [k, `${v.toFixed(1)}us ${(v / best["bare"]).toFixed(3)}`])));
}
