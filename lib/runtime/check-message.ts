import type { FinishedRun, FromRunner } from './messages.ts'
import type { Command } from './types.ts'

/** How deep what an Action hands over may be nested: the host walks through it. */
const MAX_DEPTH = 1000

/**
 * The message in a frame of the process for Actions.
 *
 * @throws TypeError for anything that the runner does not send
 */
export function readMessage(text: string): FromRunner {
  const message: unknown = JSON.parse(text)
  if (!isRecord(message) || !isMessage(message)) throw new TypeError('the message has a wrong shape')
  return message as unknown as FromRunner
}

type Unknown = Record<string, unknown>

function isMessage(message: Unknown): boolean {
  switch (message['type']) {
    case 'ready':
    case 'pong':
      return true
    case 'begun':
      return isId(message['id'])
    case 'log':
      return isId(message['id']) && isLine(message['line'])
    case 'late':
      return isText(message['key']) && isFailure(message['error'])
    case 'request':
      return (
        isId(message['id']) &&
        ['method', 'url', 'body'].every((name) => isText(message[name])) &&
        isList(message['headers'], (header) => isList(header, isText) && header.length === 2)
      )
    case 'done':
      return typeof message['left'] === 'boolean' && isList(message['runs'], isFinished)
    default:
      return false
  }
}

function isFinished(run: unknown): run is FinishedRun {
  return (
    isRecord(run) &&
    isId(run['id']) &&
    Number.isFinite(run['milliseconds']) &&
    isList(run['commands'], isCommand) &&
    isRecord(run['cache']) &&
    isFlat(run['cache']) &&
    (run['error'] === undefined || isFailure(run['error']))
  )
}

function isCommand(command: unknown): command is Command {
  if (!isRecord(command) || !isText(command['method']) || !isRecord(command['at'])) return false
  const { file, line, column } = command['at']
  return (
    isText(file) &&
    isId(line) &&
    isId(column) &&
    (command['threw'] === undefined || isText(command['threw'])) &&
    isList(command['args'], isFlat)
  )
}

const KINDS = new Set(['threw', 'timeout', 'exited', 'out-of-memory', 'load', 'signature', 'unhandled'])
function isFailure(error: unknown): boolean {
  return (
    isRecord(error) &&
    KINDS.has(String(error['kind'])) &&
    isText(error['message']) &&
    ['name', 'stack'].every((name) => error[name] === undefined || isText(error[name]))
  )
}

const LEVELS = new Set(['log', 'info', 'warn', 'error', 'debug', 'trace'])
const isLine = (line: unknown) => isRecord(line) && LEVELS.has(String(line['level'])) && isText(line['text'])
const isText = (value: unknown): value is string => typeof value === 'string'
const isId = (value: unknown) => Number.isSafeInteger(value)
const isRecord = (value: unknown): value is Unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function isList<T>(value: unknown, isItem: (item: unknown) => item is T): value is T[]
function isList(value: unknown, isItem: (item: unknown) => boolean): value is unknown[]
function isList(value: unknown, isItem: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isItem)
}

/** Not nested too deep; without recursion. */
function isFlat(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true
  let level: unknown[] = [value]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) return false
    const below: unknown[] = []
    for (const one of level) {
      for (const member of Object.values(one as object)) {
        if (typeof member === 'object' && member !== null) below.push(member)
      }
    }
    level = below
  }
  return true
}
