/** A refusal of the API as a person reads it: what happened, which field, and what to do. */
import type { Problem } from '../../client/client.ts';
import { Notice } from './notice.tsx';

/** What helps, where the detail alone does not say it. */
const ADVICE: Partial<Record<Problem['code'], string>> = {
  forbidden: 'Sign in with a key that may do this.',
  'rate-limited': 'Wait a few seconds and try again.',
  'too-many-tests': 'Wait a minute and try again.',
  unavailable: 'Storage did not answer in time. Nothing is lost; try again in a moment.',
  overloaded: 'More work is waiting than can be done in time. Try again in a moment.',
  internal:
    'The service has written down what broke. Try again; if it happens again, report it to the operator of the service.',
  misconfigured: 'The operator of the service must set the variable that is named here.',
};

export function ProblemNotice({ problem, lead }: { problem: Problem; lead?: string }) {
  const { code, title, detail, errors } = problem;
  const shown = errors.filter(({ message }) => message !== detail);
  return (
    <Notice kind="problem" title={lead ?? title}>
      <p>{detail}</p>
      {shown.length === 0 ? null : (
        <ul>
          {shown.map(({ field, message }) => (
            <li>
              <code>{field}</code> {message}
            </li>
          ))}
        </ul>
      )}
      {ADVICE[code] === undefined ? null : <p>{ADVICE[code]}</p>}
    </Notice>
  );
}
