import type { SessionTokens } from '../triggers/method.ts'
import { builtin } from './builtin.ts'

/** Signs with HS256, and takes no other algorithm. */
export const sessionTokens: SessionTokens = {
  sign(payload, secret) {
    const text = [{ alg: 'HS256', typ: 'JWT' }, payload]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.')
    return `${text}.${signature(text, secret).toString('base64url')}`
  },
  verify(token, secret) {
    const [header, body, mac, ...rest] = token.split('.')
    if (header === undefined || body === undefined || mac === undefined || rest.length > 0) {
      throw invalid('jwt malformed')
    }
    const expected = signature(`${header}.${body}`, secret)
    const given = Buffer.from(mac, 'base64url')
    let payload: unknown
    try {
      if (JSON.parse(Buffer.from(header, 'base64url').toString()).alg !== 'HS256')
        throw invalid('invalid algorithm')
      payload = JSON.parse(Buffer.from(body, 'base64url').toString())
    } catch (error) {
      throw error instanceof SyntaxError ? invalid('jwt malformed') : error
    }
    const { timingSafeEqual } = builtin('node:crypto')
    if (given.length !== expected.length || !timingSafeEqual(given, expected))
      throw invalid('invalid signature')
    if (typeof payload !== 'object' || payload === null) throw invalid('jwt malformed')
    return payload as Record<string, unknown>
  },
}

function invalid(reason: string): Error {
  return new Error(`The session token is invalid: ${reason}`)
}

function signature(text: string, secret: unknown): Buffer {
  return builtin('node:crypto')
    .createHmac('sha256', secret as string)
    .update(text)
    .digest()
}
