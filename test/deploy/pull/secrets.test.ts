import { describe, expect, it } from 'vitest'
import { MarkerNames, withMarkers } from '../../../lib/deploy/pull/secrets.ts'

describe('withMarkers', () => {
  it.each([
    [{ options: { client_secret: 'x' } }, 'client_secret'],
    [{ options: { app_secret: 'x' } }, 'app_secret'],
    [{ options: { apiKey: 'x' } }, 'apiKey'],
    [{ credentials: { smtp_pass: 'x', smtp_host: 'mail.example' } }, 'smtp_pass'],
    [{ twilio_auth_token: 'x' }, 'twilio_auth_token'],
    [{ options: { configuration: { A: 'x' } } }, 'A'],
    [{ sink: { httpAuthorization: 'x' } }, 'httpAuthorization'],
    [{ sink: { splunkToken: 'x' } }, 'splunkToken'],
    [{ addons: { azure_blob: { storageAccessKey: 'x' } } }, 'storageAccessKey'],
    [{ addons: { wams: { masterkey: 'x' } } }, 'masterkey'],
    [{ unheard_of: 'https://user:pass@host.example/' }, 'unheard_of'],
    [{ unheard_of: 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.abc' }, 'unheard_of'],
    [{ signing_keys: [{ cert: 'x', subject: 'y' }] }, 'cert'],
    [{ description: 'the ##CODE## of it' }, 'description'],
    [{ encryption_key: { pub: 'x' } }, 'pub'],
  ])('hides what is or may be a secret: %j', (value, name) => {
    const text = JSON.stringify(withMarkers(value, ['THING'], new MarkerNames()))
    expect(text).toMatch(new RegExp(`"${name}":"##THING_\\w+##"`))
  })

  it('leaves alone what only sounds like one', () => {
    const value = {
      name: 'Shop',
      token_endpoint_auth_method: 'client_secret_post',
      jwt_configuration: { alg: 'RS256', secret_encoded: false },
      refresh_token: { rotation_type: 'rotating', leeway: 0 },
      token_dialect: 'access_token_authz',
      callbacks: ['https://shop.example/callback'],
      client_metadata: { team: 'orders', id: '3f2b8c1e-1111-4222-8333-444455556666' },
      description: 'Holds the secret of good coffee',
    }
    expect(withMarkers(value, ['CLIENT'], new MarkerNames())).toEqual(value)
  })

  it('names each marker once', () => {
    const names = new MarkerNames()
    expect(
      [['a b'], ['a-b'], ['A_B'], ['登録'], ['auth0', 'domain'], ['GITHUB_TOKEN']].map((words) =>
        names.markerFor(words),
      ),
    ).toEqual(['##A_B##', '##A_B_2##', '##A_B_3##', '##OF_##', '##OF_AUTH0_DOMAIN##', '##OF_GITHUB_TOKEN##'])
  })
})
