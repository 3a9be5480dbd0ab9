/** Namespace of the claims of tests. */
export const NS = 'https://acme.example/'

/** A contract for access tokens of the Orders API, as its file has it, with other or more members. */
export function contractSchema(changes: Readonly<Record<string, unknown>> = {}) {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'OrdersAccessToken',
    'x-auth0': { token: 'access_token', audience: 'https://orders.acme.example/' },
    type: 'object',
    properties: { [`${NS}plan`]: { enum: ['free', 'team'] } },
    ...changes,
  }
}
