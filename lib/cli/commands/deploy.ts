import {
  changedSecrets,
  closeJournal,
  conflictingDrift,
  type Deletion,
  type DeployJournal,
  type DeployStep,
  deleteNamed,
  deployChanges,
  driftSince,
  findDeletions,
  journalsSince,
  newJournal,
  type Plan,
  planDeploy,
  readBack,
  sentBefore,
  writeFingerprints,
} from '../../deploy/index.ts'
import { countFindings, formatSummary } from '../../report/index.ts'
import { canaryLogin } from '../canary-login.ts'
import { checkedWorkspace } from '../checked-workspace.ts'
import type { OptionValues, Terminal } from '../command.ts'
import { confirmed } from '../confirmed.ts'
import { withDeployCli } from '../deploy-cli.ts'
import { TARGET_FLAGS } from '../deploy-target.ts'
import { EXIT } from '../exit-codes.ts'
import { JSON_FLAG } from '../flags.ts'
import { planned, tellFindings, withPlan } from '../full-plan.ts'
import { gitCommit } from '../git-commit.ts'
import { jsonDocument } from '../json-document.ts'
import { cutOffIn, cutOffText, journalsOf, keepRecord, lastDeploy, withTarget } from '../masked.ts'
import { planDocument, planLines } from '../plan-text.ts'
import { proveWorkspace } from '../prove-workspace.ts'
import { storyLines } from '../story-lines.ts'
import { mayRunForeign, RUN_TENANT_ACTIONS, type TokenEffects, tokenEffects } from '../token-effects.ts'
import { workspaceFolder } from '../workspace-folder.ts'
import { lockedInWorkspace } from '../workspace-lock.ts'

const unlocked = withDeployCli({
  name: 'deploy',
  summary: 'Send what changed to a tenant, and read back that it is there',
  flags: {
    ...TARGET_FLAGS,
    all: {
      help: 'send everything, changed or not; needed after a new value of a secret, which cannot be seen',
    },
    delete: {
      value: '<type>:<name>',
      several: true,
      help: 'after the deploy delete this one, e.g. actions:legacy; may be given several times. Nothing else is ever deleted',
    },
    fingerprints: {
      help: 'keep salted hashes of the values of secrets, so that later plans and deploys see a new value',
    },
    ...RUN_TENANT_ACTIONS,
    'skip-prove': { help: 'do not search for a login that breaks the Actions or a contract' },
    canary: {
      value: '<email>',
      help: 'after the deploy log in as this user, and hold the tokens to the contracts: with the password of tenant.local.yaml, or at a real tenant with your browser. A login that fails is a deploy that fails',
    },
    yes: { help: 'do not ask; needed for a real tenant where nobody can be asked' },
    overwrite: {
      help: 'deploy over what somebody else changed in the tenant since the last deploy from here',
    },
    'no-restore': { help: 'after a failure leave the tenant as it is' },
    'allow-loss': { help: 'let a connection lose a secret that tenant.yaml does not name' },
    ...JSON_FLAG,
  },
  async run(caller, values, cli) {
    const checked = { ...(await checkedWorkspace(await workspaceFolder(caller))), cli }
    const { workspace, built, findings, refusing } = checked
    tellFindings(caller, checked)
    if (refusing.length > 0) {
      const more = { summary: countFindings(findings), findings }
      const why = formatSummary(findings)
      const shown = withPlan(caller, values, checked, async ({ plan, effects }, terminal) => {
        if (values['json'] !== true) terminal.out(planLines(plan, effects))
        refused(terminal, values, why, { ...planDocument(plan, effects), ...more })
      })
      await planned(shown, caller, () => void refused(caller, values, why, more))
      return EXIT.findings
    }
    const codes = built.map(({ code }) => code)
    return withTarget(caller, values, { workspace, codes }, async (target, terminal) => {
      const user = values['canary']
      const canary =
        // The address that a browser opens is the tenant's own, with values.
        typeof user === 'string' ? await canaryLogin(caller, { ...target, user, workspace }) : undefined
      const last = await lastDeploy(workspace, target)
      const { root } = workspace
      const journals = await journalsOf(workspace, target)
      const cutOff = cutOffIn(journals)
      for (const journal of cutOff) terminal.err(cutOffText(journal))
      const secrets = {
        workspace,
        domain: target.access.domain,
        keywords: target.keywords,
        config: target.config,
      }
      const changed = await changedSecrets(secrets)
      const options = {
        ...target.access,
        changedSecrets: changed,
        sent: sentBefore(journals),
        ...(last !== undefined &&
          values['overwrite'] !== true && {
            expected: last.after,
            // What a deploy wrote that was killed, or that failed, is no change by somebody else.
            own: journalsSince(last.number, journals),
          }),
        workspace,
        built,
        keywords: target.keywords,
        config: target.config,
        all: values['all'] === true,
        restoreOnFailure: values['no-restore'] !== true,
        allowLoss: values['allow-loss'] === true,
        onLine: warningsTo(terminal),
        onStep: ({ step, type, name }: DeployStep) => terminal.err(`${type} "${name}" ${STEPS[step]}`),
      }
      const plan = await planDeploy({ ...options, cli })
      const drift =
        options.expected === undefined ? [] : conflictingDrift(options.expected, plan, options.own)
      const named = [values['delete'] ?? []].flat().map(String)
      const deletions = await findDeletions(target.access, workspace.tenant, named)
      const toDo = drift.length === 0 && (plan.changes.length > 0 || options.all || deletions.length > 0)
      const effects = await tokenEffects(workspace, plan, target.markers, built, {
        mayRun: mayRunForeign(terminal, values, plan.domain),
        terminal,
      })
      const about = [...planLines(plan, effects), ...deletions.map(deletionText)]
      if (toDo && values['skip-prove'] !== true) {
        const { counterexamples } = await proveWorkspace(workspace, built)
        for (const found of counterexamples) terminal.err(storyLines(found))
        if (counterexamples.length > 0) {
          const count = `${counterexamples.length} ${counterexamples.length === 1 ? 'property is' : 'properties are'} broken`
          return refused(terminal, values, count, { findings, counterexamples })
        }
      }
      if (toDo && !target.access.local) await confirmed(terminal, values, plan.domain, about)
      if (target.rehearsal) {
        terminal.err(
          'note: a rehearsal on a local tenant of this run; name a real one with --tenant or --env',
        )
      }
      const interrupted = new AbortController()
      if (toDo) void terminal.stopped.then(() => interrupted.abort())
      let tried: string[] | undefined
      const trial = async () => {
        tried = await canary?.()
      }
      const journal = newJournal(root, target.markers, {
        domain: plan.domain,
        state: plan.before,
        finishes: cutOff.filter(({ rollback }) => rollback !== true).map(({ number }) => number),
      })
      const { deployed } = await deployChanges({
        ...options,
        agreed: plan,
        signal: interrupted.signal,
        canary: trial,
        ...(!target.rehearsal && { journal: withDeletions(journal, deletions) }),
      })
      // Also of what was there already.
      if (deployed === undefined) await trial()
      for (const line of tried ?? []) terminal.err(line)
      const { domain } = plan
      if (deployed === undefined && deletions.length > 0 && !target.rehearsal) {
        await withDeletions(journal, deletions).begin([], [])
        await journal.end('deployed')
      }
      await deleteNamed(target.access, deletions)
      for (const { number, rollback } of cutOff)
        await closeJournal(root, number, rollback === true ? 'undone' : 'deployed')
      // What somebody else has made equal to the workspace is from now on what the next deploy expects.
      const taken = last !== undefined && driftSince(last.after, plan.before).length > 0
      const changedHere = deployed !== undefined || deletions.length > 0
      const after = !changedHere
        ? taken || cutOff.length > 0
          ? plan.before
          : undefined
        : deletions.length === 0
          ? deployed
          : await readBack(target.access, Object.keys(plan.before.bindings))
      if (after !== undefined && !target.rehearsal) {
        const { number } = await keepRecord(
          workspace,
          target,
          {
            domain,
            date: new Date().toISOString(),
            ...(await gitCommit(root)),
            changes: [
              ...plan.changes,
              ...deletions.map(({ type, name }) => ({ type, name, change: 'delete' as const, fields: [] })),
            ],
            before: plan.before,
            after: { actions: after.actions, bindings: after.bindings },
          },
          changedHere ? journal.number() : undefined,
        )
        if (values['fingerprints'] === true || changed !== undefined) {
          const sent = options.all ? workspace.actions : plan.changes.filter(({ type }) => type === 'actions')
          await writeFingerprints(
            secrets,
            sent.map(({ name }) => name),
          )
        }
        if (changedHere) terminal.err(`this is deploy ${number}: claims rollback undoes it`)
        else terminal.err(`recorded what the tenant has as deploy ${number}: it is what the workspace says`)
      }
      if (values['json'] === true) {
        terminal.out(
          jsonDocument(
            'deploy',
            contentOf(plan, { effects, rehearsal: target.rehearsal, deployed, deletions, tried }),
          ),
        )
        return EXIT.clean
      }
      for (const line of about) terminal.out(line)
      for (const action of deployed?.actions ?? []) {
        if (!workspace.actions.some(({ name }) => name === action.name)) continue
        terminal.out(
          `deployed "${action.name}" version ${action.version ?? 'none'}, code ${action.codeHash.slice(0, 12)}`,
        )
      }
      for (const [trigger, names] of Object.entries(deployed?.bindings ?? {})) {
        terminal.out(`${trigger} runs ${names.join(', ') || 'nothing'}`)
      }
      terminal.err(
        deployed === undefined && deletions.length === 0
          ? `nothing was written to ${domain}`
          : `${domain} has what was sent`,
      )
      return EXIT.clean
    })
  },
})

/** `claims deploy`: builds, sends what changed through the deploy CLI, reads back. */
export const deployCommand = lockedInWorkspace(unlocked, workspaceFolder)

function contentOf(
  plan: Plan,
  {
    effects,
    rehearsal,
    deployed,
    deletions,
    tried,
  }: {
    effects: TokenEffects | undefined
    rehearsal: boolean
    deployed: object | undefined
    deletions: readonly Deletion[]
    tried: readonly string[] | undefined
  },
): object {
  return {
    ...planDocument(plan, effects),
    outcome: deployed === undefined && deletions.length === 0 ? 'unchanged' : 'deployed',
    rehearsal,
    deleted: deletions,
    ...(deployed === undefined ? {} : { deployed }),
    ...(tried === undefined ? {} : { canary: 'passed' }),
  }
}

function deletionText({ type, name }: Deletion): string {
  return `delete  ${type} "${name}"`
}

function refused(terminal: Terminal, values: OptionValues, why: string, more: object): number {
  if (values['json'] === true) {
    terminal.out(jsonDocument('deploy', { ...more, outcome: 'refused' }))
  }
  terminal.err(`nothing was deployed: ${why}`)
  return EXIT.findings
}

const STEPS: Readonly<Record<DeployStep['step'], string>> = {
  created: 'uploaded, new',
  updated: 'uploaded',
  deleted: 'deleted',
  building: 'building',
  deployed: 'deployed',
}

/**
 * Of what the deploy CLI says, its warnings. Not that it would delete what it was not given: nothing is deleted; nor
 * which scopes it misses, where it goes on without: it guesses.
 */
function warningsTo(terminal: Terminal): (line: string) => void {
  const told = new Set<string>()
  return (line) => {
    const at = line.indexOf('warn: ')
    const text = line.slice(at)
    const noise = ['Detected th', 'Insufficient scope'].some((words) => text.includes(words))
    if (at === -1 || noise || told.has(text)) return
    told.add(text)
    terminal.err(text)
  }
}

/** What is deleted after a deploy is told by the same journal. */
function withDeletions(journal: DeployJournal, deletions: readonly Deletion[]): DeployJournal {
  const steps = deletions.map(({ type, name, id }): Parameters<DeployJournal['begin']>[0][number] => ({
    path: `deleted/${type}/${id}`,
    kind: 'document',
    method: 'PATCH',
    type,
    name,
    change: 'delete',
    before: {},
    after: null,
    published: false,
  }))
  return { ...journal, begin: (others, calls) => journal.begin([...others, ...steps], calls) }
}
