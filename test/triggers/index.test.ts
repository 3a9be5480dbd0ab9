import { describe, expect, it } from 'vitest'
import {
  handlersOf,
  postLogin,
  TENANT_TRIGGERS,
  TRIGGERS,
  triggerOfHandler,
} from '../../lib/triggers/index.ts'
import { methodsByPath } from '../../lib/triggers/trigger.ts'
import { boundTo } from '../../lib/workspace/index.ts'

describe('the list of triggers', () => {
  it('has methods of at most three parameters, which is what the recorder passes', () => {
    for (const trigger of TRIGGERS) {
      for (const { parameters } of methodsByPath(trigger).values()) {
        expect(parameters.length).toBeLessThanOrEqual(3)
      }
    }
  })

  it('has each trigger that is described among those of a tenant, in its newest version', () => {
    for (const { id, version } of TRIGGERS) {
      expect(TENANT_TRIGGERS).toContainEqual(expect.objectContaining({ id, version }))
    }
  })

  it('names each id and each handler once', () => {
    const handlers = TRIGGERS.flatMap(handlersOf)
    const ids = TENANT_TRIGGERS.map(({ id }) => id)
    expect(new Set(handlers).size).toBe(handlers.length)
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('finds the trigger of a handler, and none for what is no handler', () => {
    for (const trigger of TRIGGERS) {
      for (const name of handlersOf(trigger)) expect(triggerOfHandler(name)).toBe(trigger)
    }
    for (const name of ['', 'toString', 'onexecutepostlogin', 'onExecutePreUserRegistration']) {
      expect(triggerOfHandler(name)).toBeUndefined()
    }
  })
})

describe('the Actions of a trigger', () => {
  it('are none where tenant.yaml binds none, whatever the trigger is called', () => {
    const bound = { 'post-login': ['b', 'a'] }
    expect(boundTo({ bound }, postLogin)).toEqual(['b', 'a'])
    for (const id of ['credentials-exchange', 'toString', '__proto__']) {
      expect(boundTo({ bound }, { id })).toEqual([])
    }
  })
})
