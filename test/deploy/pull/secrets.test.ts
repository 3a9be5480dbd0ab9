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
    [{ logo_uri: 'https://x.example/cb?lang=de&token=abc' }, 'logo_uri'],
    [{ logo_uri: 'https://x.blob.example/l.png?sv=2020&sig=ab%2Fc' }, 'logo_uri'],
    [{ logo_uri: 'https://x.example/l.png?X-Amz-Signature=abc' }, 'logo_uri'],
    [{ initiate_login_uri: 'https://x.example/f?code=abc' }, 'initiate_login_uri'],
    [{ initiate_login_uri: 'https://x.example/#access_token=abc' }, 'initiate_login_uri'],
    [{ url: 'https://hooks.slack.com/services/T0/B0/abc' }, 'url'],
    [{ url: 'https://discord.example/api/webhooks/1/abc' }, 'url'],
    [{ url: 'https://a1b2c3d4e5f6a7b8c9@errors.example/1' }, 'url'],
    [{ description: 'Server=db;User Id=u;Password=abc;' }, 'description'],
    [{ description: 'AccountName=x;AccountKey=abc==;EndpointSuffix=core' }, 'description'],
    [{ client_metadata: { 'api-key': 'x' } }, 'api-key'],
    [{ client_metadata: { note: '{"a":{"client_secret": "x"}}' } }, 'note'],
    [{ client_metadata: { note: 'token: x' } }, 'note'],
    [{ metadata: { PWD: 'x' } }, 'PWD'],
    [{ metadata: { otp_seed: 'x' } }, 'otp_seed'],
    [{ metadata: { sessionId: 'x' } }, 'sessionId'],
    [{ metadata: { url: 'https://x.example/in/a8f7e6d5c4b3a2918f7e6d5c4b3a2910' } }, 'url'],
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
      callbacks: [
        'https://shop.example/callback',
        'https://shop.example/cb?lang=de&connection=a',
        'myapp://cb',
      ],
      allowed_origins: ['https://*.shop.example', 'http://[::1]:3000'],
      initiate_login_uri: 'https://shop.example/login?token={token}',
      client_metadata: {
        team: 'orders',
        id: '3f2b8c1e-1111-4222-8333-444455556666',
        owner: 'mailto:orders-and-payments@acme.example',
        home: 'https://shop.example/app?lang=de&page=1',
        note: 'Ships to: DE. Opens at 8:00',
      },
      description: 'Holds the secret of good coffee, and tokens: ask the team',
    }
    expect(withMarkers(value, ['CLIENT'], new MarkerNames())).toEqual(value)
  })

  it('gives a text that looks like a marker one marker, wherever it stands', () => {
    const names = new MarkerNames()
    const texts = withMarkers(
      { identifier: 'https://a.example/##X##', audience: 'https://a.example/##X##' },
      ['API'],
      names,
    )
    expect(texts).toEqual({ identifier: '##API_IDENTIFIER##', audience: '##API_IDENTIFIER##' })
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
