/**
 * Largest source that Auth0 takes for one Action, in bytes, npm packages not counted. The source says "100 kB".
 *
 * @see https://auth0.com/docs/customize/actions/limitations
 */
export const MAX_ACTION_BYTES = 100_000
