import { expect, test } from 'vitest'
import { isLoopbackDomain } from '../lib/deploy/index.ts'
import { isLoopback } from '../lib/loopback.ts'

const hosts: [host: string, here: boolean, local: boolean][] = [
  ['localhost', true, true],
  ['127.0.0.1', true, true],
  ['[::1]', true, true],
  ['127.8.0.1', true, false],
  ['api.localhost', true, false],
  ['a-b.c.localhost', true, false],
  ['localhost.example.com', false, false],
  ['127.0.0.1.example.com', false, false],
  ['.localhost', false, false],
  ['notlocalhost', false, false],
  ['[::2]', false, false],
  ['128.0.0.1', false, false],
]

test.each(hosts)(
  'says whether %s is this machine, and whether a local tenant answers there',
  (host, here, local) => {
    expect(isLoopback(host)).toBe(here)
    expect(isLoopbackDomain(`${host}:4430`)).toBe(local)
  },
)
