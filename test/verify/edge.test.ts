import { createContext, runInContext } from 'node:vm'
import { build } from 'esbuild'
import { expect, test } from 'vitest'
import { standaloneValidator } from '../../lib/contract/index.ts'
import { goodPayload, options, token } from './token-kit.ts'

const PLAN = 'https://acme.example/plan'

test('the core and an emitted contract run where there is no Node and no eval', async () => {
  const code = standaloneValidator({
    file: 'orders.json',
    title: 'Orders',
    schema: { type: 'object', properties: { [PLAN]: { enum: ['free'] } }, required: [PLAN] },
  })
  const { outputFiles, metafile } = await build({
    stdin: {
      contents: `export { createVerifier } from './lib/verify/index.ts'\nexport * as contract from 'contract'`,
      resolveDir: process.cwd(),
      loader: 'ts',
    },
    plugins: [
      {
        name: 'contract',
        setup(esbuild) {
          esbuild.onResolve({ filter: /^contract$/ }, () => ({ path: 'contract', namespace: 'emitted' }))
          esbuild.onLoad({ filter: /.*/, namespace: 'emitted' }, () => ({ contents: code, loader: 'js' }))
        },
      },
    ],
    bundle: true,
    write: false,
    metafile: true,
    format: 'iife',
    globalName: 'edge',
    platform: 'browser',
    conditions: ['browser', 'worker'],
    logLevel: 'silent',
  })
  // ajv compiles with new Function: it must stay out.
  expect(Object.keys(metafile.inputs).filter((path) => /node_modules\/(?!jose)/.test(path))).toEqual([])
  const context = createContext(
    { crypto, atob, TextEncoder, TextDecoder, Uint8Array, URL, AbortSignal, Headers, Request, Response },
    { codeGeneration: { strings: false, wasm: false } },
  )
  const edge = runInContext(`${outputFiles[0]!.text}; edge`, context) as {
    createVerifier: typeof import('../../lib/verify/index.ts').createVerifier
    contract: import('../../lib/verify/index.ts').ClaimsContract
  }
  const verifier = edge.createVerifier({ ...options, contract: edge.contract })
  expect({ ...(await verifier.verify(await token({ [PLAN]: 'free' }))) }).toEqual({
    ...goodPayload,
    [PLAN]: 'free',
  })
  // The error is of the other realm: looked at by its fields.
  const refused = await verifier
    .verify(await token({ [PLAN]: 'x' }))
    .catch(({ code, claim }) => ({ code, claim }))
  expect(refused).toEqual({ code: 'contract_violation', claim: PLAN })
  expect(() => runInContext('eval("1")', context)).toThrow()
})
