/**
 * Receivers of the worker tests, seen from a test: what a URL answers, and what has arrived there.
 */
import type { Arrived, Mood } from './outbound.ts';
import { soon } from './soon.ts';

async function control(path: string, url: string, body: unknown): Promise<Arrived[]> {
  const target = `http://control.test${path}?url=${encodeURIComponent(url)}`;
  const answer = await fetch(target, { method: 'POST', body: JSON.stringify(body) });
  return answer.json();
}

/** From now on, requests to this URL are answered so. */
export async function answers(url: string, mood: Mood): Promise<void> {
  await control('/mood', url, mood);
}

/** Answers the requests that hang at this URL. */
export async function release(url: string, mood: Mood): Promise<void> {
  await control('/answer', url, mood);
}

/** Everything that arrived at URLs that start so, in order. */
export async function requests(prefix: string): Promise<Arrived[]> {
  return control('/requests', prefix, null);
}

/** Resolves once `count` requests have arrived at URLs that start so. */
export async function arrival(prefix: string, count: number): Promise<Arrived[]> {
  return soon(async () => {
    const list = await requests(prefix);
    if (list.length < count) throw new Error(`${list.length} of ${count} requests have arrived at ${prefix}`);
    return list;
  });
}
