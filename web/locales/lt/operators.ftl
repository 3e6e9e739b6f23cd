# Gyvi kambariai: ką mato serverio prižiūrėtojai.

ops-wait = Laukiama pirmųjų skaičių
ops-fresh = Atnaujinama kas { $s } s
ops-lost = Skaičių nebegaunama.
ops-lost-since = Rodoma tai, kas buvo { $clock }. Bandoma vėl.
ops-lost-never = Bandoma vėl.
ops-out = Prisijungimas baigėsi arba neturite teisės čia žiūrėti.
ops-sign-in = Prisijungti iš naujo
ops-media-silent = Garso ir vaizdo serveris neatsako.
ops-media-silent-text = Pokalbiai gali neveikti. Žiūrėkite serverio žurnalą.

ops-rooms = Kambariai
ops-connected = Prisijungę
ops-leaving = Siunčiama
ops-coming = Gaunama
ops-cpu = Procesorius
ops-none = Dabar niekas nesikalba
ops-none-text = Kambarys atsiras čia, kai kas nors į jį įeis.
ops-more =
    { $n ->
        [one] Dar { $n } kambarys čia nerodomas.
        [few] Dar { $n } kambariai čia nerodomi.
       *[other] Dar { $n } kambarių čia nerodoma.
    }
ops-room-check = Ryšio patikra
ops-room-other = Kambarys { $room }
ops-people =
    { $n ->
        [one] { $n } dalyvis
        [few] { $n } dalyviai
       *[other] { $n } dalyvių
    }
ops-viewers = stebi: { $n }
ops-opened-now = ką tik atidarytas
ops-opened = atidarytas prieš { $time }
ops-minutes = { $n } min.
ops-hours = { $h } val. { $n } min.
ops-recording-on = Įrašoma
ops-recording-starting = Įrašymas pradedamas
ops-recording-failed = Įrašyti nepavyko
ops-recording-off = Neįrašoma

ops-loss = Prarasta
ops-loss-both = Prarasta siunčiant; gaunant
ops-rtt = Atsako laikas
ops-estimate = Įvertinta sparta
ops-paused = Sustabdyta vaizdų
ops-layers = Sluoksniai
ops-layers-of = siunčiami { $sent }, reikia { $wanted }
ops-keyframes = Prašyta raktinių kadrų
ops-unknown = nežinoma
ops-ms = { $n } ms
ops-percent = { $n } %
ops-packets = { $n } pak./s

ops-chart-traffic = Srautas
ops-chart-cpu = Labiausiai apkrauta gija
ops-chart-loss = Prarasti paketai
ops-chart-rtt = Ilgiausias atsako laikas
ops-chart-spark = Siunčiama per pastarąją minutę
ops-chart-says = { $name }: dabar { $now }, daugiausia { $most }.
ops-chart-line = { $name }: { $now }
ops-chart-from = prieš 10 min.
ops-chart-to = dabar
ops-chart-table = Skaičiai lentelėje
ops-chart-when = Laikas
ops-chart-average = vidurkis per minutę
ops-chart-nothing = Skaičių dar nėra.
ops-ago = prieš { $n } min.
ops-this-minute = ši minutė

ops-shards = Gijos
ops-shard = Gija
ops-shard-packets-in = Gaunama
ops-shard-packets-out = Siunčiama
ops-shard-dropped = Netilpo į eiles

ops-seats = Vietos
ops-seat = Vieta { $n }
ops-role-host = priima
ops-role-participant = dalyvauja
ops-role-viewer = stebi
ops-seat-away = ryšys nutrūkęs
ops-seat-no-media = garso ir vaizdo ryšio nėra
ops-seat-tcp = per TCP
ops-sends = Siunčia
ops-receives = Gauna
ops-sends-nothing = nieko
ops-seat-paused =
    { $n ->
        [one] { $n } vaizdas sustabdytas: ryšys per silpnas
        [few] { $n } vaizdai sustabdyti: ryšys per silpnas
       *[other] { $n } vaizdų sustabdyta: ryšys per silpnas
    }
ops-source-microphone = Mikrofonas
ops-source-camera = Kamera
ops-source-screen = Ekranas
ops-layer-lines = { $lines } eil.
ops-layer-off = nesiunčiama
ops-layer-unneeded = nereikia
ops-gone = Kambarys užsidarė
ops-gone-text = Visi išėjo. Grįžkite į kambarių sąrašą.
