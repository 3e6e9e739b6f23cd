# Dates, hours, durations. The code hands over figures; the words and their order are here.
time-date = { $year } m. { $month ->
    [1] sausio
    [2] vasario
    [3] kovo
    [4] balandžio
    [5] gegužės
    [6] birželio
    [7] liepos
    [8] rugpjūčio
    [9] rugsėjo
    [10] spalio
    [11] lapkričio
   *[12] gruodžio
} { $day } d.
time-date-short = { $month ->
    [1] sausio
    [2] vasario
    [3] kovo
    [4] balandžio
    [5] gegužės
    [6] birželio
    [7] liepos
    [8] rugpjūčio
    [9] rugsėjo
    [10] spalio
    [11] lapkričio
   *[12] gruodžio
} { $day } d.
time-moment = { $date }, { $clock } val.
time-big = { $day } { $clock }
time-clock = { $clock } val.
time-today = šiandien
time-tomorrow = rytoj
time-yesterday = vakar
time-weekday = { $day ->
    [1] pirm.
    [2] antr.
    [3] treč.
    [4] ketv.
    [5] penkt.
    [6] šešt.
   *[7] sekm.
}
time-month = { $month ->
    [1] saus.
    [2] vas.
    [3] kovo
    [4] bal.
    [5] geg.
    [6] birž.
    [7] liep.
    [8] rugp.
    [9] rugs.
    [10] spal.
    [11] lapkr.
   *[12] gruod.
}
time-hours = { $n } val.
time-minutes = { $n } min.
time-seconds = { $n } s
time-soon-minutes = Prasidės po { $n } min.
time-soon-hours = Prasidės po { $n } val.
time-soon-days = Prasidės po { $n ->
    [one] { $n } dienos
    [few] { $n } dienų
   *[other] { $n } dienų
}
time-late = Netrukus prasidės
days = { $n ->
    [one] { $n } diena
    [few] { $n } dienos
   *[other] { $n } dienų
}
