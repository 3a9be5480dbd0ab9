/**
 * The limit: node:http and two RS256 signatures a login, nothing checked and nothing kept. What a login server cannot
 * be faster than, on this machine and with this client.
 */
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { createServer } from 'node:http'
import { report } from './report.mjs'

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const header = encoded({ alg: 'RS256', typ: 'JWT', kid: createHash('sha256').digest('base64url') })
let issuer = ''

function encoded(value) {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function token(claims) {
  const iat = Math.floor(Date.now() / 1000)
  const text = `${header}.${encoded({ iss: `${issuer}/`, sub: 'auth0|bench', iat, exp: iat + 86_400, ...claims })}`
  return `${text}.${sign('sha256', Buffer.from(text), privateKey).toString('base64url')}`
}

function answer(response, document) {
  const text = JSON.stringify(document)
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': text.length })
  response.end(text)
}

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, issuer)
  if (pathname === '/authorize') {
    const location = new URL(searchParams.get('redirect_uri'))
    location.searchParams.set('code', randomBytes(24).toString('base64url'))
    location.searchParams.set('state', searchParams.get('state'))
    response.writeHead(302, { location: location.href, 'content-length': 0 })
    response.end()
  } else if (pathname === '/token') {
    request.resume().once('end', () => {
      answer(response, {
        access_token: token({
          aud: 'https://api.example/',
          azp: 'bench',
          scope: 'openid offline_access read',
        }),
        id_token: token({ aud: 'bench', nonce: 'nonce' }),
        refresh_token: randomBytes(24).toString('base64url'),
        expires_in: 86_400,
        token_type: 'Bearer',
      })
    })
  } else {
    answer(response, {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
    })
  }
})
server.listen(0, 'localhost', () => {
  issuer = `http://localhost:${server.address().port}`
  report({ issuer })
})
