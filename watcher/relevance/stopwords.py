"""Words that say nothing of what a text is about, per language.

Their one rule: a list changes only together with `watcher.text.TOKENISER`, because term cards were counted without
these words. English is scikit-learn's list (BSD licence; its source is the Glasgow Information Retrieval Group)
and what is left of contractions. Languages without a list, and those written without spaces, have none: the stream's
own statistics make their frequent words weigh little.
"""

from __future__ import annotations


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


_ENGLISH = _listed("""
    a about above across after afterwards again against all almost alone along already also although always am
    among amongst amoungst amount an and another any anyhow anyone anything anyway anywhere are around as at
    back be became because become becomes becoming been before beforehand behind being below beside besides
    between beyond bill both bottom but by call can cannot cant co con could couldnt cry de describe detail do
    done down due during each eg eight either eleven else elsewhere empty enough etc even ever every everyone
    everything everywhere except few fifteen fifty fill find fire first five for former formerly forty found
    four from front full further get give go had has hasnt have he hence her here hereafter hereby herein
    hereupon hers herself him himself his how however hundred i ie if in inc indeed interest into is it its
    itself keep last latter latterly least less ltd made many may me meanwhile might mill mine more moreover
    most mostly move much must my myself name namely neither never nevertheless next nine no nobody none noone
    nor not nothing now nowhere of off often on once one only onto or other others otherwise our ours ourselves
    out over own part per perhaps please put rather re same see seem seemed seeming seems serious several she
    should show side since sincere six sixty so some somehow someone something sometime sometimes somewhere
    still such system take ten than that the their them themselves then thence there thereafter thereby
    therefore therein thereupon these they thick thin third this those though three through throughout thru thus
    to together too top toward towards twelve twenty two un under until up upon us very via was we well were
    what whatever when whence whenever where whereafter whereas whereby wherein whereupon wherever whether which
    while whither who whoever whole whom whose why will with within without would yet you your yours yourself
    yourselves
""") | _listed("""
    ain aren couldn didn doesn don hadn hasn haven isn ll shouldn ve wasn weren wouldn
""")
_SPANISH = _listed("""
    a al algo algunas algunos ante antes aquel aquella aquellos así aun aunque bajo bien cada casi como con
    contra cual cuales cualquier cuando cuál cuándo cómo de del desde después donde dos durante dónde el ella
    ellas ellos en entre era eran es esa esas ese eso esos esta estaba estado estas este esto estos está están
    fue fueron ha haber había habían han hasta hay he la las le les lo los luego me mediante menos mi mientras
    mis misma mismo mucho muy más nada ni no nos nosotros nuestra nuestro o os otra otras otro otros para parte
    pero poco por porque primer primera puede pueden pues que quien quienes quién qué se sea según ser será
    serán si sido sin sobre son su sus sí también tan tanto te tiene tienen toda todas todo todos tras tu tus un
    una unas uno unos usted ya yo él
""")
_FRENCH = _listed("""
    afin ai ainsi alors après au aucun aussi autre autres aux avaient avait avant avec avoir ayant bien car ce
    ceci cela celle celles celui ces cet cette ceux chaque chez comme comment contre dans de depuis des deux
    dont du elle elles en encore entre est et eu eux faire fait fois font il ils je jusqu la le les leur leurs
    lors lui mais moins même mêmes ne ni non nos notre nous on ont ou où par pas pendant peu peut peuvent plus
    plusieurs pour pourquoi puis qu quand que quel quelle quelles quels qui quoi sa sans se selon sera seront
    ses si soit son sont sous sur ta tant te tel tous tout toute toutes très tu un une vers vos votre vous à
    étaient était été être
""")
_GERMAN = _listed("""
    aber alle allem allen aller alles als also am an ander andere anderen auch auf aus bei beim bereits bin bis
    bist da dabei dadurch damit dann das dass daß dem den denn der des dessen die dies diese diesem diesen
    dieser dieses doch dort du durch ein eine einem einen einer eines er es etwa etwas euch für gegen habe haben
    hat hatte hatten hier hin ich ihm ihn ihnen ihr ihre ihrem ihren ihrer im in indem ins ist ja jede jedem
    jeden jeder jedoch jetzt kann kein keine keinen können könnte man mehr mein mich mir mit muss müssen nach
    nicht nichts noch nun nur ob oder ohne schon sehr sei seien sein seine seinem seinen seiner seit sich sie
    sind so soll sollen sollte sowie um und uns unser unter vom von vor war waren warum was weil weiter welche
    wenn wer werde werden wie wieder wir wird wo worden wurde wurden zu zum zur zwar zwischen über
""")
_ITALIAN = _listed("""
    a abbia ad agli ai al alla alle allo anche ancora avere aveva c che chi ci come con contro cosa così cui da
    dagli dai dal dalla dalle dallo degli dei del dell della delle dello deve di dopo dove due e ed era erano
    essere fa fino fra già gli ha hanno i il in io la le lei li lo loro lui ma mentre mi molto ne negli nei nel
    nell nella nelle nello no noi non nostro o ogni ora per perché però più poi prima proprio può quale quali
    quando quanto quella quelle quelli quello questa queste questi questo qui quindi se secondo sempre senza si
    sia sono sta stata state stati stato su sua sue sugli sui sul sulla sulle sullo suo suoi tra tutta tutte
    tutti tutto un una uno verso vi è
""")
_PORTUGUESE = _listed("""
    a ainda além ao aos apenas após as assim até cada com como contra da das de dela dele deles depois desde do
    dos e ela elas ele eles em enquanto entre era eram essa essas esse esses esta estava este estes está estão
    eu foi foram há isso isto já la lhe mais mas me mesma mesmo meu minha muito na nas nem no nos nossa nosso
    num numa não nós o onde os ou outra outras outro outros para pela pelas pelo pelos pode podem por porque
    qual quando que quem se segundo sem ser será seu seus si sido sob sobre sua suas só também tem ter teve
    tinha toda todas todo todos têm um uma umas uns vai você à às é
""")
_NONE: frozenset[str] = frozenset()
STOP_WORDS = {
    "de": _GERMAN,
    "en": _ENGLISH,
    "es": _SPANISH,
    "fr": _FRENCH,
    "it": _ITALIAN,
    "pt": _PORTUGUESE,
}


def stop_words(language: str) -> frozenset[str]:
    """The stop words of a language (ISO 639-1); empty when there is no list for it."""
    return STOP_WORDS.get(language, _NONE)
