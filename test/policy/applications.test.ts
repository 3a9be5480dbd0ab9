import { describe, expect, it } from 'vitest'
import {
  type Application,
  grantTypeRefusal,
  isPublic,
  newApplicationSettings,
} from '../../lib/policy/index.ts'

const app: Application = { client_id: 'app', name: 'App' }

describe('an application', () => {
  it.each<[what: string, settings: Partial<Application>, isPublic: boolean]>([
    ['of the web', { app_type: 'regular_web' }, false],
    ['of no type', {}, false],
    ['of one page', { app_type: 'spa' }, true],
    ['on a device', { app_type: 'native' }, true],
    [
      'on a device with a secret',
      { app_type: 'native', token_endpoint_auth_method: 'client_secret_post' },
      false,
    ],
    ['of the web without a secret', { app_type: 'regular_web', token_endpoint_auth_method: 'none' }, true],
    ['of one page whose method is null', { app_type: 'spa', token_endpoint_auth_method: null }, true],
    [
      'of one page with a key',
      { app_type: 'spa', client_authentication_methods: { private_key_jwt: {} } },
      false,
    ],
    ['of one page whose keys are null', { app_type: 'spa', client_authentication_methods: null }, true],
  ])('%s: whether it keeps no secret', (_, settings, expected) => {
    expect(isPublic({ ...app, ...settings })).toBe(expected)
  })

  it('that names no grants has those of a new one: the client credentials only where it keeps a secret', () => {
    const refused = (settings: Partial<Application>) =>
      ['implicit', 'authorization_code', 'refresh_token', 'client_credentials', 'password'].filter(
        (grant) => grantTypeRefusal({ ...app, ...settings }, grant) !== undefined,
      )
    expect(refused({ app_type: 'spa' })).toEqual(['client_credentials', 'password'])
    expect(refused({ app_type: 'regular_web' })).toEqual(['password'])
    expect(refused({ grant_types: ['password'] })).not.toContain('password')
    expect(grantTypeRefusal(app, 'password')).toEqual({
      error: 'unauthorized_client',
      description: "Grant type 'password' not allowed for the client.",
    })
  })

  it('made by the Management API has settings by its type', () => {
    const browser = ['authorization_code', 'refresh_token']
    const settings = (given: object) => {
      const { app_type, grant_types, token_endpoint_auth_method, is_first_party } =
        newApplicationSettings(given)
      expect(is_first_party).toBe(true)
      return [app_type, token_endpoint_auth_method, grant_types]
    }
    expect(settings({})).toEqual(['regular_web', 'client_secret_post', browser])
    expect(settings({ app_type: 7 })).toEqual(['regular_web', 'client_secret_post', browser])
    expect(settings({ app_type: 'spa' })).toEqual(['spa', 'none', browser])
    expect(settings({ app_type: 'native' })).toEqual(['native', 'none', browser])
    expect(settings({ app_type: 'non_interactive' })).toEqual([
      'non_interactive',
      'client_secret_post',
      ['client_credentials'],
    ])
  })

  it('of somebody else gets ID tokens of an hour, others of ten', () => {
    expect(newApplicationSettings({ is_first_party: false }).jwt_configuration).toEqual({
      alg: 'RS256',
      lifetime_in_seconds: 3600,
    })
    expect(newApplicationSettings({}).jwt_configuration?.lifetime_in_seconds).toBe(36_000)
  })
})
