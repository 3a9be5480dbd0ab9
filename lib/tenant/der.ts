/**
 * As much of DER as a certificate needs: each function answers the bytes of one value.
 *
 * @see ITU-T X.690
 */

function value(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(contents)
  const bytes = []
  for (let rest = body.length; rest > 0; rest >>= 8) bytes.unshift(rest & 0xff)
  const length = body.length < 0x80 ? [body.length] : [0x80 | bytes.length, ...bytes]
  return Buffer.concat([Buffer.from([tag, ...length]), body])
}

export const sequence = (...members: readonly Buffer[]): Buffer => value(0x30, ...members)
export const set = (...members: readonly Buffer[]): Buffer => value(0x31, ...members)
export const yes = (): Buffer => value(0x01, Buffer.from([0xff]))
/** Not negative: a leading bit that is set gets a zero byte before it. */
export const integer = (bytes: Uint8Array): Buffer =>
  value(0x02, Buffer.from((bytes[0] ?? 0) >= 0x80 ? [0] : []), bytes)
export const bitString = (bytes: Uint8Array, unusedBits = 0): Buffer =>
  value(0x03, Buffer.from([unusedBits]), bytes)
export const octetString = (...contents: readonly Uint8Array[]): Buffer => value(0x04, ...contents)
export const utf8String = (text: string): Buffer => value(0x0c, Buffer.from(text))
/** `[number]` around whole values. */
export const explicit = (number: number, ...members: readonly Buffer[]): Buffer =>
  value(0xa0 | number, ...members)
/** `[number]` in place of a value's own tag. */
export const implicit = (number: number, bytes: Uint8Array): Buffer => value(0x80 | number, bytes)

export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const bytes = [first * 40 + second]
  for (const arc of rest) {
    const groups = [arc & 0x7f]
    for (let more = arc >> 7; more > 0; more >>= 7) groups.unshift(0x80 | (more & 0x7f))
    bytes.push(...groups)
  }
  return value(0x06, Buffer.from(bytes))
}

/** UTCTime to 2049, GeneralizedTime from then on. @see RFC 5280 section 4.1.2.5 */
export function time(date: Date): Buffer {
  const text = `${date.toISOString().slice(0, 19).replace(/[-T:]/g, '')}Z`
  return date.getUTCFullYear() < 2050
    ? value(0x17, Buffer.from(text.slice(2)))
    : value(0x18, Buffer.from(text))
}
