import { expect, it } from 'vitest'
import { outcomeOf } from '../simulator/reference/row.ts'

// What each method does: test/simulator/reference.
it('keeps secrets, tokens and keys out of the record', async () => {
  const { commands } = await outcomeOf((api) => {
    api.redirect.encodeToken({ secret: 'hush-1', payload: {} })
    api.multifactor.enable('duo', {
      allowRememberBrowser: true,
      providerOptions: { host: 'h', ikey: 'i', skey: 'hush-2' },
    })
    api.samlResponse.setKey('hush-3')
  })
  expect(commands).toHaveLength(3)
  expect(JSON.stringify(commands)).not.toContain('hush')
})
