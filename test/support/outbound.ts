/**
 * The outside world of the worker tests, on the Node side: every request that workerd makes to a
 * public host ends here (vitest.config.ts). A test says what a URL answers and reads what arrived
 * through `http://control.test` (receiver.ts).
 */

import { slackAnswer } from './slack.ts';

/** `slack`: as an incoming webhook of Slack answers. */
export type Mood = { status: number; headers?: Record<string, string>; body?: string } | 'hang' | 'reset' | 'slack';
export type Arrived = { url: string; headers: Record<string, string>; body: string };

const moods = new Map<string, Mood>();
const arrived: Arrived[] = [];
const hanging = new Map<string, ((mood: Mood) => void)[]>();

export async function outbound(request: Request): Promise<Response> {
  const url = new URL(request.url);
  if (url.host === 'control.test') return control(url, await request.text());
  const got = { url: request.url, headers: Object.fromEntries(request.headers), body: await request.text() };
  arrived.push(got);
  let mood = moods.get(request.url) ?? { status: 200, body: 'ok' };
  if (mood === 'hang') {
    mood = await new Promise<Mood>((resolve) => {
      hanging.set(request.url, [...(hanging.get(request.url) ?? []), resolve]);
    });
  }
  if (mood === 'slack') mood = slackAnswer(got);
  if (mood === 'hang' || mood === 'reset') throw new Error('reset by the test');
  return new Response(mood.body ?? '', { status: mood.status, headers: mood.headers ?? {} });
}

function control(url: URL, text: string): Response {
  const of = url.searchParams.get('url') ?? '';
  if (url.pathname === '/mood') moods.set(of, JSON.parse(text) as Mood);
  if (url.pathname === '/answer') {
    for (const resolve of hanging.get(of) ?? []) resolve(JSON.parse(text) as Mood);
    hanging.delete(of);
  }
  return Response.json(arrived.filter((request) => request.url.startsWith(of)));
}
