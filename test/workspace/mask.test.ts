import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { fillMarkers, maskOf } from '../../lib/workspace/index.ts'

const SECRET = 's3cr3t/value+with "quotes" & <signs>'
const PEM = '-----BEGIN KEY-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQEF\n-----END KEY-----'

describe('maskOf', () => {
  it('finds a list or an object that a marker stands for, and its texts elsewhere', () => {
    const mask = maskOf({
      keywords: { LIST: '["https://hidden-one.example", "eu"]', MAP: '{"a": {"key": "hidden-value"}}' },
      written: { callbacks: '@@LIST@@', metadata: '@@MAP@@', grants: ['refresh_token'] },
    })
    const shown = mask.document({
      callbacks: ['https://hidden-one.example', 'eu'],
      metadata: { a: { key: 'hidden-value' } },
      grants: ['refresh_token'],
    })
    expect(shown).toEqual({ callbacks: '@@LIST@@', metadata: '@@MAP@@', grants: ['refresh_token'] })
    expect(mask.text('"https://hidden-one.example" and "hidden-value" in the eu')).toBe(
      '"@@LIST@@" and "@@MAP@@" in the eu',
    )
  })

  it.each<[string, (value: string) => string]>([
    ['as it is', (value) => value],
    ['in small letters', (value) => value.toLowerCase()],
    ['in JSON', (value) => JSON.stringify({ name: value })],
    ['in JSON within JSON', (value) => JSON.stringify({ body: JSON.stringify({ name: value }) })],
    ['in an address', (value) => `https://a.example/?q=${encodeURIComponent(value)}`],
    [
      'in an address, lower case',
      (value) => encodeURIComponent(value).replaceAll(/%../g, (code) => code.toLowerCase()),
    ],
    ['in a form', (value) => new URLSearchParams({ name: value }).toString()],
    ['in base64', (value) => Buffer.from(value).toString('base64')],
    ['in base64url', (value) => Buffer.from(value).toString('base64url')],
    ['within a Basic header', (value) => Buffer.from(`id:${value}`).toString('base64')],
    ['within something else in base64', (value) => Buffer.from(`{"a":"${value}"}`).toString('base64')],
    ['in hexadecimal', (value) => Buffer.from(value).toString('hex')],
    [
      'in HTML',
      (value) =>
        value
          .replaceAll('&', '&amp;')
          .replaceAll('<', '&lt;')
          .replaceAll('>', '&gt;')
          .replaceAll('"', '&quot;'),
    ],
    ['as Node prints it', (value) => inspect({ name: value })],
  ])('finds a value %s', (_, write) => {
    for (const value of [SECRET, 'plain-secret-value', 'schlüssel mit leerzeichen', "it's a 'secret'"]) {
      const text = maskOf({ keywords: { KEY: value } }).text(`before ${write(value)} after`)
      expect(text).toContain('##KEY##')
      expect(text).not.toContain(write(value))
    }
  })

  it('finds each line of a value of several lines, as a log prints them', () => {
    const { text } = maskOf({ keywords: { KEY: PEM } })
    expect(text(`key: ${PEM}.`)).toBe('key: ##KEY##.')
    for (const line of PEM.split('\n')) expect(text(`  ${line}`)).toBe('  ##KEY##')
    expect(text(JSON.stringify(PEM))).toBe('"##KEY##"')
  })

  it('takes out values that contain one another, or overlap, as a whole', () => {
    const { text } = maskOf({ keywords: { A: 'abcdefgh', B: 'abcdefghijkl', C: 'ijklmnop' } })
    expect(text('abcdefgh abcdefghijkl')).toBe('##A## ##B##')
    expect(text('abcdefghijklmnop')).toBe('##B##')
  })

  it.each([
    ['eu', 'the tenant says "eu" and eu.', 'the tenant says "##KEY##" and ##KEY##.'],
    ['eu', 'queue eu-west my-eu eu.example', 'queue eu-west my-eu eu.example'],
    ['12', 'deploy 12 of 12', 'deploy 12 of 12'],
    ['true', 'true', 'true'],
    ['', 'nothing', 'nothing'],
    [' ', 'a b', 'a b'],
  ])('takes the short value %j for itself only as a word', (value, text, shown) => {
    expect(maskOf({ keywords: { KEY: value } }).text(text)).toBe(shown)
  })

  it.each([
    ['env', 'write it into .env or .env.staging, or use --env', undefined],
    ['claims', 'Then claims deploy finishes what is left', undefined],
    ['Deploy', 'this is deploy 3: claims rollback undoes it', undefined],
    ['tenant', '"tenant" and `tenant` of the tenant', '"##KEY##" and `##KEY##` of the tenant'],
    ['tenant', '{"body":"{\\"a\\":\\"tenant\\"}"}', '{"body":"{\\"a\\":\\"##KEY##\\"}"}'],
    ['secret', 'secret', '##KEY##'],
    ['hunter', 'the password hunter is wrong', 'the password ##KEY## is wrong'],
  ])('leaves our own sentences alone where %j is a value', (value, text, shown = text) => {
    expect(maskOf({ keywords: { KEY: value } }).text(text)).toBe(shown)
  })

  it('hides a credential also where it is one of our own words', () => {
    expect(maskOf({ keywords: {}, secrets: ['claims'] }).text('npx claims deploy')).toBe('npx *** deploy')
  })

  it('knows a name by the text that it was filled into, however short the value', () => {
    const written = { clients: [{ name: 'App ##N##' }, { name: '##N##' }] }
    const { text } = maskOf({ keywords: { N: '7' }, written })
    expect(text('clients "App 7" and "7" of 7')).toBe('clients "App ##N##" and "##N##" of 7')
  })

  it('leaves alone what tenant.yaml itself says, and the tenant that was named', () => {
    const written = { actions: [{ name: 'team-golden-now' }], secret: '##PLAN##' }
    const mask = maskOf({
      keywords: { PLAN: 'golden', HOST: 'acme.eu.auth0.com' },
      written,
      plain: ['acme.eu.auth0.com'],
    })
    expect(mask.text('acme.eu.auth0.com: team-golden-now has golden')).toBe(
      'acme.eu.auth0.com: team-golden-now has ##PLAN##',
    )
  })

  it('keeps our own words of a document, and says *** for what has no marker', () => {
    const mask = maskOf({ keywords: { A: 'update', B: 'actions' }, secrets: ['client-secret'] })
    expect(
      mask.document({
        type: 'actions',
        change: 'update',
        name: 'update',
        number: 3,
        'client-secret': ['client-secret!'],
      }),
    ).toEqual({
      type: 'actions',
      change: 'update',
      name: '##A##',
      number: 3,
      '***': ['***!'],
    })
  })
})

describe('fillMarkers', () => {
  const values: Record<string, string> = { NAME: 'Acme', LIST: '["a","b"]', COUNT: '3', AGAIN: '##NAME##' }
  it.each([
    ['##NAME## Shop', 'Acme Shop'],
    ['@@LIST@@', ['a', 'b']],
    ['@@COUNT@@', 3],
    ['##COUNT##', '3'],
    ['@@NAME@@', 'Acme'],
    ['const list = @@LIST@@', 'const list = ["a","b"]'],
    ['const name = "@@NAME@@"', 'const name = "Acme"'],
    ["const name = '@@NAME@@'", 'const name = "Acme"'],
    ['##AGAIN##', '##NAME##'],
    ['##OTHER## @@OTHER@@', '##OTHER## @@OTHER@@'],
    [{ '##NAME##': ['##NAME##', 1, null] }, { Acme: ['Acme', 1, null] }],
    ['##constructor##', '##constructor##'],
  ])('makes %j %j', (value, filled) => {
    expect(
      fillMarkers<unknown>(value, (name) => (Object.hasOwn(values, name) ? values[name] : undefined)),
    ).toEqual(filled)
  })
})
