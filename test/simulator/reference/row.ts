import { expect } from 'vitest'
import { createInProcessRuntime, type Handlers } from '../../../lib/runtime/index.ts'
import type { Handler } from '../../../lib/runtime/types.ts'
import {
  type PipelineResult,
  postLoginEvent,
  runTrigger,
  type SettledTokens,
  type SimulatedEvent,
  type Suspension,
  settleTokens,
  situation,
  tokenContextOf,
} from '../../../lib/simulator/index.ts'
import type { TokenContext } from '../../../lib/tokens/types.ts'
import { postLogin } from '../../../lib/triggers/index.ts'
import { reduceCalls, shownEvent } from '../../../lib/triggers/reduce.ts'

/** One fact of the reference, and how we hold to it. */
export interface Row {
  /** One sentence. */
  fact: string
  /** Grades and keys of `sources.ts`, e.g. `D: API, LIM; T: HLP`. */
  source: string
  /** What we do where the sources are silent or contradict each other; absent where we do as they say. */
  choice?: string
  holds: () => unknown
}

/** We do as the source says. */
export function agree(source: string, fact: string, holds: Row['holds']): Row {
  return { fact, source, holds }
}

/** The sources are silent or contradict each other. */
export function chosen(source: string, fact: string, choice: string, holds: Row['holds']): Row {
  return { fact, source, choice, holds }
}

// biome-ignore lint/suspicious/noExplicitAny: Actions in JavaScript have no types, and wrong arguments are the point
export type Call = (api: any, event: any) => unknown

export const NOW = Date.UTC(2026, 0, 15)
export const API = 'https://api.example/'

export interface Setting {
  event?: SimulatedEvent
  handler?: Handler
  facts?: Record<string, unknown>
}

export const resumed: Setting = { handler: 'onContinuePostLogin' }
export const refresh = { event: situation('refresh') }
export const online = { event: situation('refresh', { refresh_token: { access: 'online' } }) }
export const noSession = { event: situation('noSession') }
export const withProtocol = (protocol: string) => ({
  event: postLoginEvent({ transaction: { protocol: protocol as 'samlp' } }),
})

/**
 * What one call in an Action answers or throws (`'api'` when it answers the api object itself), what it asks for, and
 * the event that the next Action would get.
 */
export async function outcomeOf(call: Call, { event = postLoginEvent(), handler, facts }: Setting = {}) {
  let outcome: unknown
  const body = async (own: unknown, api: unknown) => {
    try {
      const value = await call(api, own)
      outcome = value === api ? 'api' : value
    } catch (error) {
      outcome = error
    }
  }
  const name = handler ?? 'onExecutePostLogin'
  const run = await createInProcessRuntime({ sample: { [name]: body } }).run({
    action: { name: 'sample', code: '', file: 'sample.js', secrets: {} },
    handler: name,
    event,
    facts: { now: NOW, ...facts },
  })
  const calls = run.commands.map((command) => ({ ...command, action: 'sample' }))
  const state = reduceCalls(postLogin, event, calls)
  return { outcome, state, next: shownEvent(postLogin, event, state), ...run }
}

/** The call answers this. */
export function answers(call: Call, expected: unknown, setting?: Setting): Row['holds'] {
  return async () => expect((await outcomeOf(call, setting)).outcome).toEqual(expected)
}

/** The call throws an error with this message, and is on record with it. */
export function throws(
  call: Call,
  message: string | RegExp,
  setting?: Setting,
  type: new (message: string) => Error = Error,
): Row['holds'] {
  return async () => {
    const { outcome, commands } = await outcomeOf(call, setting)
    expect(outcome).toBeInstanceOf(type)
    const text = (outcome as Error).message
    if (typeof message === 'string') expect(text).toBe(message)
    else expect(text).toMatch(message)
    // Where the method did not even get to run there is no record.
    if (commands.length > 0) expect(commands.at(-1)?.threw).toBe(text)
  }
}

/** A limit at its edge: the first call passes, the second throws. */
export function edge(largest: Call, first: Call, message: string | RegExp, setting?: Setting): Row['holds'] {
  return async () => {
    const { outcome, commands } = await outcomeOf(largest, setting)
    expect(outcome).not.toBeInstanceOf(Error)
    expect(commands.length).toBeGreaterThan(0)
    await throws(first, message, setting)()
  }
}

export interface Login {
  event?: SimulatedEvent
  context?: Partial<TokenContext>
  facts?: Record<string, unknown>
  resume?: Suspension
  timeoutMilliseconds?: number
  /** Of each Action, in order. */
  secrets?: Record<string, string>[]
}

export interface LoginResult {
  pipeline: PipelineResult
  tokens: SettledTokens
}

/** An Action of the pipeline: what it does at login, both of its handlers, or whatever its module exports. */
export type Body = Call | { execute: Call; resume: Call } | { exports: unknown }

/** Runs Actions in order on a login to an API, and builds the tokens. */
export async function login(bodies: readonly Body[], options: Login = {}): Promise<LoginResult> {
  const { event = onApi(), context, secrets = [], ...more } = options
  const named = Object.fromEntries(bodies.map((body, index) => [`action-${index + 1}`, handlersOf(body)]))
  const actions = Object.keys(named).map((name, index) => ({
    name,
    code: '',
    file: `${name}.js`,
    secrets: secrets[index] ?? {},
  }))
  const { facts, ...rest } = more
  const pipeline = await runTrigger(postLogin, {
    actions,
    event,
    runtime: createInProcessRuntime(named),
    facts: { now: NOW, ...facts },
    ...rest,
  })
  const own = tokenContextOf(event)
  const scopes = pipeline.targetScopes ?? own.scopes
  return { pipeline, tokens: settleTokens(pipeline, { ...own, scopes, ...context }) }
}

function handlersOf(body: Body): Handlers {
  if (typeof body === 'function')
    return { onExecutePostLogin: async (event: unknown, api: unknown) => body(api, event) }
  if ('exports' in body) return body.exports as Handlers
  const { execute, resume } = body
  return {
    onExecutePostLogin: async (event: unknown, api: unknown) => execute(api, event),
    onContinuePostLogin: async (event: unknown, api: unknown) => resume(api, event),
  }
}

/** An ordinary login with an API as audience. */
export function onApi(overrides: Parameters<typeof postLoginEvent>[0] = {}): SimulatedEvent {
  return postLoginEvent({ resource_server: { identifier: API }, ...overrides })
}

export function long(length: number): string {
  return 'x'.repeat(length)
}

export function many(count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, index) => `s${from + index}`)
}
