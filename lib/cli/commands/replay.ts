import { resolve } from 'node:path'
import { ToolkitError } from '../../errors.ts'
import { readText, withoutMark } from '../../files/index.ts'
import { compareChains, type LoginChange, redactor } from '../../prove/index.ts'
import type { SimulatedEvent } from '../../simulator/index.ts'
import { readWorkspace } from '../../workspace/index.ts'
import { actionsAt } from '../actions-at.ts'
import { boundActions } from '../bound-actions.ts'
import { assertEventText } from '../bounded-json.ts'
import { defineCommand, type Terminal } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { JSON_FLAG } from '../flags.ts'
import { jsonDocument } from '../json-document.ts'
import { workspaceFolder } from '../workspace-folder.ts'
import { workspaceRuntime } from '../workspace-runtime.ts'

/** Changed logins that are printed one by one. */
const SHOWN = 20

/** `claims replay`: recorded logins through the Actions of then and of now. */
export const replayCommand = defineCommand({
  name: 'replay',
  summary: 'Run recorded logins through the Actions of a commit and of now, and say which change',
  flags: {
    against: {
      value: '<git-ref>',
      required: true,
      help: 'compare with the Actions of this commit; exit 1 when a login changes',
    },
    redact: {
      insteadOf: 'against',
      help: 'print the events without their values instead: shape and equality stay',
    },
    keep: {
      value: '<member>',
      several: true,
      help: 'with --redact: leave this member as it is, e.g. user.app_metadata.plan',
    },
    node: {
      value: '<program>',
      help: 'run the Actions on this Node; unless told, on the one they are deployed to, if it is here',
    },
    ...JSON_FLAG,
  },
  words: [
    { name: '<events.jsonl>...', help: 'post-login events, one JSON object a line; - for standard input' },
  ],
  async run(terminal, values, positionals) {
    const { against, redact, keep } = values
    if ((typeof against === 'string') === (redact === true)) {
      throw new ToolkitError('ERR_USAGE', 'claims replay either compares or redacts', {
        hint: 'E.g. claims replay events.jsonl --against main.',
      })
    }
    if (positionals.length === 0) {
      throw new ToolkitError('ERR_USAGE', 'there are no events to replay', {
        hint: 'Name a file with one JSON event a line, or - for standard input.',
      })
    }
    const recorded = (await Promise.all(positionals.map((name) => readEvents(terminal, name)))).flat()
    if (recorded.length === 0) {
      throw new ToolkitError('ERR_INPUT', 'the files hold no event', { hint: 'One JSON event a line.' })
    }
    if (typeof against !== 'string') {
      const redacted = redactor(Array.isArray(keep) ? keep.map(String) : [])
      for (const { event } of recorded) terminal.out(JSON.stringify(redacted(event)))
      return EXIT.clean
    }
    const workspace = await readWorkspace(await workspaceFolder(terminal))
    const [before, now] = [await actionsAt(workspace, against), await boundActions(workspace)]
    const runtime = await workspaceRuntime(workspace, values['node'])
    try {
      const events = recorded.map(({ event }) => event)
      const changes = await compareChains(events, { workspace, before, now, runtime })
      const placed = changes.map(({ index, ...change }) => ({ ...recorded[index]!.at, ...change }))
      if (values['json'] === true) {
        const summary = { logins: events.length, changed: changes.length }
        terminal.out(jsonDocument('replay', { against, summary, changes: placed }))
      } else {
        for (const change of placed.slice(0, SHOWN)) terminal.out(linesOf(change))
        if (placed.length > SHOWN) terminal.out(`… and ${placed.length - SHOWN} more (--json has all)`)
        terminal.out(`${changes.length} of ${events.length} logins change since ${against}`)
      }
      return changes.length > 0 ? EXIT.findings : EXIT.clean
    } finally {
      await runtime.stop()
    }
  },
})

interface Recorded {
  event: SimulatedEvent
  at: { file: string; line: number }
}

async function readEvents(terminal: Terminal, name: string): Promise<Recorded[]> {
  const text =
    name === '-'
      ? withoutMark(await terminal.stdin())
      : await readText(resolve(terminal.cwd, name)).catch((cause: unknown) => {
          throw new ToolkitError('ERR_INPUT', `"${name}" cannot be read`, { cause, hint: 'Check the path.' })
        })
  return text.split(/\r?\n/).flatMap((line, index) => {
    if (line.trim() === '') return []
    const at = { file: name, line: index + 1 }
    return [{ event: eventIn(line, at), at }]
  })
}

function eventIn(line: string, at: Recorded['at']): SimulatedEvent {
  let event: unknown
  assertEventText(line, at)
  try {
    event = JSON.parse(line)
  } catch {
    throw new ToolkitError('ERR_INPUT', 'the line is not JSON', {
      ...at,
      hint: 'Each line is one event, e.g. what console.log(JSON.stringify(event)) prints.',
    })
  }
  for (const [part, member] of [
    ['user', 'user_id'],
    ['client', 'client_id'],
    ['request', 'query'],
  ] as const) {
    const value = (event as Record<string, Record<string, unknown>> | null)?.[part]?.[member]
    if (value === undefined) {
      throw new ToolkitError('ERR_INPUT', `the event has no ${part}.${member}`, {
        ...at,
        hint: 'Record whole post-login events.',
      })
    }
  }
  // The secrets of the recording are no business of ours.
  const { secrets: _, ...rest } = event as SimulatedEvent & { secrets?: unknown }
  return rest as SimulatedEvent
}

function linesOf({ file, line, outcome, claims }: Recorded['at'] & Omit<LoginChange, 'index'>): string[] {
  const value = (one: unknown) => (one === undefined ? 'absent' : JSON.stringify(one))
  return [
    `${file}:${line}`,
    ...(outcome === undefined ? [] : [`  ${outcome.before} -> ${outcome.now}`]),
    ...claims.map(
      ({ token, claim, before, now }) => `  ${token} ${claim}: ${value(before)} -> ${value(now)}`,
    ),
  ]
}
