"""SIRI 2.x as operators deliver it: estimated timetables and situations, by XML."""
