# The archive and one recording.
archive-title = Archyvas
archive-lead = Įrašyti pokalbiai su tarybos nariais ir miesto vadovais.
archive-search-hint = Tema arba pavardė
archive-found = { $n ->
    [one] Pagal „{ $query }“ rastas { $n } įrašas
    [few] Pagal „{ $query }“ rasti { $n } įrašai
   *[other] Pagal „{ $query }“ rasta { $n } įrašų
}
archive-all = Rodyti visus
archive-list = Įrašai
archive-empty = Įrašų dar nėra
archive-empty-text = Įrašytas pokalbis čia atsiras iškart po jo pabaigos.
archive-nothing = Nieko neradome
archive-nothing-text = Pabandykite kitą žodį arba tik jo pradžią.
recording-of = Priėmimas
recording-about = Apie įrašą
recording-when = Pradžia
recording-duration = Trukmė
recording-kept = Saugomas iki
recording-kept-text = Kas kalbėjo anonimiškai, įraše vadinamas „Balsas“ su numeriu.
recording-tracks = Atsisiųsti takelius
recording-tracks-text = Kiekvieno dalyvio garsas ir vaizdas saugomi atskirai, tokie, kokie buvo perduoti.
recording-preparing = Įrašas rengiamas
recording-preparing-text = Paprastai užtrunka iki 10 sekundžių. Atverkite puslapį iš naujo.
track-audio = Garsas
track-video = Vaizdas
track-erased = Vardas pašalintas
track-of = { $name }, { $n } dalis
player-no-script = Įrašui rodyti reikia įjungto „JavaScript“
player-no-script-text = Be jo galite atsisiųsti takelius ir leisti juos savo grotuvu.
size-mb = { $n } MB
size-kb = { $n } kB
