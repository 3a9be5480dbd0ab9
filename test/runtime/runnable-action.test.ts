import { expect, it } from 'vitest'
import { runnableAction } from '../../lib/runtime/runnable-action.ts'

const known = { name: 'enrich', code: 'exports.a = 1', secrets: { KEY: 'v' } }

it('an Action of which nothing else is known has the file of its bundle, and no packages', () => {
  expect(runnableAction(known)).toEqual({ ...known, file: 'dist/actions/enrich.js', dependencies: [] })
})

it('has packages by name, and what is known besides, and no member without a value', () => {
  const version = {
    ...known,
    file: 'code/a.js',
    dependencies: [{ name: 'axios', version: '1.0.0' }],
    modules: { shared: { code: '', secrets: {} } },
    sourceMap: undefined,
    id: 'v1',
  }
  const action = runnableAction(version)
  const { modules } = version
  expect(action).toEqual({ ...known, file: 'code/a.js', dependencies: ['axios'], modules })
  expect(Object.keys(action)).not.toContain('sourceMap')
  expect(Object.keys(action)).not.toContain('id')
})
