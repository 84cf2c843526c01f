import type { Messages } from '../en/en.js'
import { sentence } from '../format.js'
import { code, link, listed, rich, strong } from '../rich.js'
import { format, sessions } from './nouns.js'

export const stats: Messages['stats'] = {
  summary: (count, change, percent) => {
    const changes = {
      none: 'in den 30 davor keine',
      same: 'etwa so viele wie in den 30 davor',
      more: `${percent} mehr als in den 30 davor`,
      fewer: `${percent} weniger als in den 30 davor`,
    }
    return sentence(`${sessions(count)} in den letzten 30 Tagen, ${changes[change]}.`)
  },
  summaryOfOld: (allSessions) =>
    sentence(`${sessions(0)} in den letzten 30 Tagen; ${sessions(allSessions)} insgesamt.`),
  mostUsed: (feature) => rich` Am meisten genutzt: ${code(feature)}.`,
  newlyUsed: (features) => [' Neu genutzt: ', ...listed(features), '.'],
  numbersTitle: 'Zahlen',
  past30Days: 'Letzte 30 Tage',
  allTime: 'Gesamte Zeit',
  utcDays: (days) => `${days}, UTC`,
  sessions: 'Sitzungen',
  calls: 'Aufrufe',
  players: 'Verschiedene Spieler',
  share: 'Anteil',
  errors: 'Fehler',
  withheld: 'verdeckt',
  withholding: (players) =>
    `Zahlen, die sich weniger als ${players} Spieler teilen, sind verdeckt, und ebenso das, woraus sie sich errechnen ließen.`,
  daysHint: 'Tage beginnen um 00:00 UTC.',
  playersHint: 'Die Zahl verschiedener Spieler ist eine Schätzung; ± ist ihr Fehler, in 19 von 20 Fällen.',
  files: (csv, json, publicKey) =>
    rich`Dasselbe als ${link(csv, 'CSV')} oder ${link(json, 'JSON')} · öffentlicher Schlüssel ${code(publicKey)}`,
  ranges: { '7': '7 Tage', '30': '30 Tage', '90': '90 Tage', '365': '1 Jahr', all: 'Alles' },
  rangesTitle: 'Zeitraum',
  over: { day: 'Sitzungen pro Tag', week: 'Sitzungen pro Woche', month: 'Sitzungen pro Monat' },
  units: { day: 'Tag', week: 'Woche', month: 'Monat' },
  described: ({ days, most, withheld }) =>
    `${days}, UTC.${most ? ` Am meisten: ${sessions(most.sessions)}, ${most.when}.` : ''}${withheld > 0 ? ` Verdeckt: ${format.count(withheld)}.` : ''}`,
  tip: (days, count) => `${days}: ${count === undefined ? 'verdeckt' : sessions(count)}`,
  legend: 'Das gestrichelte Ende ist noch nicht vorbei.',
  legendOfGaps: 'Grau ist verdeckt.',
  nothingDrawn: 'In diesem Zeitraum gab es keine Sitzungen. Wählen Sie einen längeren.',
  allWithheld: 'Zu wenige Spieler auf einmal: Von diesem Zeitraum darf nichts gezeichnet werden.',
  asTable: 'Als Tabelle',
  sessionsTitle: 'Sitzungen nach Methode',
  featuresTitle: 'Funktionen',
  trend: 'Trend',
  trends: { more: 'mehr als zuvor', same: 'etwa wie zuvor', fewer: 'weniger als zuvor', new: 'neu' },
  trendHint: 'Der Trend vergleicht die Aufrufe mit den 30 Tagen davor; → heißt: weniger als 10\u00a0% Unterschied.',
  rest: (count) => `${format.count(count)} weitere`,
  metricsTitle: 'Eigene Zahlen des Spiels',
  unknown:
    '(unknown): Aufrufe von etwas, das auf diesem Server keine Funktion ist: nicht angegeben und nie erfolgreich beantwortet.',
  other: '(other): was an einem Tag mit sehr vielen Namen zu selten war, um einzeln genannt zu werden.',
  retired: (day) =>
    rich`${strong('Dieser Client ist stillgelegt')}, seit ${day}, UTC. Logins mit seinem öffentlichen Schlüssel werden abgelehnt; seine Zahlen bleiben.`,
  none: 'Noch keine Zahlen: Mit diesem Schlüssel kam noch kein Aufruf.',
  makeOne:
    'Senden Sie einen aus dem Terminal, mit Name und Passwort eines Spielers an der richtigen Stelle, und öffnen Sie diese Seite noch einmal.',
  publicKey: (publicKey) => rich`Öffentlicher Schlüssel: ${code(publicKey)}`,
}
