"""bertlite_fast beside other programs: what is compared, in which processes, and the page of it."""
