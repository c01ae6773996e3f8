# SPDX-License-Identifier: GPL-2.0-only
# Time, day, hour: ranges that go round midnight or the week are turned.
meta hour "23:15"-"03:22";ok;meta hour != "03:22"-"23:15"
meta hour != "23:15"-"03:22";ok;meta hour "03:22"-"23:15"
meta hour "17:00"-"19:00";ok
meta day "Saturday"-"Monday";ok;meta day != 1-6
meta day 5-1;ok;meta day != 1-5
meta day > 3;ok;meta day > "Wednesday"
meta day 1-5;ok
meta day { 1, 2 };ok;meta day { "Monday", "Tuesday" }
meta day { 1-3 };ok;meta day 1-3
meta time < "2022-07-01 11:00:00";ok
meta time "2022-07-01 11:00:00"-"2022-08-01 11:00:00";ok
meta time { "2022-07-01 11:00:00" };ok;meta time "2022-07-01 11:00:00"
meta hour < "10:00";ok
meta hour { "10:00"-"11:00", "13:00"-"14:00" };ok
meta hour { "10:00", "13:00" };ok
meta day "Monday";ok
meta day { "Monday", "Friday" };ok
meta day != "Monday";ok
