import { afterAll, describe, expect, it } from 'vitest'
import { argumentChecks } from './arguments.ts'
import { cache, saml } from './cache-and-saml.ts'
import { claims } from './claims.ts'
import { events } from './event.ts'
import { pipeline } from './pipeline.ts'
import { redirect } from './redirect.ts'
import { returns } from './returns.ts'
import type { Row } from './row.ts'
import { runtime, stopRuntime } from './runtime.ts'
import { scopes } from './scopes.ts'
import { SOURCES } from './sources.ts'
import { tokens } from './tokens.ts'

const areas = {
  'what methods answer': returns,
  'arguments and limits': argumentChecks,
  'redirects and forms': redirect,
  'the cache': cache,
  'SAML responses': saml,
  'several Actions': pipeline,
  scopes,
  'the event': events,
  'claim names': claims,
  tokens,
  'how an Action is loaded': runtime,
}
const rows: Row[] = Object.values(areas).flat()

afterAll(stopRuntime)

for (const [area, own] of Object.entries(areas)) {
  describe(area, () => {
    for (const { fact, source, choice, holds } of own) {
      const verdict = choice === undefined ? 'agree' : `chosen: ${choice}`
      it(`${fact} [${source}] ${verdict}`, async () => {
        await holds()
      })
    }
  })
}

describe('the table', () => {
  it('has several hundred rows, each with a fact of its own', () => {
    expect(rows.length).toBeGreaterThan(700)
    for (const [area, own] of Object.entries(areas)) {
      const facts = own.map(({ fact }) => fact)
      expect(facts.filter((fact, index) => facts.indexOf(fact) !== index)).toEqual([])
      expect(own.length, area).toBeGreaterThan(0)
    }
  })

  it('names a known source and its grade in every row, and says what was chosen', () => {
    for (const { fact, source, choice } of rows) {
      for (const part of source.split('; ')) {
        const [, keys] = /^[DTSRNI](?:: (.+))?$/.exec(part) ?? []
        expect(part, fact).toMatch(/^(I$|[DTSRN]: )/)
        for (const key of keys?.split(', ') ?? []) expect(SOURCES, fact).toHaveProperty(key)
      }
      expect(choice ?? 'agree', fact).not.toBe('')
    }
  })
})
