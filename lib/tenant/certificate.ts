import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import {
  bitString,
  explicit,
  implicit,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  set,
  time,
  utf8String,
  yes,
} from './der.ts'

export interface Certificate {
  key: string
  /** PEM of the one certificate, which is its own issuer: trust exactly this text. */
  cert: string
}

const DAY = 24 * 60 * 60 * 1000
const ECDSA_WITH_SHA256 = sequence(objectIdentifier('1.2.840.10045.4.3.2'))
const SERVER_AUTHENTICATION = objectIdentifier('1.3.6.1.5.5.7.3.1')
/** digitalSignature and keyCertSign. */
const KEY_USAGE = Buffer.from([0b1000_0100])
const LOOPBACK = [
  implicit(2, Buffer.from('localhost')),
  implicit(7, Buffer.from([127, 0, 0, 1])),
  implicit(7, Buffer.concat([Buffer.alloc(15), Buffer.from([1])])),
]

/**
 * A certificate for the loopback names, made anew at each start and kept in memory only.
 *
 * @see RFC 5280 section 4
 */
export function loopbackCertificate(now: Date): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const spki = publicKey.export({ format: 'der', type: 'spki' })
  // The point is the last 65 bytes of the key's form.
  const keyIdentifier = createHash('sha1').update(spki.subarray(-65)).digest()
  const name = sequence(set(sequence(objectIdentifier('2.5.4.3'), utf8String('localhost'))))
  const extension = (id: string, critical: boolean, content: Buffer) =>
    sequence(objectIdentifier(id), ...(critical ? [yes()] : []), octetString(content))
  const content = sequence(
    explicit(0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    ECDSA_WITH_SHA256,
    name,
    sequence(time(new Date(now.getTime() - DAY)), time(new Date(now.getTime() + 365 * DAY))),
    name,
    spki,
    explicit(
      3,
      sequence(
        extension('2.5.29.14', false, octetString(keyIdentifier)),
        extension('2.5.29.15', true, bitString(KEY_USAGE, 2)),
        extension('2.5.29.17', false, sequence(...LOOPBACK)),
        extension('2.5.29.19', true, sequence(yes())),
        extension('2.5.29.37', false, sequence(SERVER_AUTHENTICATION)),
      ),
    ),
  )
  const der = sequence(content, ECDSA_WITH_SHA256, bitString(sign('sha256', content, privateKey)))
  return {
    key: privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
    cert: `-----BEGIN CERTIFICATE-----\n${der
      .toString('base64')
      .replace(/.{64}(?=.)/g, '$&\n')}\n-----END CERTIFICATE-----\n`,
  }
}
