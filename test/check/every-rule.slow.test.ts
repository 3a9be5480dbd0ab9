import { expect, it } from 'vitest'
import { reportedIn } from './reported-in.ts'
import { SCENES } from './rule-scenes.ts'

const slow = Object.entries(SCENES).filter(([, scene]) => scene.slow === true)

it.each(slow)('%s is reported by a command', async (rule, scene) => {
  expect(await reportedIn(scene)).toContainEqual([rule, 'error'])
})
