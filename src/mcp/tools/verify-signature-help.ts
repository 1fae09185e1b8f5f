import { z } from 'zod';
import { snippetsFor, variableOf } from '../../client/verification.ts';
import { tool, WrongInput } from '../tool.ts';

const LANGUAGES = ['node', 'python', 'go', 'java', 'ruby', 'php'] as const;

export const verifySignatureHelp = tool({
  name: 'verify_signature_help',
  title: 'Code that verifies a webhook',
  description:
    'A complete receiver that verifies signatures as Standard Webhooks says, in one language, to adapt. Verify the bytes as they arrived, before they are parsed. It contains no secret: the secret is read from the environment.',
  input: z.strictObject({
    language: z.enum(LANGUAGES).describe('Of the receiver'),
    path: z.string().startsWith('/').max(200).default('/webhooks').describe('Path of the endpoint URL'),
  }),
  operations: [],
  isReading: true,
  run: (_, { language, path }) => {
    const found = snippetsFor({ variable: variableOf(''), path }).find(
      (one) => one.language.toLowerCase() === language,
    );
    if (found === undefined) return Promise.reject(new WrongInput(`there is no code for ${language}`));
    const says = 'The secret (whsec_…) is shown once, when the endpoint is made, and after a rotation.';
    return Promise.resolve({ says, code: found.code });
  },
});
