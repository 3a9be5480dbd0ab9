import type { Area } from '../method.ts'

export const rules: Area = {
  wasExecuted: {
    returns: 'value',
    parameters: ['ruleId'],
    run: ({ facts }, ruleId) => facts.executedRules?.includes(ruleId as string) ?? false,
  },
}
