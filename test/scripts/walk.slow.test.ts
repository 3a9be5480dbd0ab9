import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { walk, walkText } from '../../scripts/walk/walk.ts'
import { compiledPackage } from '../helpers/compiled-package.ts'

test('six Actions of a dashboard come to a green CI, by the steps that are written down', async () => {
  const steps = await walk(await compiledPackage())
  const failed = steps.find(({ code }) => code !== 0)
  expect(failed?.output).toBe(undefined)
  const recorded = await readFile(join(import.meta.dirname, '../../scripts/walk/recorded.txt'), 'utf8')
  const withoutTimes = recorded
    .replace(/^(ok {2}) +[\d.]+ s {2}/gm, '$1 ')
    .split('\n')
    .filter((line) => /^(?:ok|FAIL)/.test(line))
  expect(walkText(steps, { times: false }).trim().split('\n')).toEqual(withoutTimes)
  // Five minutes are promised, on a machine that does much else besides.
  expect(steps.reduce((sum, { seconds }) => sum + seconds, 0)).toBeLessThan(300)
})
