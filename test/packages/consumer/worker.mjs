import { check } from './check.mjs';

export default { fetch: async () => new Response(await check()) };
