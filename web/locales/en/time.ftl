# Dates, hours, durations. The code hands over figures; the words and their order are here.
time-date = { $day } { $month ->
    [1] January
    [2] February
    [3] March
    [4] April
    [5] May
    [6] June
    [7] July
    [8] August
    [9] September
    [10] October
    [11] November
   *[12] December
} { $year }
time-date-short = { $day } { $month ->
    [1] January
    [2] February
    [3] March
    [4] April
    [5] May
    [6] June
    [7] July
    [8] August
    [9] September
    [10] October
    [11] November
   *[12] December
}
time-moment = { $date }, { $clock }
time-big = { $day }, { $clock }
time-clock = { $clock }
time-today = today
time-tomorrow = tomorrow
time-yesterday = yesterday
time-weekday = { $day ->
    [1] Mon
    [2] Tue
    [3] Wed
    [4] Thu
    [5] Fri
    [6] Sat
   *[7] Sun
}
time-month = { $month ->
    [1] Jan
    [2] Feb
    [3] Mar
    [4] Apr
    [5] May
    [6] Jun
    [7] Jul
    [8] Aug
    [9] Sep
    [10] Oct
    [11] Nov
   *[12] Dec
}
time-hours = { $n } h
time-minutes = { $n } min
time-seconds = { $n } s
time-soon-minutes = Starts in { $n } min
time-soon-hours = Starts in { $n } h
time-soon-days = Starts in { $n ->
    [one] { $n } day
   *[other] { $n } days
}
time-late = About to start
days = { $n ->
    [one] { $n } day
   *[other] { $n } days
}
