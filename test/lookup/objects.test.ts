import { expect, test } from 'vitest';
import { OBJECT_TRIES_MAX } from '../../src/core/limits.ts';
import { problemOf } from '../../src/http/problem.ts';
import { callObject, callObjectOnce, ObjectUnavailable } from '../../src/lookup/objects.ts';

const broken = (flags: Record<string, boolean>) => Object.assign(new Error('broken'), flags);

/** Each stub throws its fault when it is called; after the last fault comes one that answers. */
function objects(...faults: Error[]) {
  let opened = 0;
  const open = () => faults[opened++] ?? null;
  const call = (fault: Error | null) => (fault === null ? Promise.resolve('answer') : Promise.reject(fault));
  return { open, call, opened: () => opened };
}

test('a call that the platform gave up is made again, each time on a new stub', async () => {
  const { open, call, opened } = objects(broken({ retryable: true }), broken({}));
  expect(await callObject(open, call)).toBe('answer');
  expect(opened()).toBe(3);
});

test('tries are bounded, and the last exception is kept as the cause', async () => {
  const faults = Array.from({ length: OBJECT_TRIES_MAX + 1 }, () => broken({ retryable: true }));
  const { open, call, opened } = objects(...faults);
  const error = await callObject(open, call).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ObjectUnavailable);
  expect(error).toHaveProperty('cause', faults[OBJECT_TRIES_MAX - 1]);
  expect(opened()).toBe(OBJECT_TRIES_MAX);
  // Log lines and notes of jobs say why; what a caller of the API reads does not.
  expect(String(error)).toBe('ObjectUnavailable: storage did not answer (Error: broken)');
  expect(error).toHaveProperty('message', 'storage did not answer');
});

test('an overloaded object is not asked again, and neither is one whose call may run only once', async () => {
  const overloaded = objects(broken({ overloaded: true, retryable: true }));
  await expect(callObject(overloaded.open, overloaded.call)).rejects.toThrow('more requests than it can take');
  const once = objects(broken({ retryable: true }));
  await expect(callObjectOnce(once.open, once.call)).rejects.toThrow('storage did not answer');
  expect([overloaded.opened(), once.opened()]).toEqual([1, 1]);
});

test("an exception of the object's own code passes through at once", async () => {
  const bug = broken({ remote: true });
  const { open, call, opened } = objects(bug);
  await expect(callObject(open, call)).rejects.toBe(bug);
  expect(opened()).toBe(1);
  expect(problemOf(bug)).toBeNull();
});

test('HTTP answers an object that is out of reach with 503 and when to come again', async () => {
  const { open, call } = objects(broken({ overloaded: true }));
  const error = await callObject(open, call).catch((thrown: unknown) => thrown);
  const response = problemOf(error)?.toResponse();
  expect(response?.status).toBe(503);
  expect(response?.headers.get('retry-after')).toBe('1');
  expect(await response?.json()).toMatchObject({
    code: 'unavailable',
    detail: error instanceof Error && error.message,
  });
});
