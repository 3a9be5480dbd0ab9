import { ToolkitError } from '../errors.ts'
import { isObject } from '../json.ts'

/** A token, and what it was found in when more than a token was given. */
export interface PresentedToken {
  token: string
  /** In words, e.g. `a token response`. */
  foundIn?: string
}

/**
 * The access token in what somebody pastes or pipes: the token, its header, a token response, the address of a
 * redirect. Messages hold nothing of the text.
 *
 * @throws {ToolkitError} `ERR_USAGE` for what is known to hold none.
 */
export function presentedToken(text: string): PresentedToken {
  const given = text.trim()
  const json = jsonIn(given)
  if (json !== undefined) return inJson(json)
  const inAddress = /(?:^|[?#&])access_token=([^&\s]+)/.exec(given)?.[1]
  if (inAddress !== undefined) {
    return {
      token: decoded(inAddress),
      foundIn: given.includes('://') ? 'the address of a redirect' : 'a form',
    }
  }
  const [, header = '', rest = given] = /^(authorization: *)?(?:(?:Bearer|DPoP) +)?(.*)$/is.exec(given) ?? []
  return { token: rest, ...(header === '' ? {} : { foundIn: 'an Authorization header' }) }
}

function jsonIn(text: string): unknown {
  if (!/^[[{"]/.test(text)) return undefined
  try {
    return JSON.parse(text)
  } catch {
    // Not the cause: it quotes the text.
    throw new ToolkitError('ERR_USAGE', 'the input begins like JSON and is none', {
      hint: 'Send the token alone, or the whole token response.',
    })
  }
}

function inJson(value: unknown): PresentedToken {
  if (typeof value === 'string')
    return { ...presentedToken(value.replace(/^["{[]+/, '')), foundIn: 'a text of JSON' }
  if (isObject(value)) {
    const { access_token: token, error } = value
    if (typeof token === 'string') return { token, foundIn: 'a token response' }
    if (typeof error === 'string') {
      throw new ToolkitError('ERR_USAGE', 'the input is the answer to a token request that was refused', {
        hint: 'Look at its "error" and "error_description".',
      })
    }
    if (typeof value['id_token'] === 'string') {
      throw new ToolkitError('ERR_USAGE', 'the token response has an ID token and no access token', {
        hint: 'An API takes access tokens: ask for one, with response_type=code.',
      })
    }
  }
  throw new ToolkitError('ERR_USAGE', 'the input is JSON without an "access_token"', {
    hint: 'Send the token alone, or the whole token response.',
  })
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
