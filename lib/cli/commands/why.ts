import { readFile } from 'node:fs/promises'
import { checkContracts } from '../../contract/index.ts'
import { ToolkitError } from '../../errors.ts'
import { type TokenKind, tokenName } from '../../finding.ts'
import { type LoginOptions, loginFor } from '../../simulator/index.ts'
import { credentialsExchange, postLogin } from '../../triggers/index.ts'
import { readWorkspace } from '../../workspace/index.ts'
import { boundActions } from '../bound-actions.ts'
import { defineCommand } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { JSON_FLAG } from '../flags.ts'
import { jsonDocument } from '../json-document.ts'
import { namedLogin } from '../login-flags.ts'
import { presentedToken } from '../presented-token.ts'
import { tellValueless } from '../valueless-notes.ts'
import type { ClaimInToken } from '../why/claim-in-login.ts'
import { meantClaim } from '../why/claim-name.ts'
import { type LoginOfToken, loginOfToken } from '../why/login-of-token.ts'
import {
  type Asked,
  flagsOf,
  type Search,
  type SmallestChange,
  searchLogins,
  smallestChanges,
  wayOf,
} from '../why/ways.ts'
import { type WritePlace, writePlaces } from '../why/write-places.ts'
import { workspaceFolder } from '../workspace-folder.ts'
import { workspaceRuntime } from '../workspace-runtime.ts'

/** `claims why`: whether a claim arrives, which line sets it, and where not, why not. */
export const whyCommand = defineCommand({
  name: 'why',
  summary: 'Say why a claim is in a token or not: of one login, of a token, or of all logins',
  flags: {
    user: { value: '<user>', help: 'of this login: e-mail address or id of tenant.local.yaml' },
    client: { value: '<client>', help: 'of this login: name or client id of tenant.yaml' },
    audience: { value: '<api>', help: 'of this login: identifier of an API, "" for none' },
    scope: { value: '<scopes>', help: 'of this login: space-separated' },
    org: { value: '<organization>', help: 'of this login: its organization' },
    token: { value: '<->', help: 'of the token on standard input: "-"; it is read and not verified' },
    ...JSON_FLAG,
  },
  words: [{ name: '<claim>', help: 'the name of a claim, or its end: roles for https://acme.example/roles' }],
  notes: [
    'Without a login: runs the ordinary logins of the workspace, and says at how many the claim is missing.',
    'Exit code 1: it is missing in the login or token that was named, or in every login.',
  ],
  async run(terminal, values, words) {
    const [given] = words
    if (given === undefined || given === '' || words.length > 1) {
      throw new ToolkitError('ERR_USAGE', 'one claim is to be named', {
        hint: 'E.g. claims why https://acme.example/roles --user ada@acme.example.',
      })
    }
    const named = namedLogin(values)
    const isOfToken = values['token'] !== undefined
    if (isOfToken && (values['token'] !== '-' || Object.keys(named).length > 0)) {
      throw new ToolkitError(
        'ERR_USAGE',
        values['token'] === '-'
          ? '--token brings its own login'
          : '--token takes the token from standard input',
        { hint: 'Say --token - and send the token by a pipe: a command line is seen by others.' },
      )
    }
    const workspace = await readWorkspace(await workspaceFolder(terminal))
    const { contracts } = await checkContracts(workspace.contractFiles, (file) => readFile(file, 'utf8'), {
      root: workspace.root,
    })
    const places = await writePlaces(workspace)
    const known = [
      ...new Set([...contracts.flatMap(({ claims }) => claims), ...places.flatMap(({ names }) => names)]),
    ]
    const { claim, note } = meantClaim(given, known)
    const promised = contracts
      .filter(({ claims }) => claims.includes(claim))
      .map(({ title, file, token, schema }) => ({
        title,
        file,
        token,
        required: schema.required?.includes(claim) === true,
      }))
    const ofToken = isOfToken
      ? loginOfToken(presentedToken(await terminal.stdin()).token, workspace)
      : undefined
    const actions = await boundActions(workspace)
    if (values['json'] !== true) tellValueless(terminal, workspace)
    const runtime = await workspaceRuntime(workspace)
    try {
      const asked: Asked = {
        workspace,
        claim,
        actions,
        runtime,
        places: places.filter(({ names }) => names.includes(claim)),
      }
      const answer =
        ofToken !== undefined
          ? await answerForToken(ofToken, asked)
          : Object.keys(named).length > 0
            ? await answerForLogin(named, asked)
            : { kind: 'search' as const, ...(await searchLogins(asked)) }
      if (values['json'] === true) {
        const setAt = asked.places.map(({ names: _, ofLogin: _o, ...place }) => place)
        terminal.document(jsonDocument('why', { claim, setAt, promised, ...answer }, 2))
      } else {
        if (note !== undefined) terminal.err(note)
        terminal.out([claim, ...linesOf(answer), ...placeLines(asked.places), ...promised.map(promiseLine)])
      }
      return isMissing(answer) ? EXIT.findings : EXIT.clean
    } finally {
      await runtime.stop()
    }
  },
})

interface LoginAnswer {
  kind: 'login'
  /** As flags. */
  options: string[]
  login: ClaimInToken[]
  refresh?: ClaimInToken[]
  changes: SmallestChange[]
}

type TokenAnswer = Omit<LoginAnswer, 'kind'> & {
  kind: 'token'
  token: TokenKind
  /** Whether the token itself has the claim. */
  inToken: boolean
  isMachine: boolean
  isRefresh: boolean
  unknown: string[]
}

type Answer = LoginAnswer | TokenAnswer | ({ kind: 'search' } & Search)

async function answerForLogin(options: LoginOptions, asked: Asked): Promise<LoginAnswer> {
  const way = await wayOf(loginFor(asked.workspace, options), asked)
  const missing = way.login.filter(({ arrives }) => !arrives).map(({ token }) => token)
  return {
    kind: 'login',
    options: flagsOf(options),
    ...way,
    changes: await smallestChanges(options, missing, asked),
  }
}

async function answerForToken(
  { token, payload, options, isMachine, isRefresh, unknown }: LoginOfToken,
  asked: Asked,
): Promise<TokenAnswer> {
  const inToken = Object.hasOwn(payload, asked.claim)
  const own = { kind: 'token' as const, token, inToken, isMachine, isRefresh, unknown }
  if (isMachine) return { ...own, options: flagsOf(options), login: [], changes: [] }
  const { login, refresh, changes, options: flags } = await answerForLogin(options, asked)
  const ofToken = (list: readonly ClaimInToken[]) => list.filter((one) => one.token === token)
  return {
    ...own,
    options: flags,
    login: ofToken(login),
    ...(refresh !== undefined && { refresh: ofToken(refresh) }),
    changes: changes.filter((one) => one.token === token),
  }
}

function isMissing(answer: Answer): boolean {
  if (answer.kind === 'search') return !answer.fates.some(({ found }) => found.arrives)
  if (answer.kind === 'token') return !answer.inToken
  return !answer.login.some(({ arrives }) => arrives)
}

function linesOf(answer: Answer): string[] {
  if (answer.kind === 'search') return searchLines(answer)
  const { login, refresh, changes, options } = answer
  const lines = [
    `  login: ${options.length === 0 ? 'the first user, application and API' : options.join(' ')}`,
  ]
  if (answer.kind === 'token') {
    lines.unshift(
      `  the ${tokenName(answer.token)} that was given ${answer.inToken ? 'has it' : 'does not have it'}`,
    )
    if (answer.isMachine) {
      return [
        lines[0]!,
        `  It is a machine token: no user logged in, so no Action of ${postLogin.id} ran.`,
        `  hint: Machine tokens get claims by Actions that are bound to ${credentialsExchange.id}.`,
      ]
    }
    if (answer.unknown.length > 0) {
      lines.push(
        `  This workspace does not know ${answer.unknown.join(', ')} of the token: the first here stands for it.`,
      )
    }
    if (answer.isRefresh) lines.push('  The token came of a refresh.')
  }
  for (const found of login) {
    lines.push(...foundLines(found))
    const change = changes.find(({ token }) => token === found.token)
    if (change !== undefined) lines.push(`    It comes with ${change.flags.join(' ')}.`)
  }
  const other = refresh?.filter((found, index) => differs(found, login[index]!)) ?? []
  if (other.length > 0) lines.push('  At a refresh:', ...other.flatMap(foundLines))
  else if (refresh !== undefined) lines.push('  At a refresh: the same.')
  return lines
}

function differs(a: ClaimInToken, b: ClaimInToken): boolean {
  if (a.arrives && b.arrives) return JSON.stringify(a.value) !== JSON.stringify(b.value)
  return a.arrives !== b.arrives || (!a.arrives && !b.arrives && a.reason !== b.reason)
}

function foundLines(found: ClaimInToken): string[] {
  const name = tokenName(found.token)
  const at = found.at === undefined ? '' : `${found.at.file}:${found.at.line}:${found.at.column}`
  if (found.arrives) {
    return [`  ${name}: ${JSON.stringify(found.value)}, set ${at === '' ? 'by Auth0' : `at ${at}`}`]
  }
  const rule = found.rule === undefined ? '' : ` ${found.rule}`
  return [
    `  ${name}: missing.${rule} ${found.reason}`,
    ...(at === '' ? [] : [`    at ${at}`]),
    ...(found.hint === undefined ? [] : [`    hint: ${found.hint}`]),
  ]
}

function searchLines({ tried, of, fates }: Search): string[] {
  const all = tried === of ? `${of} kinds of login` : `${tried} of ${of} kinds of login`
  const lines = [`  ${all}, each with a refresh:`]
  for (const { found, atRefresh, logins, example } of fates) {
    const name = tokenName(found.token)
    if (found.arrives) {
      const at =
        found.at === undefined ? 'by Auth0' : `at ${found.at.file}:${found.at.line}:${found.at.column}`
      lines.push(`  ${name}: arrives in ${logins} of ${tried}, set ${at}`)
      continue
    }
    const where = atRefresh ? ` at the refresh after ${logins} of ${tried}` : ` in ${logins} of ${tried}`
    const [first, ...rest] = foundLines(found)
    lines.push(
      first!.replace('missing.', `missing${where}.`),
      ...rest,
      `    e.g. ${example.join(' ') || 'any login'}`,
    )
  }
  return lines
}

function placeLines(places: readonly WritePlace[]): string[] {
  if (places.length === 0) return ['  No line of an Action sets it, as far as the source tells.']
  const lines = places.map(({ token, at, action, isBound, trigger }) => {
    const bound = isBound ? '' : `, which is not bound to ${trigger}`
    return `    ${at.file}:${at.line}:${at.column} ${tokenName(token)}, by "${action}"${bound}`
  })
  return ['  Lines that can set it:', ...new Set(lines)]
}

interface Promised {
  title: string
  file: string
  required: boolean
}

function promiseLine({ title, file, required }: Promised): string {
  return `  ${title} (${file}) ${required ? 'promises it in every token' : 'describes it, and does not require it'}.`
}
