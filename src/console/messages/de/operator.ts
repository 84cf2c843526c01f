import type { Messages } from '../en/en.js'
import { bdi, code, link, rich, strong } from '../rich.js'
import { calls, clients, format, logins, sessions } from './nouns.js'

export const operator: Messages['operator'] = {
  pages: 'Seiten für den Betreiber',
  clients: 'Alle Clients',
  features: 'Funktionen',
  store: 'Speicher',
  lead: (count, past) =>
    `In den letzten 30 Tagen: ${clients(count)}, ${sessions(past.sessions)}, ${calls(past.calls)}.`,
  nobody:
    'In den letzten 60 Tagen hat kein Client etwas getan. Jeder erscheint hier mit seinem ersten Login; wer nur registriert ist, steht unter „Zeigen: alle“.',

  answers: {
    bots: 'Was ist vor allem die Arbeit von Bots?',
    botFeature: (feature, share, count, others, most) =>
      others === 1
        ? rich`${code(feature)}: ${share} von ${calls(count)} kamen aus ${most}.`
        : rich`${code(feature)}: ${share} von ${calls(count)} kamen aus fremden Clients (${clients(others)}), der größte Teil aus ${most}.`,
    botsMore: (count) => `Bei ${format.count(count)} weiteren Funktionen ist es ebenso.`,
    botsNone: 'Keine Funktion: Bei keiner mit 100 oder mehr Aufrufen kommen zwei Drittel aus fremden Clients.',
    botsUnmarked:
      'Das lässt sich noch nicht sagen, weil kein Client als der des Spiels gekennzeichnet ist. Öffnen Sie einen in der Liste unten und kennzeichnen Sie ihn.',
    botsEvidence: (days, count, share) =>
      `${days}, UTC, aus den meistgenutzten Clients (${clients(count)}) mit ${share} aller Aufrufe. Genannt sind Funktionen mit 100 oder mehr Aufrufen, von denen zwei Drittel aus Clients kommen, die nicht zum Spiel gehören.`,
    withheld: 'Zahlen, die sich zu wenige Spieler teilen, sind verdeckt und hier in keiner Summe.',
    overtaking: 'Welcher Client überholt welchen?',
    overtook: (ahead, behind) => rich`${ahead} hat ${behind} überholt: `,
    overtookBy: (recent, before) =>
      `${sessions(recent[0])} gegen ${format.count(recent[1])} in den letzten 30 Tagen, ${format.count(before[0])} gegen ${format.count(before[1])} in den 30 davor.`,
    overtookMore: (count) => ` Weitere, die er überholt hat: ${clients(count)}.`,
    overtakingMore: (count) => `Weitere, die einen anderen überholt haben: ${clients(count)}.`,
    overtakingNone: 'Keiner: Kein Client, der hinter einem anderen lag, liegt jetzt deutlich vor ihm.',
    overtakingEvidence: (days, before) =>
      `Sitzungen, ${days}, verglichen mit ${before}, UTC. Ein Vorsprung, der Zufall sein kann, zählt nicht.`,
  },

  list: {
    search: 'Clients suchen',
    searchHint: 'Name, Schlüssel oder Kontakt',
    searchButton: 'Suchen',
    show: 'Zeigen',
    active: 'aktive in 60 Tagen',
    unregistered: 'nicht registrierte',
    all: 'alle',
    sort: 'Ordnen nach',
    bySessions: 'Sitzungen',
    byCalls: 'Aufrufen',
    byChange: 'Änderung der Sitzungen',
    caption: 'Clients nach Rang',
    client: 'Programm',
    sessions: 'Sitzungen',
    share: 'Anteil',
    trend: 'Tendenz',
    calls: 'Aufrufe',
    errors: 'Fehler',
    official: 'gehört zum Spiel',
    notRegistered: 'nicht registriert',
    retired: 'stillgelegt',
    isNew: 'neu',
    from: (count) => `vorher ${format.count(count)}`,
    none: 'Kein Client passt. Suchen Sie nach weniger, oder wählen Sie, was zu zeigen ist.',
    found: (count) => `Gefunden: ${clients(count)}`,
    place: (page, pages) => `Seite ${format.count(page)} von ${format.count(pages)}`,
    previous: 'Vorige Seite',
    next: 'Nächste Seite',
    hint: (days, before) =>
      `${days}, UTC. Die Tendenz vergleicht die Sitzungen mit ${before}; ein waagerechter Pfeil heißt, dass der Unterschied Zufall sein kann. Anteile sind Anteile an allem, auch an dem, was keinen eigenen Client hat.`,
    file: (csv) => rich`Die ganze Liste als ${link(csv, 'CSV')}`,
  },

  reserved: {
    title: 'Was keinen eigenen Client hat',
    anonymous: 'Alle, die das Wort anonymous senden: viele Programme, die niemand auseinanderhalten kann.',
    nobody: 'Aufrufe, die ohne Sitzung kamen, etwa die Frage, ob ein Name frei ist.',
    unread:
      'Sitzungen, die das Spiel auf Anfragen hin vergab, die niemand lesen konnte, und ihre Aufrufe. Die Option strict lehnt sie ab.',
    other:
      'Nicht registrierte öffentliche Schlüssel: nach den ersten tausend eines Tages, und wenn sie drei Monate nicht benutzt wurden.',
    refusedTitle: 'Was abgelehnt wurde',
    refusedHint: 'Logins der letzten 30 Tage, nach Grund. Sie sind weder Sitzungen noch Aufrufe.',
    refusedNone: 'In den letzten 30 Tagen wurde nichts abgelehnt.',
    times: 'Mal',
    reasons: {
      missing: 'Es war kein Schlüssel dabei.',
      malformed: 'Der Schlüssel war kein Text, zu lang oder enthielt Steuerzeichen.',
      mistyped: 'Der Schlüssel sah wie einer dieses Servers aus, aber ein Zeichen war falsch.',
      foreign: 'Der Schlüssel gehörte zu einem anderen Server.',
      unknown: 'Niemand hat den Schlüssel registriert.',
      retired: 'Der Client ist stillgelegt.',
      reserved: 'Der Schlüssel war ein Name, den kein Client haben darf, oder ein privater Schlüssel.',
    },
  },

  client: {
    lead: (past, before) =>
      `${sessions(past.sessions)} und ${calls(past.calls)} in den letzten 30 Tagen, nach ${sessions(before)} in den 30 davor.`,
    publicKey: 'Öffentlicher Schlüssel',
    url: 'Webadresse',
    contact: 'Kontakt',
    registered: 'Registriert',
    numbers: 'Zahlen',
    past30Days: 'Letzte 30 Tage',
    before: '30 Tage davor',
    allTime: 'Gesamte Zeit',
    players: 'Verschiedene Spieler',
    withheld: 'verdeckt',
    withheldHint: (crowd) =>
      `Verdeckt: Weniger als ${crowd} verschiedene Spieler teilen sich die Zahl, oder sie würde eine solche Zahl verraten.`,
    none: 'Er hat noch nichts getan.',
    isUnregistered: 'Niemand hat diesen öffentlichen Schlüssel registriert.',
    isOfficial: 'Das ist ein Client des Spiels.',
    isForeign: 'Er ist nicht als Client des Spiels gekennzeichnet.',
    manage: 'Verwalten',
    makeOfficial: 'Als Client des Spiels kennzeichnen',
    makeForeign: 'Er gehört nicht zum Spiel',
    rotate: 'Neuen privaten Schlüssel erstellen',
    rotateHint:
      'Für Entwickler, die den privaten Schlüssel verloren haben. Der alte gilt sofort nicht mehr; der öffentliche Schlüssel und die Zahlen bleiben.',
    rotateSure: 'Der alte private Schlüssel darf ungültig werden',
    retire: 'Stilllegen',
    retireHint:
      'Logins mit dem öffentlichen Schlüssel eines stillgelegten Clients werden abgelehnt, überall innerhalb von zehn Sekunden. Seine Zahlen bleiben. Sie können ihn wieder freigeben, wer ihn entwickelt, kann es nicht.',
    retireSure: 'Logins mit seinem öffentlichen Schlüssel dürfen abgelehnt werden',
    restore: 'Wieder freigeben',
    restoreHint:
      'Logins mit seinem öffentlichen Schlüssel werden wieder angenommen, überall innerhalb von zehn Sekunden.',
    sureMissing: 'Setzen Sie das Häkchen, wenn Sie es so wollen. Nichts wurde geändert.',
    adopt: 'Übernehmen',
    adoptHint: 'Übernehmen gibt ihm einen Namen und einen privaten Schlüssel; was für ihn gezählt wurde, bleibt.',
    name: 'Sein Name',
    optional: 'Freiwillig.',
    notAdoptable: 'Diesen öffentlichen Schlüssel kann kein Client haben. Nichts wurde geändert.',
  },

  privateKey: {
    adopted: (name) => rich`${bdi(name)} hat jetzt einen privaten Schlüssel.`,
    rotated: (name) => rich`${bdi(name)} hat jetzt einen neuen privaten Schlüssel. Der alte gilt nicht mehr.`,
    title: 'Ein neuer privater Schlüssel',
    hint: rich`${strong('Wird nur dieses eine Mal gezeigt:')} Der Server behält keine Kopie, die er lesen könnte. Geben Sie ihn dem Entwickler des Clients und niemandem sonst.`,
    save: 'Als Datei speichern',
    back: (href) => rich`${link(href, 'Zum Client')}`,
  },

  heat: {
    title: 'Clients und Funktionen',
    lead: (count, features) =>
      `${clients(count)} mit den meisten Aufrufen, und die Funktionen, die dort am meisten genutzt werden: ${format.count(features)}.`,
    none: 'In den letzten 30 Tagen gab es keine Aufrufe. Spätestens eine Minute nach seinem ersten Aufruf erscheint hier ein Client mit dem, was er nutzt.',
    caption: 'Aufrufe der letzten 30 Tage, nach Client und Funktion',
    sum: 'Summe des Gezeigten',
    evidence: (days, share, time) =>
      `Aufrufe, ${days}, UTC; auf diese Clients entfielen ${share} aller Aufrufe. Stand ${time}, UTC, höchstens eine Minute alt.`,
    sumsHint: 'Ein Punkt ist eine Zahl, die verdeckt ist. In den Summen fehlt sie.',
    scale: 'Jede Stufe ist das Zehnfache der vorigen:',
    from: (least) => `ab ${least}`,
    table: 'Dasselbe als Liste, vollständig',
    feature: 'Funktion',
  },

  holds: {
    title: 'Der Speicher',
    up: 'Er arbeitet.',
    down: 'Er antwortet nicht. Logins gehen weiter, Gezähltes wartet im Arbeitsspeicher und wird geschrieben werden.',
    starting: 'Er hat noch nicht geantwortet.',
    waiting: 'Datensätze, die noch zu schreiben sind',
    oldest: 'Der älteste davon wartet seit',
    seconds: (count) => `${format.count(count)} Sek.`,
    dropped: 'In einem Ausfall aufgegebene Zuordnungen von Sitzungen',
    unread: 'Anfragen, die nicht zu lesen waren, und Sitzungen, die niemand erklären kann',
    unlearned: 'Logins ohne Sitzung an der Stelle, an der das Protokoll sie sucht',
    blindTitle: 'Sitzungen, die nicht gezählt werden',
    blind: (feature, place, count) =>
      rich`${code(feature)}: ${logins(count)} gelangen und hatten bei ${code(place)} keine Sitzung. Berichtigen Sie das Protokoll, oder geben Sie dieser Funktion ${code('session: false')}, wenn sie keine hat. ${code('clientele doctor --protocol … --traffic …')} findet die richtige Stelle in aufgezeichnetem Verkehr.`,
    secret: 'Geheimnis, mit dem Spieler gehasht werden',
    given: 'Vom Host gegeben.',
    made: 'Hier erzeugt und im Speicher aufbewahrt. Geben Sie eines vor, dann verrät ein gestohlener Speicher nichts über Spieler.',
    growing: 'Abgelaufene Datensätze',
    isGrowing: 'Sie bleiben, weil dieser Speicher sie weder löschen noch auflisten kann.',
    isDropped: 'Sie werden gelöscht.',
    lastError: 'Letzter Fehlschlag',
    since: (text, time) => rich`${code(text)} am ${time}, UTC`,
    holdsTitle: 'Was er enthält',
    registered: 'Registrierte Clients',
    active: 'Öffentliche Schlüssel, die in den letzten 30 Tagen aktiv waren',
    writers: 'Prozesse, die er kennt, dieser eingeschlossen',
    first: 'Erster versiegelter Tag',
    through: 'Endgültig sind die Monate bis',
    notYet: 'noch keiner',
  },
}
