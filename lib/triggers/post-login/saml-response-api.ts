type AttributeValue = string | number | boolean | (string | number | boolean)[] | null | undefined

/**
 * `api.samlResponse`: changes the response of a SAML or WS-Fed login.
 * An invalid value throws, and fails the login on purpose.
 *
 * @see https://auth0.com/docs/actions/reference/post-login/post-login-api-object
 */
export interface SamlResponseApi {
  /** `null` and `undefined` remove the attribute. Name up to 1024, value up to 2048 characters. */
  setAttribute(attribute: string, value: AttributeValue): void
  setAudience(audience: string): void
  setRecipient(recipient: string): void
  setDestination(destination: string): void
  setIssuer(issuer: string): void
  setRelayState(relayState: string): void
  setAuthnContextClassRef(authnContextClassRef: string): void
  setNameIdentifierFormat(nameIdentifierFormat: string): void
  setNameIdentifierProbes(nameIdentifierProbes: string[]): void
  /** PEM. */
  setCert(cert: string): void
  /** PEM. */
  setKey(key: string): void
  /** PEM. */
  setSigningCert(signingCert: string): void
  /** PEM. */
  setEncryptionCert(encryptionCert: string): void
  /** PEM. */
  setEncryptionPublicKey(encryptionPublicKey: string): void
  setLifetimeInSeconds(lifetimeInSeconds: number): void
  setSignatureAlgorithm(signatureAlgorithm: 'rsa-sha256' | 'rsa-sha1'): void
  setDigestAlgorithm(digestAlgorithm: 'sha256' | 'sha1'): void
  setEncryptionAlgorithm(encryptionAlgorithm: 'aes256-gcm' | 'aes256-cbc'): void
  setCreateUpnClaim(createUpnClaim: boolean): void
  setPassthroughClaimsWithNoMapping(passthroughClaimsWithNoMapping: boolean): void
  setMapUnknownClaimsAsIs(mapUnknownClaimsAsIs: boolean): void
  setMapIdentities(mapIdentities: boolean): void
  setSignResponse(signResponse: boolean): void
  setIncludeAttributeNameFormat(includeAttributeNameFormat: boolean): void
  setTypedAttributes(typedAttributes: boolean): void
}
