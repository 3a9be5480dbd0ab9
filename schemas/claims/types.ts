// Written by `claims types`. Do not edit: change the contract and run it again.

/** Custom claims in ID tokens of Acme's applications. */
export interface IdToken {
  /** Names of the roles the user has: those of the organization on an organization login, else the user's own. */
  'https://acme.example/roles': string[]
  /** What the customer pays for. */
  'https://acme.example/plan': 'free' | 'team' | 'enterprise'
  /** Where the customer's data is kept. */
  'https://acme.example/region': 'eu' | 'us'
  /** Name of the organization that the user logged in to. Only on organization logins. */
  'https://acme.example/organization'?: string
}

/** Custom claims in access tokens for the Orders API. */
export interface OrdersAccessToken {
  /** Names of the roles the user has: those of the organization on an organization login, else the user's own. */
  'https://acme.example/roles': string[]
  /** What the customer pays for. */
  'https://acme.example/plan': 'free' | 'team' | 'enterprise'
  /** Where the customer's data is kept. */
  'https://acme.example/region': 'eu' | 'us'
  /** Name of the organization that the user logged in to. Only on organization logins. */
  'https://acme.example/organization'?: string
}
