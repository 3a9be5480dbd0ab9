/**
 * How a request differs from an ordinary one. It has to be written to the socket as it is: `fetch` corrects some of it.
 */
export interface RequestTrick {
  /** Of the request line. @defaultValue path and query of the address */
  target?: string
  /** Values of its `Host` headers. @defaultValue host and port of the address */
  hosts?: readonly string[]
  /** Values of its `Authorization` headers. @defaultValue the scheme, a blank and the token, unless that is empty */
  authorizations?: readonly string[]
  /** More headers. */
  headers?: readonly (readonly [name: string, value: string])[]
  /** A form. @defaultValue no body */
  body?: string
}

/** A request that an API must refuse although a good token is somewhere in it. */
export interface BadRequest {
  name: string
  /** Of its `Authorization` header; empty when it has none. */
  token: string
  request: RequestTrick
}

/**
 * Tokens that are good, and not where an API may look for them. The API may take them in a query or a form, which
 * RFC 6750 knows; RFC 9700 section 4.3.2 advises against it, and nobody is told.
 *
 * @param bad A token with another signature: what is in the header decides.
 * @see RFC 6750 section 2
 */
export function badRequests(url: string, good: string, bad: string): BadRequest[] {
  const { pathname, search } = new URL(url)
  const query = (name: string) => `${pathname}${search === '' ? '?' : `${search}&`}${name}=${good}`
  const form = `access_token=${good}`
  const only = (name: string, request: RequestTrick): BadRequest => ({ name, token: '', request })
  return [
    only('the token in the query', { target: query('access_token') }),
    only('the token in the query, its name encoded', { target: query('access%5Ftoken') }),
    only('the token in a form', { body: form }),
    only('the token in a cookie', { headers: [['cookie', form]] }),
    only('the token in X-Access-Token', { headers: [['x-access-token', good]] }),
    only('the token in X-Forwarded-Access-Token', { headers: [['x-forwarded-access-token', good]] }),
    only('the token in Proxy-Authorization', { headers: [['proxy-authorization', `Bearer ${good}`]] }),
    only('the token without a scheme', { authorizations: [good] }),
    only('the token with the scheme Token', { authorizations: [`Token ${good}`] }),
    only('the token with the scheme Basic', { authorizations: [`Basic ${btoa(`${good}:`)}`] }),
    only('the token behind Bearer and a colon', { authorizations: [`Bearer: ${good}`] }),
    only('the token behind Bearer twice', { authorizations: [`Bearer Bearer ${good}`] }),
    only('two tokens in one header', { authorizations: [`Bearer ${bad}, Bearer ${good}`] }),
    only('a bad token, and the good one in a second header', {
      authorizations: [`Bearer ${bad}`, `Bearer ${good}`],
    }),
    {
      name: 'a bad token, and the good one in the query',
      token: bad,
      request: { target: query('access_token') },
    },
    { name: 'a bad token, and the good one in a form', token: bad, request: { body: form } },
    {
      name: 'no token, and the good one in the query',
      token: '',
      request: { target: query('access_token'), authorizations: ['Bearer'] },
    },
  ]
}

/** What makes an API that puts its address together from the request take it for another one. */
export function addressTricks(url: string): { name: string; htu: string; request: RequestTrick }[] {
  const { protocol, host, pathname } = new URL(url)
  const evil = 'api.attacker.example'
  const there = `${protocol}//${evil}${pathname}`
  const other = `${protocol}//${host}/other`
  const named = (name: string, value: string) => ({
    name: `a proof for another host, and ${name}`,
    htu: there,
    request: { headers: [[name, value] as const] },
  })
  return [
    {
      name: 'a proof for another path, and a path in Host',
      htu: other,
      request: { hosts: [`${host}/other?`] },
    },
    {
      name: 'a proof for another path, and a fragment in Host',
      htu: other,
      request: { hosts: [`${host}/other#`] },
    },
    {
      name: 'a proof for the root, and a query in Host',
      htu: `${protocol}//${host}/`,
      request: { hosts: [`${host}?`] },
    },
    {
      name: 'a proof for another host, and its path in Host',
      htu: `${protocol}//${evil}/other`,
      request: { hosts: [`${evil}/other?`] },
    },
    {
      name: 'a proof for another host, behind a user in Host',
      htu: there,
      request: { hosts: [`${host}@${evil}`] },
    },
    {
      name: 'a proof for another host, behind a blank in Host',
      htu: there,
      request: { hosts: [`${evil} ${host}`] },
    },
    {
      name: 'a proof for another host, encoded in Host',
      htu: there,
      request: { hosts: [`${evil.replace('.', '%2E')}`] },
    },
    { name: 'a proof for another host, in a second Host', htu: there, request: { hosts: [host, evil] } },
    { name: 'a proof for another host, in a first Host', htu: there, request: { hosts: [evil, host] } },
    {
      name: 'a proof for another host, in the target',
      htu: there,
      request: { target: there, hosts: [host] },
    },
    {
      name: 'a proof for another host, behind two slashes',
      htu: there,
      request: { target: `//${evil}${pathname}` },
    },
    {
      name: 'a proof for where dots in the target lead',
      htu: other,
      request: { target: `${pathname}/../../other` },
    },
    {
      name: 'a proof for where backslashes in the target lead',
      htu: other,
      request: { target: `${pathname}\\..\\..\\other` },
    },
    named('X-Forwarded-Host', evil),
    named('X-Forwarded-Host', `${evil}${pathname}?`),
    named('X-Forwarded-Proto', `${there}?`),
    named('X-Original-Host', evil),
    named('X-Host', evil),
    named('Forwarded', `host=${evil};proto=${protocol.slice(0, -1)}`),
  ].map((one, index, all) => ({
    ...one,
    // Two differ in the value only.
    name: all.findIndex(({ name }) => name === one.name) === index ? one.name : `${one.name} with a path`,
  }))
}
