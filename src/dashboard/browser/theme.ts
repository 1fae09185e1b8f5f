/** The switch between light and dark in the foot of a page (theme.ts). */
import { THEME_COOKIE, type Theme } from '../theme.ts';

const YEAR_SECONDS = 365 * 86_400;

export function offerTheme(): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>('button[data-switch]')) {
    button.hidden = false;
    button.addEventListener('click', () => choose(isDark() ? 'light' : 'dark'));
  }
}

function isDark(): boolean {
  const { theme } = document.documentElement.dataset;
  return theme === undefined ? matchMedia('(prefers-color-scheme: dark)').matches : theme === 'dark';
}

function choose(theme: Theme): void {
  document.documentElement.dataset['theme'] = theme;
  document.cookie = `${THEME_COOKIE}=${theme}; path=/; max-age=${YEAR_SECONDS}; samesite=strict`;
}
