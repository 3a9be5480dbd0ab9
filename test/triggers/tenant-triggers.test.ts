import { expect, it } from 'vitest'
import { handlersOf, TRIGGERS } from '../../lib/triggers/index.ts'
import { OTHER_HANDLERS, triggerOfHandlerName } from '../../lib/triggers/tenant-triggers.ts'

it('knows the trigger of each handler of Auth0, described here or not', () => {
  const ids = Object.fromEntries(OTHER_HANDLERS.map((name) => [name, triggerOfHandlerName(name)?.id]))
  expect(ids).toEqual({
    onExecutePreUserRegistration: 'pre-user-registration',
    onExecutePostUserRegistration: 'post-user-registration',
    onExecutePostChangePassword: 'post-change-password',
    onExecutePostChallenge: 'password-reset-post-challenge',
    onContinuePostChallenge: 'password-reset-post-challenge',
    onExecuteSendPhoneMessage: 'send-phone-message',
    onExecuteCustomTokenExchange: 'custom-token-exchange',
    onExecuteCustomEmailProvider: 'custom-email-provider',
    onExecuteCustomPhoneProvider: 'custom-phone-provider',
    onExecuteEventStream: 'event-stream',
  })
  for (const trigger of TRIGGERS) {
    for (const name of handlersOf(trigger)) expect(triggerOfHandlerName(name)?.id).toBe(trigger.id)
  }
})

it.each(['', 'toString', '__proto__', 'onExecute', 'onexecutepostlogin', 'onExecutePost-login'])(
  'knows none of %j',
  (name) => {
    expect(triggerOfHandlerName(name)).toBeUndefined()
  },
)
