/** What operators set of the rules of alerts. */
import { drizzle } from 'drizzle-orm/d1';
import { ALERT_RULES, type AlertRule, type RuleBook, type RuleSettings, rulesWith } from '../../core/alert.ts';
import { alertRules } from './schema.ts';

/** With the defaults for what nobody set. */
export async function readRules(database: D1Database): Promise<RuleBook> {
  const rows = await drizzle(database).select().from(alertRules);
  return rulesWith(rows.filter(({ rule }) => ALERT_RULES.includes(rule)));
}

export async function writeRule(database: D1Database, rule: AlertRule, settings: RuleSettings): Promise<void> {
  await drizzle(database)
    .insert(alertRules)
    .values({ rule, ...settings })
    .onConflictDoUpdate({ target: alertRules.rule, set: settings });
}
