/** The peer: one selector, for one restricted name. */
export default [
  {
    files: ['**/*.js'],
    languageOptions: { sourceType: 'commonjs' },
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: "CallExpression[callee.property.name='setCustomClaim'][arguments.0.value='roles']",
          message: 'No.',
        },
      ],
    },
  },
]
