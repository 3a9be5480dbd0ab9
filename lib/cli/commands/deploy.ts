import { countFindings, formatSummary } from '../../report/index.ts'
import { canaryLogin } from '../canary-login.ts'
import { checkedWorkspace } from '../checked-workspace.ts'
import type { OptionValues, Terminal } from '../command.ts'
import { confirmed } from '../confirmed.ts'
import { withDeployCli } from '../deploy-cli.ts'
import { TARGET_FLAGS } from '../deploy-target.ts'
import { deployDocument, tellDeploy } from '../deploy-text.ts'
import { EXIT } from '../exit-codes.ts'
import { JSON_FLAG } from '../flags.ts'
import { planned, tellFindings, withPlan } from '../full-plan.ts'
import { intendedDeploy } from '../intended-deploy.ts'
import { jsonDocument } from '../json-document.ts'
import { withTarget } from '../masked.ts'
import { planDocument, planLines } from '../plan-text.ts'
import { proveWorkspace } from '../prove-workspace.ts'
import { sendDeploy } from '../send-deploy.ts'
import { storyLines } from '../story-lines.ts'
import { RUN_TENANT_ACTIONS } from '../token-effects.ts'
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
      const intended = await intendedDeploy({ workspace, built, target }, values, terminal, cli)
      const { hasWork, plan, lines } = intended
      if (hasWork && values['skip-prove'] !== true) {
        const { counterexamples } = await proveWorkspace(workspace, built)
        for (const found of counterexamples) terminal.err(storyLines(found))
        if (counterexamples.length > 0) {
          const count = `${counterexamples.length} ${counterexamples.length === 1 ? 'property is' : 'properties are'} broken`
          return refused(terminal, values, count, { findings, counterexamples })
        }
      }
      if (hasWork && !target.access.local) await confirmed(terminal, values, plan.domain, lines)
      if (target.rehearsal) {
        terminal.err(
          'note: a rehearsal on a local tenant of this run; name a real one with --tenant or --env',
        )
      }
      const fingerprints = values['fingerprints'] === true
      const sent = await sendDeploy(terminal, intended, { canary, fingerprints })
      if (values['json'] === true) terminal.out(deployDocument(intended, sent))
      else tellDeploy(terminal, intended, sent)
      return EXIT.clean
    })
  },
})

/** `claims deploy`: builds, sends what changed through the deploy CLI, reads back. */
export const deployCommand = lockedInWorkspace(unlocked, workspaceFolder)

function refused(terminal: Terminal, values: OptionValues, why: string, more: object): number {
  if (values['json'] === true) {
    terminal.out(jsonDocument('deploy', { ...more, outcome: 'refused' }))
  }
  terminal.err(`nothing was deployed: ${why}`)
  return EXIT.findings
}
