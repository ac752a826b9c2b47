"""Travel times by timetable: a Feed compiled into arrays, asked through ``Network``."""
