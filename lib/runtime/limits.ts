/** Auth0's limit for all Actions of one trigger execution, in milliseconds. */
export const TRIGGER_TIMEOUT_MILLISECONDS = 20_000
