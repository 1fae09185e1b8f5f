/**
 * "Look again now": the pause of an endpoint's circuit ends, and what waits longest for it goes as
 * the probe (C8). For who knows that it is repaired. It is an attempt like any other: where the
 * endpoint is not back, it uses up a retry of that delivery, and the next pause is as long as it
 * would have been.
 */
import { z } from '@hono/zod-openapi';
import type { ProbeOutcome } from '../core/admission.ts';
import { gateStub } from '../lookup/stubs.ts';
import { accountOf } from './account-settings.ts';
import type { Api } from './api.ts';
import { auditInAccount } from './audit-trail.ts';
import { circuitOf } from './endpoints.ts';
import { callObject } from '../lookup/objects.ts';
import { nameOf } from './overlay.ts';
import { accountId, endpointIdGiven } from './params.ts';
import { unknownEndpoint } from './secret-text.ts';
import { probedShape } from './shapes/endpoint-shapes.ts';

export function addEndpointProbe(api: Api): void {
  api.route(
    {
      method: 'post',
      path: '/v1/accounts/{account}/endpoints/{endpoint}/probe',
      scope: 'replay',
      id: 'probeEndpoint',
      summary: 'Try an endpoint again now instead of after the pause of its circuit',
      params: z.strictObject({ account: accountId, endpoint: endpointIdGiven }),
      body: { schema: z.strictObject({}), example: {}, optional: true },
      answers: { 200: { description: 'What came of it, and how the circuit stands', schema: probedShape } },
      // Doing it again changes nothing while a probe is under way.
      idempotency: 'none',
    },
    async ({ c, params: { account, endpoint: id } }) => {
      const settings = await accountOf(c, account, [id]);
      const [endpoint] = settings.endpoints;
      if (endpoint === undefined) throw unknownEndpoint(id);
      const { status } = endpoint;
      // Also where it came to nothing: who asked is worth knowing.
      await auditInAccount(c, account, { action: 'endpoint.probed', endpoint: id });
      const outcome = status === 'enabled' ? await probe() : status;
      const note = noteOf(outcome, nameOf(endpoint));
      return c.json({ endpoint: id, outcome, note, circuit: await circuitOf(c, settings, id) });

      async function probe(): Promise<ProbeOutcome> {
        const said = await callObject(
          () => gateStub(c.env, settings, id),
          (stub) => stub.probe(),
        );
        return said ?? 'probing';
      }
    },
  );
}

function noteOf(outcome: ProbeOutcome, name: string): string {
  switch (outcome) {
    case 'probing':
      return `${name} is tried now with the event that waits longest; when it answers, the rest follows`;
    case 'under-way':
      return `${name} is being tried at this moment; when it answers, the rest follows`;
    case 'nothing-waits':
      return `Nothing waits for ${name}; the next event is sent at once`;
    case 'not-needed':
      return `${name} is not held back: nothing waits for it to recover`;
    case 'paused':
      return `${name} is paused; resume it to send what is held`;
    case 'disabled':
      return `${name} is disabled; nothing is sent to it`;
  }
}
