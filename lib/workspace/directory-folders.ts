/**
 * Where the directory format of auth0-deploy-cli 8 keeps what: of each type the folder, or the file, below the
 * workspace. Paths have `/`.
 */

/** Types whose entries are the `.json` files of a folder, one each. */
export const ENTRY_FOLDERS = {
  actionModules: 'action-modules',
  actions: 'actions',
  clientGrants: 'grants',
  clients: 'clients',
  connectionProfiles: 'connection-profiles',
  connections: 'connections',
  emailTemplates: 'emails',
  eventStreams: 'event-streams',
  flowVaultConnections: 'flow-vault-connections',
  flows: 'flows',
  forms: 'forms',
  guardianFactorProviders: 'guardian/providers',
  guardianFactorTemplates: 'guardian/templates',
  guardianFactors: 'guardian/factors',
  hooks: 'hooks',
  logStreams: 'log-streams',
  networkACLs: 'network-acls',
  organizations: 'organizations',
  pages: 'pages',
  phoneTemplates: 'phone-templates',
  rateLimitPolicies: 'rate-limit-policies',
  resourceServers: 'resource-servers',
  roles: 'roles',
  rules: 'rules',
  rulesConfigs: 'rules-configs',
  selfServiceProfiles: 'self-service-profiles',
  themes: 'themes',
  tokenExchangeProfiles: 'token-exchange-profiles',
  userAttributeProfiles: 'user-attribute-profiles',
} as const

/** Types, and members of types, that are one file. */
export const SINGLE_FILES: readonly (readonly [file: string, ...path: string[]])[] = [
  ['attack-protection/bot-detection.json', 'attackProtection', 'botDetection'],
  ['attack-protection/breached-password-detection.json', 'attackProtection', 'breachedPasswordDetection'],
  ['attack-protection/brute-force-protection.json', 'attackProtection', 'bruteForceProtection'],
  ['attack-protection/captcha.json', 'attackProtection', 'captcha'],
  ['attack-protection/suspicious-ip-throttling.json', 'attackProtection', 'suspiciousIpThrottling'],
  ['branding/branding.json', 'branding'],
  ['custom-domains/custom-domains.json', 'customDomains'],
  ['emails/provider.json', 'emailProvider'],
  ['guardian/phoneFactorMessageTypes.json', 'guardianPhoneFactorMessageTypes'],
  ['guardian/phoneFactorSelectedProvider.json', 'guardianPhoneFactorSelectedProvider'],
  ['guardian/policies.json', 'guardianPolicies'],
  ['phone-providers/provider.json', 'phoneProviders'],
  ['prompts/prompts.json', 'prompts'],
  ['prompts/custom-text.json', 'prompts', 'customText'],
  ['risk-assessment/settings.json', 'riskAssessment'],
  ['supplemental-signals.json', 'supplementalSignals'],
  ['tenant.json', 'tenant'],
]

export const BRANDING_TEMPLATES = 'branding/templates'
export const DATABASES = 'database-connections'
export const PARTIALS = 'prompts/partials.json'
export const PROMPTS = 'prompts'
export const SCREENS = 'prompts/screenRenderSettings'
export const TRIGGERS = 'triggers'

/** Scripts of a custom database; others are left out. */
export const DATABASE_SCRIPTS: ReadonlySet<string> = new Set([
  ...['get_user', 'create', 'verify', 'login', 'change_password', 'delete', 'change_email'],
])

/** Whether a path below a workspace may be a file of the directory format, or one that such a file names. */
export function isDirectoryFormatPath(path: string): boolean {
  const [folder] = path.split('/', 1)
  return FOLDERS.has(folder!)
}

const FOLDERS: ReadonlySet<string> = new Set([
  ...[...Object.values(ENTRY_FOLDERS), ...SINGLE_FILES.map(([file]) => file)].map(
    (path) => path.split('/')[0]!,
  ),
  ...[DATABASES, TRIGGERS],
])
