import { Agent, type IncomingHttpHeaders, request } from 'node:http'
import { codeChallenge, createCodeVerifier } from '../../lib/oauth/index.ts'

const CALLBACK = 'http://localhost:9/callback'
const USER = { username: 'ada@acme.example', password: 'local-ada' }

/** Endpoints of a login server, and a browser's cookies at it. */
export interface LoginServer {
  authorize: string
  token: string
}

interface Answer {
  status: number
  headers: IncomingHttpHeaders
  text: string
}

/** A client with as little of its own as can be: over kept connections, no fetch, no parser. */
export class LoginClient {
  readonly #server: LoginServer
  readonly #agent = new Agent({ keepAlive: true })
  #cookies = new Map<string, string>()

  constructor(server: LoginServer) {
    this.#server = server
  }

  /** A whole login with PKCE, through every page, up to verified-to-be-there tokens; answers the refresh token. */
  async logIn(): Promise<string> {
    this.#cookies = new Map()
    return this.authorize()
  }

  /** The same with the browser's session, where the server keeps one. */
  async authorize(): Promise<string> {
    const code_verifier = createCodeVerifier()
    let address = `${this.#server.authorize}?${new URLSearchParams({
      response_type: 'code',
      client_id: 'bench',
      redirect_uri: CALLBACK,
      scope: 'openid offline_access read',
      audience: 'https://api.example/',
      state: 'state',
      nonce: 'nonce',
      code_challenge: codeChallenge(code_verifier),
      code_challenge_method: 'S256',
    })}`
    let form: string | undefined
    while (!address.startsWith(CALLBACK)) {
      const { headers, text, status } = await this.#send(address, form)
      form = undefined
      if (headers.location !== undefined) {
        address = new URL(headers.location, address).href
        continue
      }
      const hidden = [...text.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)">/g)]
      if (hidden.length === 0) throw new Error(`the login stopped with ${status}: ${text.slice(0, 200)}`)
      form = String(
        new URLSearchParams([
          ...hidden.map(([, name, value]) => [name!, value!] as [string, string]),
          ...Object.entries(USER),
        ]),
      )
    }
    const code = new URL(address).searchParams.get('code')!
    return this.#tokens({ grant_type: 'authorization_code', code, code_verifier, redirect_uri: CALLBACK })
  }

  refresh(refresh_token: string): Promise<string> {
    return this.#tokens({ grant_type: 'refresh_token', refresh_token })
  }

  async #tokens(fields: Record<string, string>): Promise<string> {
    const body = String(new URLSearchParams({ client_id: 'bench', ...fields }))
    const { status, text } = await this.#send(this.#server.token, body)
    const { access_token, id_token, refresh_token } = JSON.parse(text)
    // Two signatures each: who signs less would be faster.
    if (status !== 200 || [access_token, id_token].some((token) => token?.split('.').length !== 3)) {
      throw new Error(`the token endpoint answered ${status}: ${text}`)
    }
    return refresh_token
  }

  #send(address: string, form?: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const headers: Record<string, string> = {}
      const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
      if (cookie !== '') headers['cookie'] = cookie
      if (form !== undefined) headers['content-type'] = 'application/x-www-form-urlencoded'
      const sent = request(
        address,
        { agent: this.#agent, method: form === undefined ? 'GET' : 'POST', headers },
        (response) => {
          for (const text of response.headers['set-cookie'] ?? []) this.#keep(text)
          let text = ''
          response.setEncoding('utf8')
          response.on('data', (chunk) => {
            text += chunk
          })
          response.on('end', () => {
            resolve({ status: response.statusCode!, headers: response.headers, text })
          })
        },
      )
      sent.on('error', reject)
      sent.end(form)
    })
  }

  #keep(text: string): void {
    const [name = '', value = ''] = text.split(';')[0]!.split('=', 2)
    if (value === '') this.#cookies.delete(name)
    else this.#cookies.set(name, value)
  }

  close(): void {
    this.#agent.destroy()
  }
}
