/**
 * The script of every page. All pages read and act without it; it makes them quick and puts times
 * into the reader's zone.
 */
import { enhance } from './enhance.ts';
import { sendInline } from './inline.ts';
import { handOverToken } from './portal.ts';
import { keepFresh } from './refresh.ts';
import { offerTheme } from './theme.ts';
import { keepTime } from './times.ts';

handOverToken();
enhance(document);
offerTheme();
keepTime();
keepFresh();
sendInline();
