import { type BuiltAction, bundleActions } from '../bundle/index.ts'
import { ToolkitError } from '../errors.ts'
import type { Position } from '../finding.ts'
import {
  fillMarkers,
  markersIn,
  maskOf,
  mayStay,
  type Spelled,
  spelled,
  unspelled,
  valueMarker,
} from '../workspace/index.ts'
import type { TenantFile, Workspace } from '../workspace/types.ts'
import { isReservedMarker } from './marker-values.ts'
import { BY_NAME, type Selection, selectionOf } from './pull/selection.ts'
import { isEntry } from './wire/json.ts'

type Keywords = Readonly<Record<string, string>>

/** The two sides of the markers of a workspace: what is sent, and what is shown. */
export interface Markers {
  /** For sending: the value with its markers filled. A marker without a value stays. */
  filled<T>(value: T): T
  /** For showing: a text with the values turned back into their markers, in whatever form they stand there. */
  masked(text: string): string
  /** For showing and keeping: the same in all texts of a document but our own words, such as the kind of a change. */
  maskedDocument<T>(document: T): T
  /** For a file of ours that is read again: the same, and {@link Markers.restored} gives each text back as it was. */
  kept(document: unknown): unknown
  restored<T>(kept: unknown): T
}

/**
 * The markers of a workspace with these values. `plain`: what everybody may see though it may equal a value, such as
 * the tenant's domain; so may what tenant.yaml says without a marker. `secrets`: what nobody may see, though no marker
 * stands for it.
 */
export function markersOf(
  workspace: Pick<Workspace, 'tenant'> | undefined,
  keywords: Keywords,
  { plain = [], secrets = [] }: { plain?: readonly string[]; secrets?: readonly string[] } = {},
): Markers {
  let mask: ReturnType<typeof maskOf> | undefined
  const made = () => (mask ??= maskOf({ keywords, written: workspace?.tenant, plain, secrets }))
  return {
    filled: (value) => filled(value, keywords),
    masked: (text) => made().text(text),
    maskedDocument: (document) => made().document(document),
    kept(document) {
      const shown = made().document(document)
      return exactly(document, shown, filled(shown, keywords), keywords)
    },
    restored: <T>(kept: unknown) => restored(kept, keywords) as T,
  }
}

/** What is kept in place of a text that its markers would not give back: a value may stand there in capitals. */
interface KeptText {
  $spelled: Spelled
}

function isKeptText(value: unknown): value is KeptText {
  return isEntry(value) && Array.isArray(value['$spelled']) && Object.keys(value).length === 1
}

/** @param back What markers make of `shown` again. */
function exactly(is: unknown, shown: unknown, back: unknown, keywords: Keywords): unknown {
  if (JSON.stringify(is) === JSON.stringify(back)) return shown
  if (typeof is === 'string') return { $spelled: spelled(is, keywords) } satisfies KeptText
  if (Array.isArray(is) && Array.isArray(shown) && Array.isArray(back))
    return is.map((item, index) => exactly(item, shown[index], back[index], keywords))
  if (!isEntry(is) || !isEntry(shown) || !isEntry(back)) return shown
  const [names, after] = [Object.keys(shown), Object.values(back)]
  return Object.fromEntries(
    Object.values(is).map((value, index) => {
      const name = names[index]!
      return [name, exactly(value, shown[name], after[index], keywords)]
    }),
  )
}

function restored(kept: unknown, keywords: Keywords): unknown {
  // Not to be filled: what is no marker may look like one.
  const texts: string[] = []
  const taken = (value: unknown): unknown => {
    if (isKeptText(value)) return `\0${texts.push(unspelled(value.$spelled, keywords)) - 1}`
    if (Array.isArray(value)) return value.map(taken)
    if (!isEntry(value)) return value
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, taken(item)]))
  }
  const given = (value: unknown): unknown => {
    if (typeof value === 'string') return value.startsWith('\0') ? texts[Number(value.slice(1))] : value
    if (Array.isArray(value)) return value.map(given)
    if (!isEntry(value)) return value
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, given(item)]))
  }
  return given(filled(taken(kept), keywords))
}

/** Names of all markers of tenant.yaml, and of these texts of code. */
export function markerNames(workspace: Workspace, codes: readonly string[] = []): string[] {
  const names = markersWithout({}, workspace.tenant).map(({ name }) => name)
  return [...new Set([...names, ...codes.flatMap(markersIn)])]
}

/** A marker without a value, with its first place. */
export interface MissingKeyword extends Position {
  name: string
}

/** The markers without a value; not those that are Auth0's own macros. */
export function missingKeywords(
  workspace: Pick<Workspace, 'tenant' | 'positionOf'>,
  keywords: Keywords,
): MissingKeyword[] {
  const missing = new Map<string, MissingKeyword>()
  for (const { name, text, path } of markersWithout(keywords, workspace.tenant)) {
    if (missing.has(name) || mayStay(text, name)) continue
    missing.set(name, { name, ...workspace.positionOf(path) })
  }
  return [...missing.values()]
}

function markersWithout(
  keywords: Keywords,
  tenant: TenantFile,
): { name: string; text: string; path: (string | number)[] }[] {
  const found: { name: string; text: string; path: (string | number)[] }[] = []
  const note = (text: string, path: (string | number)[]): void => {
    for (const name of markersIn(text)) if (!Object.hasOwn(keywords, name)) found.push({ name, text, path })
  }
  const visit = (value: unknown, path: (string | number)[]): void => {
    if (typeof value === 'string') note(value, path)
    else if (Array.isArray(value)) {
      value.forEach((item, index) => {
        visit(item, [...path, index])
      })
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, item] of Object.entries(value)) {
        note(key, [...path, key])
        visit(item, [...path, key])
      }
    }
  }
  visit(tenant, [])
  return found
}

/**
 * The tenant file with every marker filled, for sending, without the types that the deploy CLI's `config` leaves out;
 * what it leaves out besides needs no values.
 *
 * @throws {ToolkitError} `ERR_INPUT` with the place of the first marker that has no value.
 */
export function resolvedTenant(
  { tenant, positionOf }: Workspace,
  keywords: Keywords,
  config: Readonly<Record<string, unknown>> = {},
): TenantFile {
  const workspace = {
    tenant: withoutExcluded(tenant, keywords, selectionOf(withExclude(tenant, config))),
    positionOf,
  }
  const missing = missingKeywords(workspace, keywords)
  const [first] = missing
  if (first === undefined) {
    refuseEmptied(workspace, keywords)
    return filled(withoutUnfilled(workspace.tenant, tenant, keywords), keywords)
  }
  // Of one the place stands before the message.
  const place = ({ file, line }: Position) => (missing.length === 1 ? '' : ` (${file}:${line})`)
  const names = missing.map((one) => `"##${one.name}##"${place(one)}`).join(', ')
  const reserved = missing.find(({ name }) => isReservedMarker(name))?.name
  throw new ToolkitError('ERR_INPUT', `${names} ${missing.length === 1 ? 'has' : 'have'} no value`, {
    file: first.file,
    line: first.line,
    column: first.column,
    hint:
      reserved === undefined
        ? `For a real tenant write ${first.name}=… into .env or .env.<name>, or set it in the environment and declare it in claims.config.json: { "markers": ${JSON.stringify(missing.map(({ name }) => name))} }. For the local tenant give it to "keywords" in tenant.local.yaml.`
        : `"${reserved}" is a name for credentials of the tools or of the machine, which no marker takes: call the marker otherwise.`,
  })
}

/** With what tenant.yaml itself says under `exclude`. */
function withExclude(
  { exclude }: TenantFile,
  config: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  if (!isEntry(exclude)) return config
  const named = Object.entries(BY_NAME).flatMap(([type, setting]) => {
    const names = exclude[type]
    return Array.isArray(names) && config[setting] === undefined ? [[setting, names]] : []
  })
  return { ...config, ...Object.fromEntries(named) }
}

/** Only what is sent. An entry that is left out keeps its place, as `null`. */
function withoutExcluded(tenant: TenantFile, keywords: Keywords, { has, leaves }: Selection): TenantFile {
  const kept = Object.entries(tenant)
    .filter(([type]) => has(type))
    .map(([type, value]) => [
      type,
      Array.isArray(value)
        ? value.map((entry: unknown) =>
            isEntry(entry) && leaves(type, filled(entry, keywords)) ? null : entry,
          )
        : value,
    ])
  return Object.fromEntries(kept) as TenantFile
}

/** The deploy CLI leaves such entries out itself, but holds all that it is given to its schemas. */
function withoutUnfilled(sent: TenantFile, tenant: TenantFile, keywords: Keywords): TenantFile {
  const entries = Object.entries(sent).map(([type, value]) => {
    const whole = tenant[type]
    if (!Array.isArray(value) || !Array.isArray(whole)) return [type, value]
    return [
      type,
      whole.filter(
        (entry: unknown, index) =>
          value[index] !== null || markersWithout(keywords, { entry } as TenantFile).length === 0,
      ),
    ]
  })
  return Object.fromEntries(entries) as TenantFile
}

/** A value that is one marker and nothing else must not vanish: an empty one would take a setting away, unseen. */
function refuseEmptied(workspace: Pick<Workspace, 'tenant' | 'positionOf'>, keywords: Keywords): void {
  const visit = (value: unknown, path: (string | number)[]): void => {
    if (typeof value === 'object' && value !== null) {
      for (const [key, item] of Object.entries(value))
        visit(item, [...path, Array.isArray(value) ? Number(key) : key])
      return
    }
    const name = typeof value === 'string' ? valueMarker(value) : undefined
    if (name === undefined) return
    const now = filled<unknown>(value, keywords)
    if (now !== null && now !== '') return
    throw new ToolkitError('ERR_INPUT', `the value of "${name}" is empty, and nothing else stands here`, {
      ...workspace.positionOf(path),
      hint: 'Give the marker a value, or put quotes around it for an empty text.',
    })
  }
  visit(workspace.tenant, [])
}

function filled<T>(value: T, keywords: Keywords): T {
  return fillMarkers(value, (name) => (Object.hasOwn(keywords, name) ? keywords[name] : undefined))
}

/**
 * The code of each Action as the deploy CLI will send it: its bundle with the markers that have a value replaced.
 * Bundles that are not given are made here, in memory: no file is read but sources.
 *
 * @throws {ToolkitError} `ERR_BUNDLE` for an Action that cannot be bundled, `ERR_INPUT` for one without a source.
 */
export async function codeToSend(
  { workspace, built }: { workspace: Workspace; built?: readonly BuiltAction[] | undefined },
  keywords: Keywords,
): Promise<Map<string, string>> {
  const bundles = built ?? (await bundleActions(workspace.actions, { root: workspace.root }))
  return new Map(bundles.map(({ name, code }) => [name, String(filled(code, keywords))]))
}
