import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  type ClaimMatchers,
  claimMatchers,
  type Handlers,
  postLoginEvent,
  SITUATIONS,
  simulatePostLogin,
  situation,
} from '../../lib/testing.ts'
import * as fragile from '../fixtures/simulator/fragile.ts'
import * as plans from '../fixtures/simulator/plans.ts'

declare module 'vitest' {
  interface Matchers<T> extends ClaimMatchers {}
}

const root = fileURLToPath(new URL('../fixtures/simulator', import.meta.url))
const files = ['plans', 'fragile'].map((name) => `${root}/${name}.ts`)
const now = Date.UTC(2026, 0, 15)
const onApi = { resource_server: { identifier: 'https://api.example/' } }

beforeAll(() => expect.extend(claimMatchers))

describe('simulatePostLogin', () => {
  it('answers with tokens, trace and metadata', async () => {
    const result = await simulatePostLogin({
      actions: [plans as Handlers],
      event: {
        ...postLoginEvent({ ...onApi, user: { app_metadata: { plan: 'team' } } }),
        secrets: { MARK: 'yes' },
      },
    })
    expect(result).toHaveBeenAllowed()
    expect(result).toHaveAccessTokenClaim('https://acme.example/plan', 'team')
    expect(result).not.toHaveAccessTokenClaim('https://acme.example/plan', 'free')
    expect(result).not.toHaveIdTokenClaim('https://acme.example/plan')
    expect(result).toHaveDroppedClaim('roles', 'claims/restricted-name')
    expect(result).not.toHaveDroppedClaim('https://acme.example/plan')
    expect(result.appMetadata).toEqual({ seen: 'yes' })
  })

  it('shows the trace when a matcher fails, and no claim value', async () => {
    const result = await simulatePostLogin({
      actions: [plans as Handlers],
      event: postLoginEvent({
        ...onApi,
        user: { app_metadata: { plan: 'sensitive' }, email_verified: false },
      }),
    })
    expect(result).toHaveBeenDenied('verify your e-mail address first')
    const { message } = claimMatchers.toHaveAccessTokenClaim(result, 'https://acme.example/plan')
    expect(message()).toContain('outcome: denied (verify your e-mail address first)')
    expect(message()).toMatch(/plans\.ts:\d+:\d+ discarded access_token https:\/\/acme\.example\/plan/)
    expect(message()).not.toContain('sensitive')
  })

  it('refuses a mix of exports and paths', async () => {
    await expect(
      simulatePostLogin({ actions: [plans as Handlers, files[0]!], event: postLoginEvent() }),
    ).rejects.toMatchObject({ code: 'ERR_USAGE' })
  })

  // Times and positions depend on how the code was compiled; stacks on where it ran.
  const comparable = ({
    runs,
    commands,
    writes,
    suspension: _,
    ...result
  }: Awaited<ReturnType<typeof simulatePostLogin>>) => ({
    ...result,
    findings: result.findings.map(({ rule, claim }) => [rule, claim]),
    runs: runs.map(({ handler, error }) => [handler, error?.kind, error?.name, error?.message]),
    commands: commands.map(({ method, args, threw }) => [method, args, threw]),
    writes: writes.map(({ claim, value, verdict, rule }) => [claim, value, verdict, rule]),
  })

  it.each(['ordinary', ...SITUATIONS] as const)(
    'gives the same in this process and in a child: %s',
    async (name) => {
      const event = name === 'ordinary' ? postLoginEvent(onApi) : situation(name, onApi)
      const facts = { now }
      const here = await simulatePostLogin({ actions: [plans, fragile] as Handlers[], event, facts })
      const there = await simulatePostLogin({ actions: files, event, facts, root })
      expect(comparable(there)).toEqual(comparable(here))
      expect(here.commands.length).toBeGreaterThan(0)
      expect(here.writes[0]?.at).toEqual({ file: `${root}/plans.ts`, line: 7, column: 19 })
      expect(there.writes[0]?.at).toEqual({ file: 'plans.ts', line: 7, column: 19 })
    },
  )
})
