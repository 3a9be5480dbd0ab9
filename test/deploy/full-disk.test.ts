import { expect, it } from 'vitest'
import { type DeployChangesOptions, deployChanges } from '../../lib/deploy/index.ts'
import { everything, KEYWORDS, testTenant, workspaceWith } from './setup.ts'

it('leaves nothing half done when the disk is full in the middle of a deploy', async () => {
  const target = await testTenant()
  const before = everything(target)
  const ends: string[] = []
  const deploy = (journal: NonNullable<DeployChangesOptions['journal']>) => async () =>
    deployChanges({ ...target.access, workspace: await workspaceWith(), keywords: KEYWORDS, journal })
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), {
    code: 'ENOSPC',
    syscall: 'write',
  })
  await expect(
    deploy({
      begin: async () => {},
      call: async ({ index }) => {
        if (index === 1) throw full
      },
      shown: async () => {},
      end: async (outcome) => void ends.push(outcome),
    })(),
  ).rejects.toThrow(full)
  expect(target.faults.calls.some(({ method }) => method === 'POST')).toBe(true)
  expect(ends).toEqual(['undone'])
  expect(everything(target)).toBe(before)
})
